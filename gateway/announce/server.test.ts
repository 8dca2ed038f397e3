import { describe, expect, it } from 'vitest';
import { isLoopback, plainAddress } from './server.ts';

it.each([
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::FFFF:10.0.0.1', '10.0.0.1'],
  ['10.0.0.1', '10.0.0.1'],
  ['fd00::1', 'fd00::1'],
  ['::ffff:a00:1', '::ffff:a00:1'],
])('writes %s as Kubernetes does', (address, plain) => {
  expect(plainAddress(address)).toBe(plain);
});

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.64.0.9', '::1', 'localhost'])('%s', (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each(['0.0.0.0', '::', '10.127.0.1', 'fd00::1', ''])('not %s', (host) => {
    expect(isLoopback(host)).toBe(false);
  });
});
