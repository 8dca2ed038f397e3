/** The images hold bundled files and no packages: whatever is missing shows here. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { claimPublicKey } from '#crds/wire/claim.ts';
import { buildPart, bundle } from '#runtime/build.ts';
import { startRedis, type TestRedis } from '#test/harness/redis.ts';
import { waitFor } from '#test/harness/wait-for.ts';

const repository = join(import.meta.dirname, '../../..');
const directory = mkdtempSync(join(tmpdir(), 'catnap-bundles-'));
const children: ChildProcess[] = [];
let redis: TestRedis;

beforeAll(async () => {
  redis = await startRedis();
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    const closed = new Promise((resolve) => child.on('close', resolve));
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await closed;
  }
});
afterAll(async () => {
  await redis.stop();
  rmSync(directory, { recursive: true });
});

/** A cluster that does not answer: starting must not depend on it. */
const KUBECONFIG = `apiVersion: v1
kind: Config
clusters: [{ name: c, cluster: { server: 'http://127.0.0.1:1' } }]
users: [{ name: u, user: { token: t } }]
contexts: [{ name: x, context: { cluster: c, user: u } }]
current-context: x
`;

function run(file: string, env: Record<string, string> = {}): () => string {
  writeFileSync(join(directory, 'kubeconfig'), KUBECONFIG);
  const child = spawn(process.execPath, [file], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      KUBECONFIG: join(directory, 'kubeconfig'),
      CATNAP_REDIS_URL: redis.url,
      CATNAP_NAMESPACE: 'catnap-system',
      CATNAP_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
      CATNAP_GATEWAY_HOST: '127.0.0.1',
      CATNAP_GATEWAY_PORT: '0',
      CATNAP_CONTROL_HOST: '127.0.0.1',
      CATNAP_CONTROL_PORT: '0',
      CATNAP_ANNOUNCE_PORT: '0',
      CATNAP_OPERATOR_HOST: '127.0.0.1',
      CATNAP_OPERATOR_PORT: '0',
      ...env,
    },
  });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  return () => output;
}

async function expectOutput(output: () => string, text: string): Promise<void> {
  await waitFor(() => output().includes(text), { describe: text, timeoutMs: 15_000 }).catch((error) => {
    throw new Error(`${error.message}\n${output()}`);
  });
}

it.each(['operator', 'gateway'])('the %s starts from its bundle', async (part) => {
  const file = join(directory, `${part}.mjs`);
  await bundle(join(repository, part, 'main.ts'), file);
  const output = run(file);
  await expectOutput(output, '"msg":"listening"');
  expect(output()).not.toMatch(/Dynamic require|Cannot find (module|package)|ERR_MODULE_NOT_FOUND/);
  expect(readFileSync(join(directory, 'NOTICES.txt'), 'utf8')).toMatch(/^ioredis /m);
});

it('a warm pod of the language runtime waits for a claim', async () => {
  const outDir = join(directory, 'nodejs26');
  await buildPart('nodejs26', outDir);
  const launchDir = join(directory, 'launch');
  mkdirSync(launchDir);
  const output = run(join(outDir, 'main.mjs'), {
    HOST: '127.0.0.1',
    CATNAP_CLAIM_PORT: '0',
    CATNAP_CLAIM_KEY: claimPublicKey(Buffer.alloc(32, 7)),
    CATNAP_POOL: 'tests/~small',
    CATNAP_POD_UID: 'uid',
    CATNAP_LAUNCH_DIR: launchDir,
  });
  await expectOutput(output, '"msg":"waiting for a claim"');
});

it('a bundled queue works: its scripts are in the file', async () => {
  const source = join(directory, 'queue.ts');
  // Beside the repository's packages at build time only.
  writeFileSync(
    source,
    `import { Queue, Worker } from 'bullmq';
     import { Redis } from 'ioredis';
     const connect = () => new Redis(process.env.CATNAP_REDIS_URL ?? '', { maxRetriesPerRequest: null });
     const queue = new Queue('bundle', { connection: connect() });
     new Worker('bundle', async (job) => { if (job.attemptsMade === 0) throw new Error('once'); return job.data.n + 1; }, { connection: connect() })
       .on('completed', (_, result) => process.stdout.write('completed ' + result + '\\n'));
     await queue.add('n', { n: 41 }, { attempts: 2, backoff: { type: 'fixed', delay: 10 } });`,
  );
  const file = join(directory, 'queue.mjs');
  await bundle(source, file, { nodePaths: [join(repository, 'node_modules')] });
  await expectOutput(run(file), 'completed 42');
});

it.each(['kafka', 'rabbitmq', 'redisStream'])(
  'the source of %s triggers works from one file',
  async (name) => {
    const source = join(directory, `${name}.ts`);
    const creator = `create${name.charAt(0).toUpperCase()}${name.slice(1)}Source`;
    const sources = join(repository, 'gateway/triggers/sources');
    writeFileSync(
      source,
      `import { ${creator} as create } from ${JSON.stringify(join(sources, `${name}.ts`))};
     const config = { brokers: ['127.0.0.1:1'], topics: ['t'], address: 'amqp://127.0.0.1:1', queue: 'q', stream: 's' };
     const context = { signal: new AbortController().signal, connected() {}, lag() {}, deliver: async () => {} };
     await create({ functionKey: 'a/b', name: 'c', config, credentials: {} }).run(context)
       .catch((error) => process.stdout.write(error.message + '\\n'));`,
    );
    const file = join(directory, `${name}.mjs`);
    await bundle(source, file, { nodePaths: [join(repository, 'node_modules')] });
    await expectOutput(run(file), 'nothing listens there');
  },
);
