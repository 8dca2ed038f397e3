import { describe, expect, it } from 'vitest';
import { waitFor } from '#test/harness/wait-for.ts';
import { underSteadyLoad } from '../support/load.ts';
import { killPart } from '../support/parts.ts';
import { useSteadyFunctions } from '../support/steady.ts';

const BACK_MS = 60_000;

describe('Redis, under load,', () => {
  const steady = useSteadyFunctions('redis');

  it('is killed and comes back: no synchronous call fails, asynchronous ones wait or are refused', async () => {
    const { space, load } = steady();
    const report = await underSteadyLoad(space, 'Redis killed', load, async (running) => {
      await killPart(space, 'redis');
      const before = running.accepted;
      await waitFor(() => running.accepted > before + 5, {
        timeoutMs: BACK_MS,
        describe: 'asynchronous calls to be accepted again',
      });
    });
    const ways = report.failures.map(({ way, kind }) => `${way}: ${kind}`);
    expect(new Set(ways)).toEqual(new Set(ways.filter((way) => way.startsWith('asynchronous: 503'))));
    expect(report.lost).toEqual([]);
  });
});
