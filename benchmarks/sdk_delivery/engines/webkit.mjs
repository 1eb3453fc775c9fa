// WebKitGTK's MiniBrowser under Xvfb. WebDriver ends its session with the first page that crashes, so a page of ours
// opens the windows instead, and lives that are to be closed close themselves.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { descendants } from './processes.mjs';

const RENDERER = /WebKitWebProcess/;
const control = `<!doctype html><title>control</title><script>
  setInterval(async () => {
    const urls = await (await fetch('/next')).json();
    for (const url of urls) open(url, '_blank', 'noopener,width=300,height=200');
  }, 100);
</script>`;

export async function launch(profile) {
  const binary = process.env.INFERFLEET_MINIBROWSER ?? findMiniBrowser();
  const wanted = [];
  let asked;
  const ready = new Promise((resolve) => {
    asked = resolve;
  });
  const server = createServer((request, response) => {
    response.setHeader('content-type', request.url === '/next' ? 'application/json' : 'text/html');
    response.end(request.url === '/next' ? JSON.stringify(wanted.splice(0)) : control);
    if (request.url === '/next') asked();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = spawn(
    'xvfb-run',
    [
      '-a',
      binary,
      '--javascript-can-open-windows-automatically=true',
      `http://127.0.0.1:${server.address().port}/`,
    ],
    {
      stdio: 'ignore',
      detached: true, // a group of its own, to be ended as one
      env: {
        ...process.env,
        HOME: profile,
        XDG_DATA_HOME: `${profile}/data`,
        XDG_CACHE_HOME: `${profile}/cache`,
        XDG_CONFIG_HOME: `${profile}/config`,
      },
    },
  );
  const failed = new Promise((_, reject) => {
    browser.once('error', reject);
    browser.once('exit', (code) =>
      reject(new Error(`MiniBrowser ended with ${code} before it asked for pages`)),
    );
  });
  await Promise.race([ready, failed]);
  failed.catch(() => undefined); // it ends when it is told to
  const own = new Set(descendants(browser.pid, RENDERER)); // of the page that opens the windows
  return {
    version: binary.match(/webkit2?gtk-[\d.]+/)?.[0] ?? '',
    open: async (url) => void wanted.push(url),
    close: async () => undefined,
    async crash() {
      for (const pid of descendants(browser.pid, RENDERER)) if (!own.has(pid)) process.kill(pid, 'SIGKILL');
    },
    async shutdown() {
      process.kill(-browser.pid, 'SIGTERM');
      server.closeAllConnections();
      server.close();
    },
  };
}

/** It is not on the PATH, but in the library's own folder: /usr/lib/x86_64-linux-gnu/webkit2gtk-4.1, for example. */
function findMiniBrowser() {
  for (const architecture of readdirSync('/usr/lib').filter((name) => name.endsWith('-linux-gnu'))) {
    for (const library of readdirSync(`/usr/lib/${architecture}`).filter((name) => /^webkit/.test(name))) {
      const binary = `/usr/lib/${architecture}/${library}/MiniBrowser`;
      if (existsSync(binary)) return binary;
    }
  }
  throw new Error(
    'No MiniBrowser found: run deploy/setup/browsers.sh, or set INFERFLEET_MINIBROWSER to its binary.',
  );
}
