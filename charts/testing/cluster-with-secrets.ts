/** As much of a Kubernetes API as helm's `lookup` of Secrets takes. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Secret } from 'kubernetes-types/core/v1.js';

export interface ClusterWithSecrets {
  kubeconfig: string;
  stop(): Promise<void>;
}

const list = (kind: string, fields: object) => ({ kind, apiVersion: 'v1', ...fields });

/**
 * Serves these Secrets on a free port of 127.0.0.1.
 *
 * @param kinds `group/version Kind` of everything that helm is to render, since it makes sure that they exist
 */
export async function serveSecrets(secrets: Secret[], kinds: Iterable<string>): Promise<ClusterWithSecrets> {
  const answers: Record<string, object> = {
    '/version': { major: '1', minor: '35', gitVersion: 'v1.35.0' },
    ...discovery(kinds),
  };
  for (const secret of secrets) {
    const { namespace, name } = secret.metadata ?? {};
    answers[`/api/v1/namespaces/${namespace}/secrets/${name}`] = secret;
  }
  const server = createServer(({ url = '' }, response) => {
    const answer = answers[url.split('?')[0] ?? ''];
    const missing = list('Status', { status: 'Failure', reason: 'NotFound', code: 404 });
    response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? missing));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const directory = await mkdtemp(join(tmpdir(), 'catnap-chart-'));
  const kubeconfig = join(directory, 'kubeconfig');
  const { port } = server.address() as AddressInfo;
  await writeFile(kubeconfig, JSON.stringify(kubeconfigFor(`http://127.0.0.1:${port}`)));
  return {
    kubeconfig,
    async stop() {
      server.closeAllConnections();
      server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function discovery(kinds: Iterable<string>): Record<string, object> {
  const byVersion = Object.groupBy([...kinds], (kind) => kind.split(' ')[0] ?? '');
  const groups = Object.keys(byVersion)
    .filter((version) => version.includes('/'))
    .map((groupVersion) => {
      const [name, version] = groupVersion.split('/');
      return { name, versions: [{ groupVersion, version }], preferredVersion: { groupVersion, version } };
    });
  const resources = Object.entries(byVersion).map(([groupVersion, all = []]) => {
    const described = all.map((entry) => {
      const kind = entry.split(' ')[1] ?? '';
      return { name: `${kind.toLowerCase()}s`, kind, namespaced: true, verbs: ['get', 'list'] };
    });
    const path = groupVersion.includes('/') ? `/apis/${groupVersion}` : `/api/${groupVersion}`;
    return [path, list('APIResourceList', { groupVersion, resources: described })];
  });
  return {
    '/api': list('APIVersions', { versions: ['v1'] }),
    '/apis': list('APIGroupList', { groups }),
    ...Object.fromEntries(resources),
  };
}

const kubeconfigFor = (server: string) => ({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'c', cluster: { server } }],
  contexts: [{ name: 'c', context: { cluster: 'c', user: 'c' } }],
  users: [{ name: 'c', user: {} }],
  'current-context': 'c',
});
