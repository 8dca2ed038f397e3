/**
 * An API server for the tests of kube/: the embedded one, or with CATNAP_TEST_KUBECONFIG the cluster that
 * this file names.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { createKubeClient, type KubeClient } from '#kube/client.ts';
import { isAlreadyExists } from '#kube/errors.ts';
import { type KubeConfig, kubeConfigFor, loadKubeConfig } from '#kube/kube-config.ts';
import { customResourceDefinitions, functions, namespaces } from '#kube/resource.ts';
import { startApiServer } from '#local/api/server.ts';
import { waitFor } from '#test/harness/wait-for.ts';

const DEFINITION = fileURLToPath(
  new URL('../../../crds/generated/functions.catnap.dev.yaml', import.meta.url),
);

export interface TestApi {
  readonly client: KubeClient;
  /** A namespace of this test file alone. */
  readonly namespace: string;
  readonly kubeConfig: KubeConfig;
  stop(): Promise<void>;
}

/** Starts it, with the Function kind and an empty namespace. */
export async function startTestApi(): Promise<TestApi> {
  const given = process.env.CATNAP_TEST_KUBECONFIG;
  const server = given === undefined ? await startApiServer() : undefined;
  const kubeConfig =
    server === undefined
      ? loadKubeConfig({ file: given })
      : kubeConfigFor({ server: server.url, ca: server.certificate, token: server.token });
  const client = createKubeClient({ component: 'test', kubeConfig });
  const namespace = `kube-test-${Date.now().toString(36)}`;
  await client.create(namespaces, { metadata: { name: namespace } });
  await client
    .create(customResourceDefinitions, parse(readFileSync(DEFINITION, 'utf8')))
    .catch((error: unknown) => (isAlreadyExists(error) ? undefined : Promise.reject(error)));
  await waitFor(() => client.list(functions, { namespace }), {
    timeoutMs: 10_000,
    describe: 'Functions to be served',
  });
  return {
    client,
    namespace,
    kubeConfig,
    async stop() {
      await client.delete(namespaces, { name: namespace });
      await client.close();
      await server?.stop();
    },
  };
}
