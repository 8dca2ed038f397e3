import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import type { User } from '@kubernetes/client-node/dist/config_types.js';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createKubeClient } from './client.ts';
import { createCredentials } from './credentials.ts';
import { type Cluster, type KubeConfig, kubeConfigFor } from './kube-config.ts';
import { nodes } from './resource.ts';
import { createTestAuthority, type TestAuthority } from './testing/certificates.ts';
import { json, type Script, startScriptedServer, statusObject } from './testing/scripted-server.ts';

let authority: TestAuthority;
beforeAll(async () => {
  authority = await createTestAuthority();
});

let dir: string;
const open: { close(): Promise<void> }[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'catnap-credentials-'));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((item) => item.close()));
  rmSync(dir, { recursive: true, force: true });
});

const cluster: Cluster = { name: 'c', server: 'https://127.0.0.1:1', skipTLSVerify: false };
const configOf = (user: Partial<User>, its: Partial<Cluster> = {}): KubeConfig => ({
  getCurrentCluster: () => ({ ...cluster, ...its }),
  getCurrentUser: () => ({ name: 'u', ...user }),
});
const base64 = (text: string) => Buffer.from(text).toString('base64');
const write = (name: string, text: string) => {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
};
const authorizationOf = async (user: Partial<User>) =>
  (await createCredentials(configOf(user)).get()).headers.authorization;

async function call(kubeConfig: KubeConfig, server: { close(): Promise<void> }) {
  const client = createKubeClient({ component: 'test', kubeConfig, timeoutMs: 3_000 });
  open.push(client, server);
  return client.get(nodes, { name: 'n' });
}
const whoAmI: Script = (_, response) => json(response, 200, { metadata: { name: peerName(response) } });
const peerName = (response: ServerResponse) =>
  String((response.req.socket as TLSSocket).getPeerCertificate?.()?.subject?.CN ?? 'nobody');

it('T1.22: trusts the CA of the configuration and no other', async () => {
  const tls = await authority.serverPair();
  const server = await startScriptedServer(whoAmI, { tls });
  const trusted = kubeConfigFor({ server: server.url, ca: authority.cert });
  expect((await call(trusted, server)).metadata?.name).toBe('nobody');
  const stranger = await createTestAuthority();
  const error = await call(kubeConfigFor({ server: server.url, ca: stranger.cert }), server).catch((e) => e);
  expect(error).toMatchObject({ status: 0, reason: 'ConnectionFailed' });
  expect(error.message).toMatch(/certificate/);
});

it('checks the name of the server, or the one that tls-server-name gives', async () => {
  const tls = await authority.serverPair('api.example');
  const server = await startScriptedServer(whoAmI, { tls });
  const caData = base64(authority.cert);
  await expect(call(configOf({}, { server: server.url, caData }), server)).rejects.toThrow(
    /altnames|certificate/,
  );
  const named = configOf({}, { server: server.url, caData, tlsServerName: 'api.example' });
  expect((await call(named, server)).metadata?.name).toBe('nobody');
  const lax = configOf({}, { server: server.url, skipTLSVerify: true });
  expect((await call(lax, server)).metadata?.name).toBe('nobody');
});

it('shows a client certificate from data', async () => {
  const tls = { ...(await authority.serverPair()), ca: authority.cert, requestCert: true };
  const server = await startScriptedServer(whoAmI, { tls });
  const alice = await authority.clientPair('alice');
  const user = { certData: base64(alice.cert), keyData: base64(alice.key) };
  const config = configOf(user, { server: server.url, caData: base64(authority.cert) });
  expect((await call(config, server)).metadata?.name).toBe('alice');
});

it('T1.19: refuses plain HTTP to another machine unless that is said to be meant', () => {
  const create = (its: Partial<Cluster>) => () =>
    createKubeClient({ component: 'test', kubeConfig: configOf({}, its) });
  expect(create({ server: 'http://10.0.0.1:8080' })).toThrow('is not encrypted');
  expect(create({ server: 'http://127.0.0.1.evil.example' })).toThrow('is not encrypted');
  expect(create({ server: 'ftp://x' })).toThrow('neither https nor http');
  expect(create({ server: 'http://10.0.0.1:8080', skipTLSVerify: true })).not.toThrow();
  expect(create({ server: 'http://[::1]:8001' })).not.toThrow();
});

