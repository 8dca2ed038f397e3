import { describe, expect, it } from 'vitest';
import { waitFor } from '#test/harness/wait-for.ts';
import { inline, SLOW_ECHO } from '../support/function.ts';
import { underSteadyLoad } from '../support/load.ts';
import { killPart, killPod, leadingOperator } from '../support/parts.ts';
import { useSteadyFunctions } from '../support/steady.ts';

const STAND_IN_MS = 40_000;

describe('the leading operator, under load,', () => {
  const steady = useSteadyFunctions('operator');

  it('is killed: no call fails, functions wake, and another one leads', async () => {
    const { space, load } = steady();
    await space.deploy('sleepy', inline(SLOW_ECHO, { scaling: { idleSeconds: 2 } }));
    await space.untilAsleep('sleepy');
    const report = await underSteadyLoad(space, 'operator killed', load, async () => {
      if (space.platform.nodes) await killPod(space, await leadingOperator(space));
      else await killPart(space, 'operator');
      expect((await space.call('sleepy')).status).toBe(200);
      // Only an operator that leads puts it to sleep again.
      await waitFor(async () => (await space.replicas('sleepy')) === 0, {
        timeoutMs: STAND_IN_MS,
        describe: 'an operator that scales',
        intervalMs: 250,
      });
    });
    expect(report.failures).toEqual([]);
    expect(report.lost).toEqual([]);
  });
});
