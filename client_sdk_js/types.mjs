// Makes the package's types: what each entry exports and what that refers to, nothing of the SDK's inside.
// tsc declares every source file; rolldown keeps what can be reached from outside.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';

const ENTRIES = ['index', 'tfjs', 'ort', 'any', 'canary', 'overlay'];

const declared = mkdtempSync(join(tmpdir(), 'inferfleet-types-'));
try {
  execFileSync('tsc', ['-p', 'tsconfig.build.json', '--outDir', declared], { stdio: 'inherit' });
  const input = {};
  for (const name of ENTRIES)
    if (existsSync(join(declared, `${name}.d.ts`))) input[name] = join(declared, `${name}.d.ts`);
  const bundle = await rolldown({ input, cwd: declared, plugins: [dts({ dtsInput: true })] });
  await bundle.write({
    dir: join(import.meta.dirname, 'dist'),
    format: 'es',
    chunkFileNames: 'types/[name].d.ts',
  });
  // It declares a global and refers to the other entries by their names: nothing to bundle.
  copyFileSync(join(declared, 'global.d.ts'), 'dist/global.d.ts');
} finally {
  rmSync(declared, { recursive: true });
}
