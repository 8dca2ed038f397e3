import { describe, expect, it } from 'vitest';
import { Hold } from './hold.ts';

const broken = () => new Error('Connection is closed.');
const refusal = (message: string) => Object.assign(new Error(message), { name: 'ReplyError' });
const waited = () => false;

/** A hold whose clock moves only while it sleeps. */
function setup() {
  let clock = 0;
  const hold = new Hold({
    now: () => clock,
    sleep: async (ms) => {
      clock += ms;
    },
  });
  return { hold, clock: () => clock };
}

/** Fails until the clock shows so many milliseconds. */
const from = (ms: number, clock: () => number, error: () => Error) => async () => {
  if (clock() < ms) throw error();
  return 'accepted';
};

describe('a hold', () => {
  it('waits until Redis is back', async () => {
    const { hold, clock } = setup();
    expect(await hold.until(from(4_000, clock, broken), 10, waited)).toBe('accepted');
    expect(clock()).toBe(4_000);
  });

  it('waits for a Redis that loads its data, or is no longer the master', async () => {
    for (const message of ['LOADING Redis is loading the dataset in memory', "READONLY You can't write"]) {
      const { hold, clock } = setup();
      expect(
        await hold.until(
          from(1_000, clock, () => refusal(message)),
          10,
          waited,
        ),
      ).toBe('accepted');
    }
  });

  it('gives up after 15 seconds', async () => {
    const { hold, clock } = setup();
    await expect(hold.until(from(60_000, clock, broken), 10, waited)).rejects.toThrow('closed');
    expect(clock()).toBe(15_000);
  });

  it('gives up at once when Redis refuses', async () => {
    const { hold, clock } = setup();
    const full = () => refusal("OOM command not allowed when used memory > 'maxmemory'.");
    await expect(hold.until(from(1_000, clock, full), 10, waited)).rejects.toThrow('OOM');
    expect(clock()).toBe(0);
  });

  it('gives up when the caller has left', async () => {
    const { hold, clock } = setup();
    await expect(hold.until(from(60_000, clock, broken), 10, () => clock() >= 600)).rejects.toThrow();
    expect(clock()).toBe(600);
  });

  it.each([
    ['calls', 1_000, 0],
    ['bytes', 64, 1024 * 1024],
  ])('holds only so many %s, and has room again afterwards', async (_, count, bytes) => {
    let back = false;
    const hold = new Hold({ sleep: () => new Promise(setImmediate) });
    const attempt = async () => {
      if (!back) throw broken();
    };
    const held = Array.from({ length: count }, () => hold.until(attempt, bytes, waited));
    await new Promise(setImmediate);
    await expect(hold.until(attempt, bytes + 1, waited)).rejects.toThrow('closed');
    back = true;
    await Promise.all(held);
    back = false;
    const next = hold.until(attempt, bytes, waited);
    await new Promise(setImmediate);
    back = true;
    await next;
  });
});
