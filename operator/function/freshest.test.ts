import { describe, expect, it } from 'vitest';
import { compareVersions, createFreshest } from './freshest.ts';

const version = (resourceVersion: string, uid = 'u') => ({
  metadata: { namespace: 'shop', name: 'hello', uid, resourceVersion },
});

describe('createFreshest', () => {
  it('prefers what was written until the watch caught up', () => {
    const freshest = createFreshest(() => 0);
    freshest.note(version('10'));
    expect(freshest.pick('shop/hello', version('9'))).toEqual(version('10'));
    expect(freshest.pick('shop/hello', undefined)).toEqual(version('10'));
    expect(freshest.pick('shop/hello', version('11'))).toEqual(version('11'));
    // Caught up once: what was written is of no interest any more.
    expect(freshest.pick('shop/hello', version('9'))).toEqual(version('9'));
  });

  it('never outlives a new object of the same name', () => {
    const freshest = createFreshest(() => 0);
    freshest.note(version('10'));
    expect(freshest.pick('shop/hello', version('5', 'other'))).toEqual(version('5', 'other'));
  });

  it('gives up on a watch that stays behind', () => {
    let now = 0;
    const freshest = createFreshest(() => now);
    freshest.note(version('10'));
    now = 10_000;
    expect(freshest.pick('shop/hello', undefined)).toBeUndefined();
  });
});

it.each([
  ['9', '10', -1],
  ['10', '10', 0],
  ['11', '10', 1],
  ['a', '10', 0],
  [undefined, '10', 0],
])('compares %s with %s as %i', (a, b, sign) => {
  expect(Math.sign(compareVersions(a, b))).toBe(sign);
});
