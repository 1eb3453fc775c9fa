/** Stacks as browsers write them, and what is left as it was when one is taken. */

import { afterEach, expect, it } from 'vitest';
import { placesOf, stackHere } from '../src/trace/stack.js';

const limit = Error.stackTraceLimit;
afterEach(() => {
  Error.stackTraceLimit = limit;
  (Error as { prepareStackTrace?: unknown }).prepareStackTrace = undefined;
});

it('reads the stacks of Chromium', () => {
  const places = placesOf(`Error
    at ve.trackTensor (https://shop.example/app/main-4f2.js?v=2:8:14858)
    at https://shop.example/app/main-4f2.js:12:3
    at new Tracker (https://shop.example/app/main-4f2.js:13:4)
    at async follow [as look] (https://shop.example/app/lazy.js#x:1:2)
    at Array.map (<anonymous>)
    at eval (eval at run (https://shop.example/app/main-4f2.js:1:1), <anonymous>:1:1)
    at inject (chrome-extension://abcdefghijklmnop/content.js:1:100)
    at work (blob:https://shop.example/6f1c2d:1:2)`);
  expect(places).toEqual([
    { url: 'https://shop.example/app/main-4f2.js', line: 8, column: 14_858, name: 've.trackTensor' },
    { url: 'https://shop.example/app/main-4f2.js', line: 12, column: 3, name: '' },
    { url: 'https://shop.example/app/main-4f2.js', line: 13, column: 4, name: 'new Tracker' },
    { url: 'https://shop.example/app/lazy.js', line: 1, column: 2, name: 'follow [as look]' },
  ]);
});

it('reads the stacks of Firefox and Safari', () => {
  const places = placesOf(`trackTensor@https://shop.example/main.js:8:14858
@https://shop.example/main.js:12:3
async*run@https://shop.example/main.js:14:3
[native code]
inject@moz-extension://0aa1/content.js:1:1
map@[native code]`);
  expect(places.map(({ line, name }) => [line, name])).toEqual([
    [8, 'trackTensor'],
    [12, ''],
    [14, 'async*run'],
  ]);
});

it('takes more calls than the page would, and leaves the page its own settings', () => {
  Error.stackTraceLimit = 3;
  const prepare = () => 'mine';
  Error.prepareStackTrace = prepare;
  const deep = (n: number): string | undefined => (n ? deep(n - 1) : stackHere(stackHere));
  expect(deep(30)?.split('\n').length).toBeGreaterThan(30);
  expect(Error.stackTraceLimit).toBe(3);
  expect(Error.prepareStackTrace).toBe(prepare);
  expect(new Error().stack).toBe('mine');
});

it('leaves them also when taking one throws', () => {
  const { captureStackTrace } = Error;
  Error.captureStackTrace = () => {
    throw new Error('no');
  };
  try {
    expect(() => stackHere(stackHere)).toThrow('no');
  } finally {
    Error.captureStackTrace = captureStackTrace;
  }
  expect(Error.stackTraceLimit).toBe(limit);
});
