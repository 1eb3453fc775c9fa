import { expect, it } from 'vitest';
import { readParameters } from '../src/parameters.js';

it('lets the remote config choose unless the address names a backend', () => {
  expect(readParameters('')).toMatchObject({
    app: 'demo',
    key: '',
    backend: undefined,
    leak: false,
    overlay: false,
  });
  expect(readParameters('?backend=webgl&leak=1&overlay&n=7&seconds=2&key=k&app=shop')).toEqual({
    app: 'shop',
    key: 'k',
    backend: 'webgl',
    leak: true,
    overlay: true,
    predictions: 7,
    seconds: 2,
  });
});

it.each([
  ['?backend=gpu', /backend=gpu.*cpu, wasm, webgl, webgpu/],
  ['?n=0', /n=0.*from 1/],
  ['?n=many', /n=many/],
  ['?seconds=1.5', /seconds=1.5/],
])('refuses %s with what it may be', (search, message) => {
  expect(() => readParameters(search)).toThrow(message);
});
