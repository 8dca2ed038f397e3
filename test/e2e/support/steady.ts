/** Functions that stand under load while faults happen. */
import { beforeAll } from 'vitest';
import { inline, SLOW_ECHO } from './function.ts';
import type { LoadOptions } from './load.ts';
import { type TestNamespace, useNamespace } from './namespace.ts';

export interface Steady {
  space: TestNamespace;
  load: LoadOptions;
}

/** One function with a spare pod and one with a single pod, and the load for them. */
export function useSteadyFunctions(purpose: string): () => Steady {
  const space = useNamespace(purpose);
  const scaling = { maxReplicas: 3, concurrency: 20, idleSeconds: 60 };
  beforeAll(async () => {
    const test = space();
    await test.deploy('pair', inline(SLOW_ECHO, { scaling: { ...scaling, minReplicas: 2 } }));
    await test.deploy('single', inline(SLOW_ECHO, { scaling: { ...scaling, minReplicas: 1 } }));
  });
  return () => ({ space: space(), load: { functions: ['pair', 'single'], query: '?ms=15' } });
}
