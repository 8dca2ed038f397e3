import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { KubeConfigError, kubeConfigFor, loadKubeConfig, serviceAccountNamespace } from './kube-config.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'catnap-kube-config-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function write(name: string, content: string | object): string {
  const path = join(dir, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, typeof content === 'string' ? content : stringify(content));
  return path;
}

const config = (name: string, extra: { cluster?: object; user?: object; context?: object } = {}) => ({
  'current-context': name,
  clusters: [{ name, cluster: { server: `https://${name}:6443/`, ...extra.cluster } }],
  users: [{ name, user: extra.user ?? { token: `${name}-token` } }],
  contexts: [{ name, context: { cluster: name, user: name, ...extra.context } }],
});
const nowhere = () => ({ serviceAccountDir: join(dir, 'none'), home: join(dir, 'home'), env: {} });

it('reads a file: server, token and namespace of its current context', () => {
  const file = write('config', config('one', { context: { namespace: 'shop' } }));
  const loaded = loadKubeConfig({ file });
  expect(loaded.getCurrentCluster()).toMatchObject({ name: 'one', server: 'https://one:6443' });
  expect(loaded.getCurrentUser()).toMatchObject({ token: 'one-token' });
  expect(loaded.namespace).toBe('shop');
});

it('makes paths absolute, from the directory of the file', () => {
  const file = write(
    'sub/config',
    config('one', {
      cluster: { 'certificate-authority': 'ca.crt' },
      user: { 'client-certificate': '../c.crt', 'client-key': '/etc/c.key', exec: { command: './plugin' } },
    }),
  );
  const loaded = loadKubeConfig({ file });
  expect(loaded.getCurrentCluster()?.caFile).toBe(join(dir, 'sub/ca.crt'));
  expect(loaded.getCurrentUser()).toMatchObject({
    certFile: join(dir, 'c.crt'),
    keyFile: '/etc/c.key',
    exec: { command: join(dir, 'sub/plugin') },
  });
});

it('takes KUBECONFIG first, merges its files and lets the first one win', () => {
  const first = write('a', { ...config('one'), contexts: [] });
  const second = write('b', config('one', { cluster: { server: 'https://other' } }));
  const env = { KUBECONFIG: `${first}:${join(dir, 'absent')}:${second}` };
  write('home/.kube/config', config('home'));
  const loaded = loadKubeConfig({ ...nowhere(), env });
  expect(loaded.getCurrentCluster()?.server).toBe('https://one:6443');
});

it('takes the service account in a pod, before the home directory', () => {
  write('home/.kube/config', config('home'));
  write('sa/token', 't');
  write('sa/namespace', 'catnap-system\n');
  const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
  const loaded = loadKubeConfig({ ...nowhere(), env, serviceAccountDir: join(dir, 'sa') });
  expect(loaded.getCurrentCluster()).toMatchObject({
    server: 'https://[fd00::1]:443',
    caFile: join(dir, 'sa/ca.crt'),
  });
  expect(loaded.namespace).toBe('catnap-system');
  expect(serviceAccountNamespace(join(dir, 'none'))).toBeUndefined();
});

it('takes the home directory last', () => {
  write('home/.kube/config', config('home'));
  expect(loadKubeConfig(nowhere()).getCurrentCluster()?.name).toBe('home');
});

it('says where it looked when there is nothing', () => {
  expect(() => loadKubeConfig(nowhere())).toThrow(KubeConfigError);
  expect(() => loadKubeConfig(nowhere())).toThrow(
    /KUBECONFIG is not set.*home\/.kube\/config does not exist/,
  );
  const env = { KUBECONFIG: join(dir, 'absent') };
  expect(() => loadKubeConfig({ ...nowhere(), env })).toThrow('absent, which does not exist');
});

it.each([
  ['just text', 'it is not a kubeconfig'],
  [{ ...config('one'), 'current-context': '' }, 'current-context is not set'],
  [{ ...config('one'), 'current-context': 'two' }, 'context "two" is not defined'],
  [{ ...config('one'), users: [] }, 'user "one" is not defined'],
  [{ ...config('one'), clusters: [{ name: 'one', cluster: {} }] }, 'cluster.server is missing'],
])('says what is wrong with an unusable file', (content, message) => {
  const file = write('config', content);
  expect(() => loadKubeConfig({ file })).toThrow(message);
  expect(() => loadKubeConfig({ file })).toThrow(file);
});

it('makes a configuration from values', () => {
  const made = kubeConfigFor({ server: 'https://x/', ca: 'PEM', token: 't', namespace: 'n' });
  expect(made.getCurrentCluster()).toMatchObject({
    server: 'https://x',
    caData: Buffer.from('PEM').toString('base64'),
    skipTLSVerify: false,
  });
});
