import { describe, expect, it } from 'vitest';
import { beat, cells, isBlocked, Listener, REST_MS } from './blocked.ts';

const timeoutMs = 30_000;

describe('isBlocked', () => {
  it.each([
    ['a loop that turns', { silentMs: 400, oldestAgeMs: 90_000 }, false],
    ['a pause, even behind an overdue call', { silentMs: 999, oldestAgeMs: 90_000 }, false],
    ['a block within the time of its call', { silentMs: 29_000, oldestAgeMs: 1_000 }, false],
    ['a block beyond the time of its call', { silentMs: 29_600, oldestAgeMs: 1_000 }, true],
    ['a block that began after the 504', { silentMs: 1_100, oldestAgeMs: 45_000 }, true],
    ['a call that began after the last beat and has time left', { silentMs: 30_900, oldestAgeMs: -1 }, false],
    ['a call that began after the last beat', { silentMs: 31_100, oldestAgeMs: -1 }, true],
  ])('%s', (_, observation, expected) => {
    expect(isBlocked({ ...observation, timeoutMs })).toBe(expected);
  });
});

describe('a listener', () => {
  const listen = () => {
    const shared = new SharedArrayBuffer(cells.length * Int32Array.BYTES_PER_ELEMENT);
    const memory = new Int32Array(shared);
    Atomics.store(memory, cells.oldestAgeMs, -1);
    return { memory, listener: new Listener({ shared, timeoutMs: 1_000 }) };
  };

  it('adds up the silence between signs of life', () => {
    const { memory, listener } = listen();
    beat(memory, false);
    const looks = Array.from({ length: 10 }, () => listener.isBlocked(250));
    // Longer than the timeout, by what is allowed on top of it.
    expect(looks.indexOf(true)).toBe(9);
    beat(memory, false);
    expect(listener.isBlocked(250)).toBe(false);
  });

  it('does not take a rest for silence, and a rest that does not end for one', () => {
    const { memory, listener } = listen();
    beat(memory, true);
    expect(listener.isBlocked(250)).toBe(false);
    expect(listener.isBlocked(REST_MS)).toBe(false);
    expect(listener.isBlocked(1_900)).toBe(false);
    expect(listener.isBlocked(250)).toBe(true);
  });

  it('is told of the end of a rest by the same sign', () => {
    const { memory, listener } = listen();
    beat(memory, true);
    listener.isBlocked(250);
    listener.isBlocked(REST_MS - 1);
    beat(memory, false);
    expect(listener.isBlocked(250)).toBe(false);
    expect(listener.isBlocked(1_900)).toBe(false);
  });
});
