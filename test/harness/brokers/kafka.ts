import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTestAuthority } from '#kube/testing/certificates.ts';
import { createComponent } from '#local/up/component.ts';
import { startGuard } from '#local/up/guard.ts';
import { freePort } from '#local/up/ports.ts';
import { ensureKafka } from './kafka/jars.ts';
import { nodeProperties } from './kafka/settings.ts';

const run = promisify(execFile);

const username = 'catnap';
const password = 'kafka-secret';
const CLUSTER_ID = 'Y2F0bmFwLWthZmthLXRlcw';
/** Starts fast and stays small, at the price of the speed that a test does not need. */
const JAVA = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

export interface TestKafka {
  /** Host and port without TLS and users. */
  readonly plain: string;
  /** With TLS, and SASL PLAIN or SCRAM-SHA-512 for the user. */
  readonly secure: string;
  /** Of the secure listener. */
  readonly credentials: { username: string; password: string; 'ca.crt': string };
  /** SIGKILL, as a crash; resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same ports with the same data. */
  start(): Promise<void>;
  /** Ends it and removes its directory. */
  stop(): Promise<void>;
}

/** A Kafka node of its own on free ports of 127.0.0.1, with its data in a temporary directory. */
export async function startKafka(): Promise<TestKafka> {
  const classPath = await ensureKafka();
  const directory = await mkdtemp(join(tmpdir(), 'catnap-kafka-'));
  const dismissGuard = startGuard({ path: directory, temporary: true });
  const authority = await createTestAuthority();
  const config = join(directory, 'node.properties');
  const [plainPort, securePort, controllerPort] = [await freePort(), await freePort(), await freePort()];
  const node = createComponent({
    name: 'kafka',
    command: 'java',
    args: [...JAVA, '-Dorg.slf4j.simpleLogger.defaultLogLevel=info', '-cp', classPath, 'kafka.Kafka', config],
    env: process.env,
    cwd: directory,
    logFile: join(directory, 'kafka.log'),
    pidFile: join(directory, 'kafka.pid'),
    ready: async ({ lines }) => {
      await lines.find((line) => line.includes('Kafka Server started') || undefined);
    },
    readyTimeoutMs: 60_000,
    stopTimeoutMs: 2_000,
  });
  const stop = async () => {
    await node.stop();
    dismissGuard();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const server = await authority.serverPair();
    const ports = { plainPort, securePort, controllerPort };
    const dataDir = join(directory, 'data');
    await writeFile(config, nodeProperties({ ...ports, dataDir, server, username, password }));
    await format(classPath, config);
    await node.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    plain: `127.0.0.1:${plainPort}`,
    secure: `127.0.0.1:${securePort}`,
    credentials: { username, password, 'ca.crt': authority.cert },
    kill: () => node.kill(),
    start: () => node.start(),
    stop,
  };
}

/** Writes what a data directory must hold before the first start, with the user for SCRAM. */
async function format(classPath: string, config: string): Promise<void> {
  const user = `SCRAM-SHA-512=[name=${username},password=${password}]`;
  const args = ['format', '--cluster-id', CLUSTER_ID, '--config', config, '--add-scram', user];
  await run('java', [...JAVA, '-cp', classPath, 'kafka.tools.StorageTool', ...args], { timeout: 60_000 });
}
