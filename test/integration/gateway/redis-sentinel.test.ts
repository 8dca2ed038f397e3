import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { pino } from 'pino';
import { generate } from 'selfsigned';
import { afterAll, describe, expect, it } from 'vitest';
import { readConfig } from '#gateway/config.ts';
import { connectRedis, interactiveOptions, patientOptions } from '#gateway/redis.ts';
import { type Component, createComponent } from '#local/up/component.ts';
import { findExecutable } from '#local/up/executable.ts';
import { freePort } from '#local/up/ports.ts';
import { waitFor } from '#test/harness/wait-for.ts';

const PASSWORD = 'p@ss:/word';
const SENTINEL_PASSWORD = 'other';
const log = pino({ level: 'silent' });
const trusted = getCACertificates('default');
const started: Component[] = [];
const directories: string[] = [];

afterAll(async () => {
  setDefaultCACertificates(trusted);
  await Promise.all(started.map((component) => component.stop()));
  await Promise.all(directories.map((path) => rm(path, { recursive: true, force: true })));
});

describe.each([
  ['plain', false],
  ['TLS with an authority of our own', true],
])('Redis behind a Sentinel, %s', (_, tls) => {
  it('is found, and found again after the master died', { timeout: 60_000 }, async () => {
    const { master, sentinelPort } = await startSentinel(tls);
    const { redis: address } = readConfig({
      CATNAP_REDIS_URL: `redis${tls ? 's' : ''}://main`,
      CATNAP_REDIS_PASSWORD: PASSWORD,
      CATNAP_REDIS_SENTINELS: `127.0.0.1:${sentinelPort}`,
      CATNAP_REDIS_SENTINEL_PASSWORD: SENTINEL_PASSWORD,
    });
    const interactive = connectRedis(address, interactiveOptions(), log);
    const patient = connectRedis(address, patientOptions(), log);
    const eventually = { timeoutMs: 30_000, intervalMs: 100 };
    try {
      await waitFor(async () => (await interactive.set('a', '1')) === 'OK', {
        ...eventually,
        describe: 'the master to be found',
      });
      await waitFor(async () => (await interactive.wait(1, 100)) === 1, {
        ...eventually,
        describe: 'the replica to have all',
      });
      await master.kill();
      await waitFor(async () => (await interactive.set('b', '2')) === 'OK', {
        ...eventually,
        describe: 'the replica to be promoted',
      });
      expect(await patient.mget('a', 'b')).toEqual(['1', '2']);
    } finally {
      interactive.disconnect();
      patient.disconnect();
    }
  });
});

/** A master, its replica and one Sentinel that watches them as `main`. */
async function startSentinel(tls: boolean) {
  const directory = await mkdtemp(join(tmpdir(), 'catnap-sentinel-'));
  directories.push(directory);
  const common = tls ? await tlsSettings(directory) : [];
  const listen = (port: number) => (tls ? [`tls-port ${port}`, 'port 0'] : [`port ${port}`]);
  const start = async (name: string, port: number, usable: RegExp, settings: string[]) => {
    const file = join(directory, `${name}.conf`);
    await mkdir(join(directory, name));
    const base = ['bind 127.0.0.1', `dir ${join(directory, name)}`, ...listen(port), ...common];
    await writeFile(file, [...base, ...settings].join('\n'));
    const component = createComponent({
      name,
      command: findExecutable('redis-server', 'valkey-server') ?? 'redis-server',
      args: name === 'sentinel' ? [file, '--sentinel'] : [file],
      env: process.env,
      logFile: join(directory, `${name}.log`),
      ready: async ({ lines }) => {
        await lines.find((line) => usable.test(line) || undefined);
      },
      readyTimeoutMs: 20_000,
      stopTimeoutMs: 5_000,
    });
    started.push(component);
    await component.start();
    return component;
  };
  const [masterPort, replicaPort, sentinelPort] = [await freePort(), await freePort(), await freePort()];
  const access = [
    `requirepass "${PASSWORD}"`,
    `masterauth "${PASSWORD}"`,
    'save ""',
    'repl-diskless-sync-delay 0',
  ];
  const master = await start('master', masterPort, /eady to accept connections/, access);
  // A Sentinel asks a master for its replicas only now and then: this one is to be there at the first time.
  const follow = [...access, `replicaof 127.0.0.1 ${masterPort}`];
  await start('replica', replicaPort, /REPLICA sync: Finished with success/, follow);
  const watch = [
    `requirepass "${SENTINEL_PASSWORD}"`,
    `sentinel monitor main 127.0.0.1 ${masterPort} 1`,
    `sentinel auth-pass main ${PASSWORD}`,
    'sentinel down-after-milliseconds main 1000',
    'sentinel failover-timeout main 5000',
  ];
  await start('sentinel', sentinelPort, /Sentinel ID is/, watch);
  return { master, sentinelPort };
}

/** Makes a certificate that signs itself, and this process trust it as NODE_EXTRA_CA_CERTS does. */
async function tlsSettings(directory: string): Promise<string[]> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'redis' }], {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  });
  const [certFile, keyFile] = [join(directory, 'tls.crt'), join(directory, 'tls.key')];
  await writeFile(certFile, cert);
  await writeFile(keyFile, key);
  setDefaultCACertificates([...trusted, cert]);
  return [
    `tls-cert-file ${certFile}`,
    `tls-key-file ${keyFile}`,
    `tls-ca-cert-file ${certFile}`,
    'tls-auth-clients no',
    'tls-replication yes',
  ];
}
