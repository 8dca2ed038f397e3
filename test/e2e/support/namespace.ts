/** A namespace of a test file's own on the platform under test, with what tests do in it. */
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { Pod } from 'kubernetes-types/core/v1.js';
import { afterAll, beforeAll, inject } from 'vitest';
import type { Function as CatnapFunction, FunctionCondition } from '#crds/function/types.ts';
import { deploymentName, labels } from '#crds/wire/names.ts';
import { createKubectl, type Kubectl } from '#test/harness/kubectl.ts';
import { RESTRICTED } from '#test/harness/real/chart.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import type { PlatformUnderTest } from '../global-setup.ts';
import { manifest, type Spec } from './function.ts';
import { type Answer, type CallOptions, call } from './http.ts';

const READY_TIMEOUT_MS = 40_000;
const ZERO_TIMEOUT_MS = 60_000;

export class TestNamespace {
  readonly name: string;
  readonly platform: PlatformUnderTest;
  readonly kubectl: Kubectl;

  constructor(name: string, platform: PlatformUnderTest, kubectl: Kubectl) {
    this.name = name;
    this.platform = platform;
    this.kubectl = kubectl;
  }

  /** kubectl in this namespace. */
  run(...args: string[]): Promise<string> {
    return this.kubectl([...args, '-n', this.name]);
  }

  url(functionName: string, path = ''): string {
    return `${this.platform.gatewayUrl}/fn/${this.name}/${functionName}${path}`;
  }

  call(functionName: string, path = '', options: CallOptions = {}): Promise<Answer> {
    return call(this.url(functionName, path), options);
  }

  /** `kubectl apply` of a Function. */
  apply(functionName: string, spec: Spec): Promise<string> {
    return this.kubectl.apply(manifest(this.name, functionName, spec));
  }

  /** Applies a Function and waits until its code was seen to load. */
  async deploy(functionName: string, spec: Spec): Promise<void> {
    await this.apply(functionName, spec);
    await this.condition(functionName, 'Ready', ({ status }) => status === 'True');
  }

  /** Applies an object of the core group that has nothing but data, into this namespace. */
  applyData(kind: 'ConfigMap' | 'Secret', name: string, values: Record<string, string>): Promise<string> {
    const field = kind === 'Secret' ? 'stringData' : 'data';
    const metadata = { name, namespace: this.name };
    return this.kubectl.apply({ apiVersion: 'v1', kind, metadata, [field]: values });
  }

  function(name: string): Promise<CatnapFunction> {
    return this.kubectl.json(['fn', name, '-n', this.name]);
  }

  /** Waits until the condition of the present generation is as wanted, and returns it. */
  condition(
    functionName: string,
    type: string,
    accept: (condition: FunctionCondition) => boolean,
  ): Promise<FunctionCondition> {
    return waitFor(
      async () => {
        const { metadata, status } = await this.function(functionName);
        const found = status?.conditions?.find((condition) => condition.type === type);
        if (!found || found.observedGeneration !== metadata.generation || !accept(found)) {
          throw new Error(`generation ${metadata.generation}, ${JSON.stringify(found)}`);
        }
        return found;
      },
      { timeoutMs: READY_TIMEOUT_MS, describe: `condition ${type} of ${functionName}` },
    );
  }

  /** Pods of a function that have not ended, those that are on their way out included. */
  async pods(functionName: string): Promise<Pod[]> {
    const selector = `${labels.function}=${functionName}`;
    const list = await this.kubectl.json<{ items: Pod[] }>(['pods', '-n', this.name, '-l', selector]);
    return list.items;
  }

  /** Replicas that the function's Deployment asks for. */
  async replicas(functionName: string): Promise<number> {
    const args = ['deployment', deploymentName(functionName), '-n', this.name];
    return (await this.kubectl.json<Deployment>(args)).spec?.replicas ?? 0;
  }

  /** Waits until all triggers of the function are connected. */
  async untilConnected(functionName: string): Promise<void> {
    await waitFor(
      async () => {
        const { list = [] } = (await this.function(functionName)).status?.triggers ?? {};
        const connected = list.map(({ conditions }) => conditions?.[0]?.status === 'True');
        if (connected.length === 0 || connected.includes(false)) throw new Error(JSON.stringify(list));
        return true;
      },
      { timeoutMs: READY_TIMEOUT_MS, describe: `the triggers of ${functionName} to be connected` },
    );
  }

  /** Waits until the function has no pods left. */
  async untilAsleep(functionName: string, timeoutMs = ZERO_TIMEOUT_MS): Promise<void> {
    await waitFor(
      async () => {
        const left = await this.pods(functionName);
        if (left.length > 0) throw new Error(left.map(describePod).join(', '));
        return true;
      },
      { timeoutMs, describe: `no pods of ${functionName}`, intervalMs: 100 },
    );
  }
}

function describePod({ metadata }: Pod): string {
  const { name, deletionTimestamp } = metadata ?? {};
  return deletionTimestamp ? `${name}, to be deleted by ${deletionTimestamp}` : `${name}`;
}

/** Creates a namespace that admits only restricted pods. */
export async function createNamespace(purpose: string, platform: PlatformUnderTest): Promise<TestNamespace> {
  const kubectl = await createKubectl(platform.kubeconfig);
  const name = `e2e-${purpose}-${Math.random().toString(36).slice(2, 8)}`;
  await kubectl.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: RESTRICTED } });
  return new TestNamespace(name, platform, kubectl);
}

/** The same before the file's tests; deletes it after them. */
export function useNamespace(purpose: string): () => TestNamespace {
  let current: TestNamespace | undefined;
  beforeAll(async () => {
    current = await createNamespace(purpose, inject('platform'));
  });
  afterAll(async () => {
    if (current) await current.kubectl(['delete', 'namespace', current.name, '--wait=false']);
  });
  return () => {
    if (!current) throw new Error('the namespace exists only while tests run');
    return current;
  };
}
