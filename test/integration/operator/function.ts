/** What tests do to one function and ask about it. */
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { ContainerStatus, Pod } from 'kubernetes-types/core/v1.js';
import type { Function as CatnapFunction, FunctionSpec } from '#crds/function/types.ts';
import { deploymentName, FUNCTION_CONTAINER, fieldManagers, functionKey } from '#crds/wire/names.ts';
import type { KubeClient } from '#kube/client.ts';
import { isNotFound } from '#kube/errors.ts';
import { deployments, events, functions, pods } from '#kube/resource.ts';
import { scaleOf } from '#operator/function/scale-of.ts';
import { waitFor } from '#test/harness/wait-for.ts';

const WAIT_MS = 15_000;

export interface TestFunction {
  readonly key: string;
  apply(spec: Partial<FunctionSpec>, annotations?: Record<string, string>): Promise<CatnapFunction>;
  get(): Promise<CatnapFunction>;
  deployment(): Promise<Deployment>;
  replicas(): Promise<number>;
  /** Waits until Ready has this reason, and returns the function. */
  reason(reason: string): Promise<CatnapFunction>;
  scaledTo(replicas: number, timeoutMs?: number): Promise<void>;
  /** Sets the scale as a gateway does. */
  wake(replicas: number): Promise<void>;
  /** Makes a pod as the Deployment's would be, in the state that a kubelet would report. */
  pod(name: string, status?: PodSketch): Promise<Pod>;
  setPod(name: string, status: PodSketch): Promise<void>;
  removePod(name: string): Promise<void>;
  podExists(name: string): Promise<boolean>;
  /** Notes of the events with this reason. */
  notes(reason: string): Promise<string[]>;
  remove(): Promise<void>;
}

export interface PodSketch {
  ready?: boolean;
  container?: Partial<ContainerStatus>;
}

export function testFunction(client: KubeClient, name: string, namespace = 'shop'): TestFunction {
  const ref = { namespace, name };
  const deploymentRef = { namespace, name: deploymentName(name) };
  const self: TestFunction = {
    key: functionKey(namespace, name),
    apply: (spec, annotations) =>
      client.apply(functions, { metadata: { ...ref, annotations }, spec } as unknown as CatnapFunction, {
        fieldManager: 'test',
      }),
    get: () => client.get(functions, ref),
    deployment: () => client.get(deployments, deploymentRef),
    replicas: async () => scaleOf(await self.deployment()),
    reason: (reason) =>
      waitFor(
        async () => {
          const fn = await self.get();
          const ready = fn.status?.conditions?.find(({ type }) => type === 'Ready');
          if (ready?.reason !== reason)
            throw new Error(`Ready is ${ready?.status}/${ready?.reason}: ${ready?.message}`);
          return fn;
        },
        { timeoutMs: WAIT_MS, describe: `${name} to be ${reason}` },
      ),
    async scaledTo(replicas, timeoutMs = WAIT_MS) {
      await waitFor(
        async () => {
          const present = await self.replicas();
          if (present !== replicas) throw new Error(`it has ${present}`);
          return true;
        },
        { timeoutMs, describe: `${name} to be scaled to ${replicas}` },
      );
    },
    async wake(replicas) {
      await client.setScale(deployments, deploymentRef, replicas, { fieldManager: fieldManagers.gateway });
    },
    async pod(podName, status = {}) {
      const { spec } = await self.deployment();
      const template = spec?.template;
      const pod = await client.create(pods, {
        metadata: { namespace, name: podName, labels: template?.metadata?.labels },
        spec: template?.spec,
      });
      await self.setPod(podName, status);
      return pod;
    },
    async setPod(podName, { ready = false, container = {} }) {
      const status = {
        phase: 'Running',
        podIP: '127.64.0.9',
        conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
        containerStatuses: [
          {
            name: FUNCTION_CONTAINER,
            ready,
            restartCount: 0,
            image: 'x',
            imageID: 'x',
            state: { running: {} },
            ...container,
          },
        ],
      };
      const podRef = { namespace, name: podName };
      await client.patch(pods, podRef, { status }, { type: 'merge', subresource: 'status' });
    },
    removePod: (podName) => client.delete(pods, { namespace, name: podName }, { gracePeriodSeconds: 0 }),
    podExists: async (podName) => {
      const pod = await client
        .get(pods, { namespace, name: podName })
        .catch((error: unknown) => (isNotFound(error) ? undefined : Promise.reject(error)));
      return pod !== undefined && !pod.metadata?.deletionTimestamp;
    },
    async notes(reason) {
      const { items } = await client.list(events, { namespace });
      return items
        .filter((event) => event.reason === reason && event.regarding?.name === name)
        .map(({ note }) => note ?? '');
    },
    remove: () => client.delete(functions, ref),
  };
  return self;
}

/** Inline code; what it says matters to nobody here. */
export function inline(code = 'export const handler = async () => "hi"'): Partial<FunctionSpec> {
  return { source: { inline: { files: { 'index.mjs': code } } } };
}

export function loadFailure(message: string): Partial<ContainerStatus> {
  const text = JSON.stringify({ reason: 'LoadFailed', message, file: 'index.mjs', line: 3 });
  return {
    restartCount: 1,
    state: { waiting: { reason: 'CrashLoopBackOff' } },
    lastState: { terminated: { exitCode: 78, reason: 'Error', message: text } },
  };
}
