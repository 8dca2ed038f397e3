import { describe, expect, it } from 'vitest';
import { waitFor } from '#test/harness/wait-for.ts';
import { inline, SLOW_ECHO } from '../support/function.ts';
import { underSteadyLoad } from '../support/load.ts';
import { isReady } from '../support/parts.ts';
import { useSteadyFunctions } from '../support/steady.ts';

describe('a function, under load,', () => {
  const steady = useSteadyFunctions('function');

  it('is deployed anew three times: no call fails', async () => {
    const { space, load } = steady();
    const scaling = { minReplicas: 2, maxReplicas: 3, concurrency: 20 };
    const report = await underSteadyLoad(space, 'function deployed anew', load, async () => {
      for (const version of [1, 2, 3]) {
        await space.deploy('pair', inline(`${SLOW_ECHO}\n// version ${version}`, { scaling }));
        await space.run('rollout', 'status', 'deployment/fn-pair', '--timeout=60s');
      }
    });
    expect(report.failures).toEqual([]);
    expect(report.lost).toEqual([]);
  });

  it('is scaled up and down: no call fails', async () => {
    const { space, load } = steady();
    const podsOf = async (count: number) => {
      await space.run('patch', 'fn', 'pair', '--type=merge', '-p', scalingPatch(count));
      await waitFor(
        async () => {
          const pods = await space.pods('pair');
          return pods.length === count && pods.every(isReady);
        },
        { timeoutMs: 60_000, describe: `${count} pods`, intervalMs: 250 },
      );
    };
    const report = await underSteadyLoad(space, 'function scaled', load, async () => {
      await podsOf(4);
      await podsOf(1);
      await podsOf(3);
    });
    expect(report.failures).toEqual([]);
    expect(report.lost).toEqual([]);
  });
});

/** Leaves the autoscaler no choice, and no reason to wait. */
function scalingPatch(count: number): string {
  return JSON.stringify({ spec: { scaling: { minReplicas: count, maxReplicas: count, idleSeconds: 1 } } });
}
