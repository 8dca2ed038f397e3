/** Brings the Function API and Catnap's own namespace into a cluster. */
import { setTimeout as delay } from 'node:timers/promises';
import { functionDefinition } from '#crds/function/definition.ts';
import type { KubeClient } from '#kube/client.ts';
import { customResourceDefinitions, functions, namespaces } from '#kube/resource.ts';
import { SYSTEM_NAMESPACE } from './platform.ts';

const TIMEOUT_MS = 15_000;

/** Applies the definition and the namespace, and waits until Functions are served. */
export async function installApi(client: KubeClient): Promise<void> {
  // Through JSON: the schema library marks schemas with properties that are not data.
  const definition = JSON.parse(JSON.stringify(functionDefinition()));
  const options = { fieldManager: 'catnap-local' };
  await client.apply(customResourceDefinitions, definition, options);
  await client.apply(
    namespaces,
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SYSTEM_NAMESPACE } },
    options,
  );
  const deadline = performance.now() + TIMEOUT_MS;
  for (;;) {
    try {
      await client.list(functions, { limit: 1 });
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(20);
    }
  }
}
