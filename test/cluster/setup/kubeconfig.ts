import { readFile, writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { API_URL } from '../plan/addresses.ts';
import { pkiFile } from '../plan/files.ts';

/** Writes a kubeconfig that holds all it needs, so that it can be copied; readable by the owner only. */
export async function writeKubeconfig(target: string, identity: string): Promise<void> {
  const encoded = async (name: string) => (await readFile(pkiFile(name))).toString('base64');
  const content = stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'catnap-cluster',
        cluster: { server: API_URL, 'certificate-authority-data': await encoded('ca.crt') },
      },
    ],
    users: [
      {
        name: identity,
        user: {
          'client-certificate-data': await encoded(`${identity}.crt`),
          'client-key-data': await encoded(`${identity}.key`),
        },
      },
    ],
    contexts: [{ name: 'catnap-cluster', context: { cluster: 'catnap-cluster', user: identity } }],
    'current-context': 'catnap-cluster',
  });
  await writeFile(target, content, { mode: 0o600 });
}
