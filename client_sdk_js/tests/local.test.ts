import { afterEach, expect, it, vi } from 'vitest';
import { isMadeLocally } from '../src/later/local.js';

afterEach(() => vi.unstubAllGlobals());

it.each([
  ['a worker out of a blob', '', 'http://localhost:5173', undefined, true],
  ['the same of a shop', '', 'https://shop.example', undefined, false],
  ['a frame with srcdoc', '', 'http://127.0.0.1:8080', 'http://127.0.0.1:8080/page', true],
  ['a sandboxed one', '', 'null', 'http://app.localhost/page', true],
  ['a data address', '', 'null', 'data:text/html,', false],
  ['a shop with a name like that', '', 'https://localhost.shop.example', undefined, false],
  ['a page with an address, which the core looks at', 'localhost', 'http://localhost', undefined, false],
])('%s', (_, hostname, origin, baseURI, local) => {
  vi.stubGlobal('location', { hostname });
  vi.stubGlobal('origin', origin);
  vi.stubGlobal('document', baseURI === undefined ? undefined : { baseURI });
  expect(isMadeLocally()).toBe(local);
});
