#!/usr/bin/env bash
# Versions: Chromium 156.0.8078.108 (Debian's package, new headless mode), Node 20. Needs both on PATH; uses no package.
#
# What happens: a page that speculation rules prerendered hears "visibilitychange" when its visitor comes, and at that
# moment document.visibilityState is "visible" while document.prerendering is still true and activationStart still 0.
# "prerenderingchange" follows, with both set, and no second "visibilitychange" does. "focus" comes even before, while
# the page is hidden and prerendering.
#
# Why it matters: code that starts "at the first visibilitychange that finds the page visible and not prerendering"
# never starts on a prerendered page, and code that takes visible for seen starts inside the prerendering.
#
# Output seen:
#   visibilitychange: visible, prerendering true, activationStart set false
#   prerenderingchange: visible, prerendering false, activationStart set true
#
# What we do: a page that is prerendering also waits for "prerenderingchange".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/run.mjs" <<'NODE'
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';

const [profile] = process.argv.slice(2);
const rules = JSON.stringify({ prerender: [{ urls: ['/ahead'], eagerness: 'immediate' }] });
const START = `<!doctype html><title>start</title><script type="speculationrules">${rules}</script>
  <script type="module">
    while (!(await fetch('/is-ahead')).ok) await new Promise((resolve) => setTimeout(resolve, 100));
    location.href = '/ahead';
  </script>`;
const AHEAD = `<!doctype html><title>ahead</title>
  <script>
    const say = (event) =>
      fetch('/say', {
        method: 'POST',
        body: JSON.stringify({
          event,
          at: performance.now(),
          state: document.visibilityState,
          prerendering: document.prerendering,
          activated: performance.getEntriesByType('navigation')[0].activationStart > 0,
        }),
      });
    for (const event of ['visibilitychange', 'prerenderingchange']) document.addEventListener(event, () => say(event));
    setTimeout(() => say('ahead'), 500);
    document.addEventListener('prerenderingchange', () => setTimeout(() => say('end'), 2_000));
  </script>`;

const said = [];
const heard = (event) => said.some((each) => each.event === event);
const server = createServer(async (request, response) => {
  if (request.url === '/say') {
    let body = '';
    for await (const chunk of request) body += chunk;
    said.push(JSON.parse(body));
    response.end();
  } else if (request.url === '/is-ahead') {
    response.statusCode = heard('ahead') ? 200 : 404;
    response.end();
  } else {
    response.setHeader('content-type', 'text/html');
    response.end(request.url === '/ahead' ? AHEAD : START);
  }
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const args = ['--headless=new', '--no-sandbox', `--user-data-dir=${profile}`];
const url = `http://127.0.0.1:${server.address().port}/start`;
const browser = spawn('chromium', [...args, url], { stdio: 'ignore', detached: true });
for (const end = Date.now() + 60_000; Date.now() < end && !heard('end'); )
  await new Promise((resolve) => setTimeout(resolve, 100));
process.kill(-browser.pid, 'SIGKILL');
server.closeAllConnections();
server.close();

if (!heard('end')) throw new Error('changed: the page was not prerendered, or not activated, within a minute');
const events = said
  .filter(({ event }) => event.endsWith('change'))
  .sort((a, b) => a.at - b.at)
  .map((each) => `${each.event}: ${each.state}, prerendering ${each.prerendering}, activationStart set ${each.activated}`);
console.log(events.join('\n'));
const expected = [
  'visibilitychange: visible, prerendering true, activationStart set false',
  'prerenderingchange: visible, prerendering false, activationStart set true',
];
if (JSON.stringify(events) !== JSON.stringify(expected)) throw new Error('changed: the events are others');
NODE
node "$folder/run.mjs" "$folder/profile"
