import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, inject, it } from 'vitest';
import { startPart, stopPart } from '#test/cluster/cluster.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { inline, SLOW_ECHO } from '../support/function.ts';
import { underSteadyLoad } from '../support/load.ts';
import { isReady, partReady } from '../support/parts.ts';
import { warmPods } from '../support/pool.ts';
import { requires } from '../support/requires.ts';
import { useSteadyFunctions } from '../support/steady.ts';

const OUTAGE_MS = 30_000;
/**
 * Kubernetes' own parts on the nodes try again with pauses that double up to 30 s, and as much again by chance: so late
 * do pods reach the API server by its Service, and kubelets see what is new there.
 */
const RECONNECTION_MS = 150_000;
/**
 * All that a lost control plane machine takes with it, in the order of starting. A controller manager that outlives
 * its API server would, from what it remembers, take every node for dead when it is back.
 */
const CONTROL_PLANE = ['apiserver', 'controller-manager', 'scheduler'];

const { nodes } = inject('platform');

describe('the control plane, under load,', () => {
  const steady = useSteadyFunctions('control-plane');

  it('is away for 30 s: nothing that runs fails; then functions wake and sleep again', {
    timeout: 480_000,
  }, async (context) => {
    // On the embedded cluster it is one process with the node, so the pods would go with it.
    requires(context, nodes, 'a control plane that can be stopped alone');
    const { space, load } = steady();
    await space.deploy('sleepy', inline(SLOW_ECHO, { scaling: { idleSeconds: 2 } }));
    await space.untilAsleep('sleepy');
    const report = await underSteadyLoad(space, 'control plane away', load, async () => {
      for (const part of CONTROL_PLANE.toReversed()) await stopPart(part);
      try {
        await delay(OUTAGE_MS);
      } finally {
        for (const part of CONTROL_PLANE) await startPart(part);
      }
      await waitFor(async () => (await space.call('sleepy')).status === 200, {
        timeoutMs: 60_000,
        describe: 'a function to be woken',
      });
    });
    expect(report.failures).toEqual([]);
    expect(report.lost).toEqual([]);
    await partReady(space, 'operator', 2);
    // The call may have taken a warm pod, which only the operator labels as the function's, and only a kubelet ends.
    // Called each time, since it may be asleep again by now.
    const isLabelled = async () => {
      await space.call('sleepy');
      return (await space.pods('sleepy')).length > 0;
    };
    await waitFor(isLabelled, {
      timeoutMs: RECONNECTION_MS,
      describe: 'the operator to be back at work',
      intervalMs: 100,
    });
    await space.untilAsleep('sleepy', RECONNECTION_MS);
    // The scheduler and the kubelets are back when the pool is full again, and what comes next finds a whole cluster.
    await waitFor(async () => (await warmPods(space)).every(isReady), {
      timeoutMs: RECONNECTION_MS,
      describe: 'warm pods to be ready again',
      intervalMs: 250,
    });
  });
});
