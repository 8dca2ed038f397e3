import { expect, it } from 'vitest';
import { podAddresses } from './addresses.ts';

it('gives each pod its own loopback address and does not reuse one at once', () => {
  const addresses = podAddresses();
  const first = addresses.allocate() as string;
  const second = addresses.allocate();
  expect([first, second]).toEqual(['127.64.0.1', '127.64.0.2']);
  addresses.release(first);
  expect(addresses.allocate()).toBe('127.64.0.3');
});

it('passes over addresses that end in 0 or 255 and starts over at the end of the range', () => {
  const addresses = podAddresses(254);
  expect([addresses.allocate(), addresses.allocate()]).toEqual(['127.64.0.254', '127.64.1.1']);
  const last = podAddresses(2 ** 22 - 2);
  expect([last.allocate(), last.allocate()]).toEqual(['127.127.255.254', '127.64.0.1']);
});
