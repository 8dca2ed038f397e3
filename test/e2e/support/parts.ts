/** The platform's own processes and pods: finding and killing them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lease } from 'kubernetes-types/coordination/v1.js';
import type { Pod } from 'kubernetes-types/core/v1.js';
import { RELEASE } from '#test/harness/real/chart.ts';
import { processOf } from '#test/harness/real/containers.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import type { TestNamespace } from './namespace.ts';

export type Part = 'redis' | 'operator' | 'gateway';

/**
 * kill -9 of all that there is of a part, without a chance to say goodbye. What supervises the platform starts it
 * again.
 */
export async function killPart(space: TestNamespace, part: Part): Promise<void> {
  const { stateDir, nodes } = space.platform;
  if (stateDir) {
    process.kill(await pidOf(stateDir, part), 'SIGKILL');
  } else if (nodes) {
    await Promise.all((await partPods(space, part)).map((pod) => killPod(space, pod)));
  } else {
    await space.kubectl(['delete', 'pod', ...selectionOf(part), '--grace-period=0', '--force']);
  }
}

/** kill -9 of the first process in a pod; only where the nodes are this machine. */
export async function killPod(space: TestNamespace, pod: Pod): Promise<void> {
  process.kill(await processOf(pod, space.platform.nodes ?? []), 'SIGKILL');
}

/** Waits until the kubelet has started a pod's container again since the pod was read, and it is ready. */
export async function restarted(space: TestNamespace, { metadata, status }: Pod): Promise<void> {
  const before = status?.containerStatuses?.[0]?.restartCount ?? 0;
  await waitFor(
    async () => {
      const pod = await space.kubectl.json<Pod>([
        'pod',
        metadata?.name ?? '',
        '-n',
        metadata?.namespace ?? '',
      ]);
      return isReady(pod) && (pod.status?.containerStatuses?.[0]?.restartCount ?? 0) > before;
    },
    // Restarts of a container that died before are held back for up to 40 s.
    { timeoutMs: 90_000, describe: `${metadata?.name} to run again`, intervalMs: 250 },
  );
}

/** Pods of a part that are not on their way out. */
export async function partPods(space: TestNamespace, part: Part): Promise<Pod[]> {
  const { items } = await space.kubectl.json<{ items: Pod[] }>(['pods', ...selectionOf(part)]);
  return items.filter(({ metadata }) => !metadata?.deletionTimestamp);
}

/** The operator's pod that does the work. */
export async function leadingOperator(space: TestNamespace): Promise<Pod> {
  const lease = await space.kubectl.json<Lease>(['lease', 'catnap-operator', '-n', RELEASE.namespace]);
  const holder = lease.spec?.holderIdentity ?? '';
  const pod = (await partPods(space, 'operator')).find(({ metadata }) =>
    holder.startsWith(`${metadata?.name}_`),
  );
  if (!pod) throw new Error(`no pod is the leader "${holder}"`);
  return pod;
}

/** Waits until a part has this many pods, all ready. */
export async function partReady(space: TestNamespace, part: Part, count: number): Promise<void> {
  await waitFor(
    async () => {
      const pods = await partPods(space, part);
      const ready = pods.filter(isReady).length;
      if (pods.length !== count || ready !== count) throw new Error(`${ready} of ${pods.length} are ready`);
      return true;
    },
    { timeoutMs: 90_000, describe: `${count} ready pods of the ${part}`, intervalMs: 250 },
  );
}

export function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
}

/** The process id changes with every start; only on the embedded cluster. */
async function pidOf(stateDir: string, part: Part): Promise<number> {
  return waitFor(async () => Number(await readFile(join(stateDir, `${part}.pid`), 'utf8')), {
    timeoutMs: 20_000,
    describe: `${part} to run`,
  });
}

function selectionOf(part: Part): string[] {
  const selector = `app.kubernetes.io/name=catnap,app.kubernetes.io/component=${part}`;
  return ['-n', RELEASE.namespace, '-l', selector];
}
