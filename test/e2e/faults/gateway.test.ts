import { describe, expect, inject, it } from 'vitest';
import { underSteadyLoad } from '../support/load.ts';
import { killPod, partPods, partReady, restarted } from '../support/parts.ts';
import { requires } from '../support/requires.ts';
import { useSteadyFunctions } from '../support/steady.ts';

const { nodes } = inject('platform');
/** How long nodes may take to notice that a gateway is gone and send new connections elsewhere. */
const NOTICED_MS = 5_000;

describe('one of two gateways, under load,', () => {
  const steady = useSteadyFunctions('gateway');

  it('is killed: only calls that were with it fail, and those only until the nodes know', async (context) => {
    requires(context, nodes, 'nodes whose processes can be killed, and a second gateway');
    const { space, load } = steady();
    let killedAt = 0;
    const report = await underSteadyLoad(space, 'gateway killed', load, async () => {
      const [victim] = await partPods(space, 'gateway');
      if (!victim) throw new Error('there is no gateway');
      killedAt = performance.now();
      await killPod(space, victim);
      await restarted(space, victim);
    });
    expect(report.failures.filter(({ at }) => at > killedAt + NOTICED_MS)).toEqual([]);
    // Connections to it break, and new ones are refused; nothing hangs, and the other gateway errs in nothing.
    const kinds = new Set(report.failures.map(({ kind }) => kind));
    expect(['refused', 'reset', 'cut off']).toEqual(expect.arrayContaining([...kinds]));
    expect(report.lost).toEqual([]);
  });

  it('is deleted: no call fails', async (context) => {
    requires(context, nodes, 'a second gateway');
    const { space, load } = steady();
    const report = await underSteadyLoad(space, 'gateway deleted', load, async () => {
      const [victim] = await partPods(space, 'gateway');
      await space.kubectl(['delete', 'pod', '-n', 'catnap-system', victim?.metadata?.name ?? '']);
      await partReady(space, 'gateway', 2);
    });
    expect(report.failures).toEqual([]);
    expect(report.lost).toEqual([]);
  });
});
