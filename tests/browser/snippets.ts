/** The fenced snippets of a Markdown text that name their file in their first line: `// src/main.ts`. */

export interface Snippet {
  language: string;
  text: string;
}

const FENCE = /^```(\w+)\n([\s\S]*?)^```$/gm;
const FILE = /^(?:\/\/|<!--) (\S+\.\w+)(?: -->)?$/;

export const snippetsOf = (markdown: string): Snippet[] =>
  [...markdown.matchAll(FENCE)].map(([, language = '', text = '']) => ({ language, text }));

/** File name to text, as printed. */
export function filesOf(markdown: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const { text } of snippetsOf(markdown)) {
    const [, name] = FILE.exec(text.split('\n', 1)[0] ?? '') ?? [];
    if (name) files.set(name, text);
  }
  return files;
}
