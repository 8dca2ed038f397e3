import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, inject, it } from 'vitest';
import { startPart, stopPart } from '#test/cluster/cluster.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { inline, SLOW_ECHO } from '../support/function.ts';
import { underSteadyLoad } from '../support/load.ts';
import { partReady } from '../support/parts.ts';
import { requires } from '../support/requires.ts';
import { useSteadyFunctions } from '../support/steady.ts';

const OUTAGE_MS = 30_000;
/**
 * All that a lost control plane machine takes with it, in the order of starting. A controller manager that outlives
 * its API server would, from what it remembers, take every node for dead when it is back.
 */
const CONTROL_PLANE = ['apiserver', 'controller-manager', 'scheduler'];

const { nodes } = inject('platform');

describe('the control plane, under load,', () => {
  const steady = useSteadyFunctions('control-plane');

  it('is away for 30 s: nothing that runs fails; then functions wake and sleep again', {
    timeout: 240_000,
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
    // The call may have taken a warm pod, which only the operator labels as the function's. Pods reach the API server
    // again when the node's proxy does, which pauses for up to a minute between attempts.
    await waitFor(async () => (await space.pods('sleepy')).length > 0, {
      timeoutMs: 120_000,
      describe: 'the operator to be back at work',
      intervalMs: 250,
    });
    await space.untilAsleep('sleepy');
  });
});
