import type { Node, Pod } from 'kubernetes-types/core/v1.js';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { startPart, stopPart } from '#test/cluster/cluster.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { underSteadyLoad } from '../support/load.ts';
import { isReady, partPods, partReady } from '../support/parts.ts';
import { requires } from '../support/requires.ts';
import { useSteadyFunctions } from '../support/steady.ts';

const { nodes = [] } = inject('platform');

describe('a node, under load,', () => {
  const steady = useSteadyFunctions('node');

  afterEach(async () => {
    for (const { name } of nodes) await steady().space.kubectl(['uncordon', name]);
  });

  it('is drained: no call fails', async (context) => {
    requires(context, nodes.length > 1, 'a second node for the pods to go to');
    const { space, load } = steady();
    // The volume of Redis is on its node: without that node asynchronous calls have to wait.
    const [redis] = await partPods(space, 'redis');
    const victim = nodes.find(({ name }) => name !== redis?.spec?.nodeName)?.name ?? '';
    const report = await underSteadyLoad(space, `${victim} drained`, load, async () => {
      await space.kubectl([
        'drain',
        victim,
        '--ignore-daemonsets',
        '--delete-emptydir-data',
        '--timeout=55s',
      ]);
      await partReady(space, 'gateway', 2);
      await partReady(space, 'operator', 2);
    });
    const left = await space.kubectl.json<{ items: Pod[] }>(['pods', '-n', space.name]);
    expect(left.items.map(({ spec }) => spec?.nodeName)).not.toContain(victim);
    expect(report.failures).toEqual([]);
    expect(report.lost).toEqual([]);
  });

  it('has its container runtime restarted: no call fails, and new pods start', async (context) => {
    requires(context, nodes.length > 0, 'a container runtime that can be stopped');
    const { space, load } = steady();
    const report = await underSteadyLoad(space, 'containerd restarted', load, async () => {
      for (const { name } of nodes) {
        await stopPart(`containerd-${name}`);
        await startPart(`containerd-${name}`);
      }
      await nodesReady(space.kubectl.json);
      await space.run('scale', 'fn/pair', '--replicas=3');
      await waitFor(async () => (await space.pods('pair')).filter(isReady).length === 3, {
        timeoutMs: 60_000,
        describe: 'a third pod',
      });
    });
    expect(report.failures).toEqual([]);
    expect(report.lost).toEqual([]);
  });
});

function nodesReady(get: <T>(args: string[]) => Promise<T>): Promise<unknown> {
  const ready = ({ status }: Node) =>
    status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True');
  return waitFor(async () => (await get<{ items: Node[] }>(['nodes'])).items.every(ready), {
    timeoutMs: 60_000,
    describe: 'all nodes to be ready',
  });
}
