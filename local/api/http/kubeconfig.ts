/** The kubeconfig by which clients reach the server, as YAML. */
import { stringify } from 'yaml';

const NAME = 'catnap-local';

export function kubeconfigText(access: { url: string; certificate: string; token: string }): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: NAME,
        cluster: {
          server: access.url,
          'certificate-authority-data': Buffer.from(access.certificate).toString('base64'),
        },
      },
    ],
    users: [{ name: NAME, user: { token: access.token } }],
    contexts: [{ name: NAME, context: { cluster: NAME, user: NAME, namespace: 'default' } }],
    'current-context': NAME,
  });
}
