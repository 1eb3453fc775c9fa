#!/usr/bin/env bash
# Versions: Firefox 153.8.0esr (Debian's package), puppeteer-core 24.43.1, Node 20, Linux.
#
# What happens: a page writes to localStorage and goes on working in the same task. When its process is ended from
# outside in that task (as a system does that runs out of memory), the next page of the same origin does not see what
# was written. When the page lets one task pass first, even an empty one of a MessageChannel, the next page sees it;
# so it does after a synchronous request in that same task.
#
# Why it matters: localStorage is described as synchronous, so that "write, then do what may kill the page" looks safe.
# A page that wants to know after its death what it was about to do must write, let a task pass, and only then begin.
#
# Output seen:
#   written in the task in which the process ended: kept 0 of 6
#   written in that task, before a synchronous request: kept 6 of 6
#   written one task before: kept 6 of 6
#
# What we do: what we note before a model loads is written, and the load waits for a task.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
firefox=$(command -v firefox-esr || command -v firefox)
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-fund --no-audit puppeteer-core@24.43.1
cat >run.mjs <<'NODE'
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import puppeteer from 'puppeteer-core';

const [executablePath, userDataDir] = process.argv.slice(2);
const TRIES = 6;

/** "same": write, say so, work on in one task. "request": say so by a synchronous request. "next": one task between. */
const PAGE = `<!doctype html><title>page</title><script type="module">
  const how = new URL(location).searchParams.get('how');
  const name = new URL(location).searchParams.get('name');
  const say = () => {
    if (how !== 'request') return void navigator.sendBeacon('/written'); // it leaves while this task goes on
    const request = new XMLHttpRequest();
    request.open('POST', '/written', false);
    request.send();
  };
  const work = () => { say(); for (;;); };
  if (how === 'read') document.title = localStorage.getItem(name) ?? 'nothing';
  else {
    localStorage.setItem(name, 'kept');
    if (how !== 'next') work();
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = work;
    port2.postMessage(0);
  }
</script>`;

let written = () => undefined;
const server = createServer((request, response) => {
  if (request.method === 'POST') setTimeout(() => written(), 500);
  response.setHeader('Content-Type', 'text/html').end(request.method === 'POST' ? '' : PAGE);
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${server.address().port}`;

const browser = await puppeteer.launch({
  browser: 'firefox',
  executablePath,
  userDataDir,
  headless: true,
  extraPrefsFirefox: { 'browser.tabs.crashReporting.sendReport': false },
});

/** Ends the processes that hold pages, as a system without memory would: those of this browser only. */
function endPages() {
  const all = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line).slice(1))
    .map(([pid, parent, args]) => ({ pid: Number(pid), parent: Number(parent), args }));
  const family = new Set([browser.process().pid]);
  for (let grown = true; grown; ) {
    const before = family.size;
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid);
    grown = family.size > before;
  }
  for (const { pid, args } of all)
    if (family.has(pid) && /-contentproc.* tab$/.test(args.trim())) process.kill(pid, 'SIGKILL');
}

await browser.newPage({ type: 'window' }); // the last window to close would end the browser
async function kept(how) {
  let count = 0;
  for (let n = 0; n < TRIES; n++) {
    const name = `${how}-${n}`;
    const page = await browser.newPage({ type: 'window' });
    const isWritten = new Promise((resolve) => (written = resolve));
    page.goto(`${origin}/?how=${how}&name=${name}`).catch(() => undefined); // it never ends loading
    await isWritten;
    endPages();
    await page.close().catch(() => undefined);
    const next = await browser.newPage({ type: 'window' });
    await next.goto(`${origin}/?how=read&name=${name}`);
    if ((await next.title()) === 'kept') count++;
    await next.close();
  }
  return count;
}

const version = await browser.version();
const same = await kept('same');
const request = await kept('request');
const next = await kept('next');
await browser.close();
server.close();
console.log(version);
console.log(`written in the task in which the process ended: kept ${same} of ${TRIES}`);
console.log(`written in that task, before a synchronous request: kept ${request} of ${TRIES}`);
console.log(`written one task before: kept ${next} of ${TRIES}`);
if (same !== 0) throw new Error('changed: what the last task wrote was kept');
if (request !== TRIES) throw new Error('changed: what was written before a synchronous request was lost');
if (next !== TRIES) throw new Error('changed: what a task before had written was lost');
NODE
mkdir profile
timeout 300 node run.mjs "$firefox" "$folder/profile"