it('sends basic authentication, tokens without white space, and whom to impersonate', async () => {
  expect(await authorizationOf({ username: 'u', password: 'p' })).toBe(`Basic ${base64('u:p')}`);
  expect(await authorizationOf({ token: 't\n' })).toBe('Bearer t');
  expect(await authorizationOf({})).toBeUndefined();
  const { headers } = await createCredentials(configOf({ impersonateUser: 'bob' })).get();
  expect(headers).toEqual({ 'impersonate-user': 'bob' });
});

it('reads a token file, and reads it again after a 401', async () => {
  const tokenFile = write('token', 'old\n');
  const server = await startScriptedServer((request, response) => {
    if (request.headers.authorization === 'Bearer new') json(response, 200, { metadata: { name: 'n' } });
    else json(response, 401, statusObject(401, 'Unauthorized', 'Unauthorized'));
  });
  const user = { authProvider: { name: 'tokenFile', config: { tokenFile } } };
  const client = createKubeClient({ component: 'test', kubeConfig: configOf(user, { server: server.url }) });
  open.push(client, server);
  await expect(client.get(nodes, { name: 'n' })).rejects.toMatchObject({ status: 401 });
  expect(server.requests).toHaveLength(2);
  writeFileSync(tokenFile, 'new\n');
  expect((await client.get(nodes, { name: 'n' })).metadata?.name).toBe('n');
});

it('does not repeat a call that a fixed token was refused for', async () => {
  const server = await startScriptedServer((_, response) =>
    json(response, 401, statusObject(401, 'Unauthorized', 'Unauthorized')),
  );
  await expect(call(kubeConfigFor({ server: server.url, token: 't' }), server)).rejects.toMatchObject({
    status: 401,
    retryable: false,
  });
  expect(server.requests).toHaveLength(1);
});

function plugin(script: string): Partial<User> {
  const command = write('plugin', `#!/bin/sh\n${script}\n`);
  chmodSync(command, 0o755);
  return { exec: { apiVersion: 'client.authentication.k8s.io/v1', command, args: ['get'] } };
}

it('runs an exec plugin once for many calls, and tells it the protocol', async () => {
  const user = plugin(
    `echo "$1 $KUBERNETES_EXEC_INFO" >> ${dir}/runs; echo '{"status":{"token":"from-plugin"}}'`,
  );
  const credentials = createCredentials(configOf(user));
  const all = await Promise.all([credentials.get(), credentials.get(), credentials.get()]);
  expect((await credentials.get()).headers.authorization).toBe('Bearer from-plugin');
  expect(all.every(({ headers }) => headers.authorization === 'Bearer from-plugin')).toBe(true);
  const runs = readFileSync(join(dir, 'runs'), 'utf8').trim().split('\n');
  expect(runs).toHaveLength(1);
  expect(runs[0]).toMatch(/^get \{"apiVersion":"client.authentication.k8s.io\/v1","kind":"ExecCredential"/);
  expect(credentials.renew()).toBe(true);
  await credentials.get();
  expect(readFileSync(join(dir, 'runs'), 'utf8').trim().split('\n')).toHaveLength(2);
});

it('tells that a plugin failed, with its first line only, and tries it again next time', async () => {
  const user = plugin(
    `[ -e ${dir}/ok ] && echo '{"status":{"token":"t"}}' && exit 0; echo 'please log in' >&2; echo SECRET >&2; exit 1`,
  );
  const credentials = createCredentials(configOf(user));
  const error = await credentials.get().catch((caught) => caught);
  expect(error).toMatchObject({
    reason: 'CredentialsFailed',
    message: 'Credentials of user "u": please log in',
  });
  write('ok', '');
  expect((await credentials.get()).headers.authorization).toBe('Bearer t');
});

it('ends a call whose plugin hangs at its deadline', async () => {
  const user = plugin(`echo $$ > ${dir}/pid; exec sleep 30`);
  const kubeConfig = configOf(user, { server: 'https://127.0.0.1:1' });
  const client = createKubeClient({ component: 'test', kubeConfig, timeoutMs: 150 });
  open.push(client);
  try {
    await expect(client.get(nodes, { name: 'n' })).rejects.toMatchObject({ reason: 'ClientTimeout' });
  } finally {
    process.kill(Number(readFileSync(join(dir, 'pid'), 'utf8')));
  }
});

it('names an auth provider that it does not know, and a certificate file that is missing', async () => {
  const provider = { authProvider: { name: 'gcp', config: {} } };
  await expect(createCredentials(configOf(provider)).get()).rejects.toThrow(
    'auth-provider "gcp" is not supported',
  );
  const missing = { certFile: join(dir, 'absent.crt') };
  await expect(createCredentials(configOf(missing)).get()).rejects.toThrow('absent.crt');
});
