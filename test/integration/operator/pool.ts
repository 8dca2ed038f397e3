/** What tests ask about warm pods, and how they play a gateway that takes one. */
import { Redis } from 'ioredis';
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { Pod } from 'kubernetes-types/core/v1.js';
import { type LaunchSpec, launchContext, launchKey } from '#crds/wire/launch-spec.ts';
import { functionKey, labels } from '#crds/wire/names.ts';
import type { Claim } from '#crds/wire/samples.ts';
import { Seal } from '#crds/wire/seal.ts';
import { isNotFound } from '#kube/errors.ts';
import { controllerOf } from '#kube/owner-reference.ts';
import { deployments, pods } from '#kube/resource.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import type { TestCluster } from './cluster.ts';
import { type TestFunction, testFunction } from './function.ts';

export const ENCRYPTION_KEY = Buffer.alloc(32, 7);
const NAMESPACE = 'shop';
const WAIT_MS = 20_000;

export type Launch = { pool: string; digest: string };

export function isReady({ metadata, status }: Pod): boolean {
  const ready = status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');
  return ready === true && metadata?.deletionTimestamp === undefined;
}

export function isOwnedByFunction(pod: Pod): boolean {
  return controllerOf(pod)?.kind === 'Function';
}

export function poolTools({ client, gateway, redis }: TestCluster) {
  const seal = new Seal(ENCRYPTION_KEY);
  const connection = new Redis(redis.url);

  const until = <T>(condition: () => T | Promise<T>, describe: string, timeoutMs = WAIT_MS) =>
    waitFor(condition, { timeoutMs, describe });

  const tools = {
    until,
    /** A function whose code was seen to load, with how warm pods become it. */
    async launched(name: string): Promise<{ fn: TestFunction; launch: Launch; revision: string }> {
      const fn = testFunction(client, name);
      const status = await until(async () => {
        const found = (await fn.get()).status;
        return found?.launch && found.loadedRevision === found.revision && found;
      }, `${name} to have a launch spec`);
      return { fn, launch: status.launch as Launch, revision: status.revision ?? '' };
    },
    async podsOf(name: string): Promise<Pod[]> {
      const labelSelector = `${labels.function}=${name}`;
      return (await client.list(pods, { namespace: NAMESPACE, labelSelector })).items;
    },
    async warmPods(pool: string): Promise<Pod[]> {
      const labelSelector = `${labels.pool}=${pool}`;
      return (await client.list(pods, { namespace: NAMESPACE, labelSelector })).items;
    },
    /** One that could be taken, but for those named. */
    readyWarmPod: (pool: string, except: readonly string[] = []) =>
      until(async () => {
        const warm = await tools.warmPods(pool);
        return warm.find((pod) => isReady(pod) && !except.includes(pod.metadata?.uid ?? ''));
      }, `a warm pod of ${pool}`),
    pool: (pool: string): Promise<Deployment | undefined> =>
      client
        .get(deployments, { namespace: NAMESPACE, name: `pool-${pool}` })
        .catch((error: unknown) => (isNotFound(error) ? undefined : Promise.reject(error))),
    /** What Redis keeps under a digest, opened. */
    async spec(name: string, { digest }: Launch): Promise<LaunchSpec | undefined> {
      const sealed = await connection.getBuffer(launchKey(digest));
      if (!sealed) return undefined;
      const plain = seal.open(sealed, launchContext(functionKey(NAMESPACE, name)));
      return JSON.parse(plain.toString()) as LaunchSpec;
    },
    /** Puts something there that no function names, as a leader that died may have. */
    async leaveOrphan(): Promise<Launch> {
      const orphan = { pool: 'none', digest: 'f'.repeat(32) };
      await connection.set(launchKey(orphan.digest), 'sealed');
      return orphan;
    },
    ttl: ({ digest }: Launch) => connection.ttl(launchKey(digest)),
    /** Redis loses all it has, and its connections. */
    async loseData(): Promise<void> {
      await connection.flushall();
      await connection.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    },
    /** Tells of a claim as the gateway would until it sees the labels; returns the pod as the function's. */
    async claim(name: string): Promise<Pod> {
      const { launch, revision } = await tools.launched(name);
      const warm = await tools.readyWarmPod(launch.pool);
      const { name: pod = '', uid: podUid = '' } = warm.metadata ?? {};
      const claim: Claim = {
        namespace: NAMESPACE,
        pod,
        podUid,
        function: name,
        revision,
        claimMs: 9,
        loadMs: 4,
      };
      gateway.tell({ claims: [claim] });
      const taken = await until(
        async () => (await tools.podsOf(name)).find(({ metadata }) => metadata?.uid === podUid),
        `${pod} to be a pod of ${name}`,
      );
      gateway.tell({});
      return taken;
    },
    close: () => connection.disconnect(),
  };
  return tools;
}
