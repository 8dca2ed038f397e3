/** A MinIO server of its own that posts the notifications of its buckets to one address. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { AwsClient } from 'aws4fetch';
import { type Component, createComponent } from '#local/up/component.ts';
import { findExecutable } from '#local/up/executable.ts';
import { startGuard } from '#local/up/guard.ts';
import { freePort } from '#local/up/ports.ts';
import { waitFor } from '../wait-for.ts';

const run = promisify(execFile);
/** The last one of the repository, which is archived. */
const VERSION = 'v0.0.0-20260212201848-7aac2a2c5b7c';
const BINARY = fileURLToPath(
  new URL(`../../../node_modules/.cache/catnap/minio/minio-${VERSION}`, import.meta.url),
);
const BUILD_MS = 15 * 60_000;
const TARGET_MS = 20_000;
const USER = { accessKeyId: 'catnap', secretAccessKey: 'catnap-secret' };
/** MinIO's name for the webhook with the id in the variables below. */
const WEBHOOK = 'arn:minio:sqs::CATNAP:webhook';

/** One sentence on why there can be no MinIO here, with the remedy; undefined when there can. */
export function minioPrerequisite(): string | undefined {
  if (existsSync(BINARY) || findExecutable('go')) return undefined;
  return 'MinIO is compiled from its Go module, and there is no "go" on the PATH: install Go 1.24 or later';
}

/** Compiles it unless that was done before: 3 minutes on 2 cores. */
export async function ensureMinio(): Promise<void> {
  if (existsSync(BINARY)) return;
  const directory = dirname(BINARY);
  await mkdir(directory, { recursive: true });
  const work = await mkdtemp(join(directory, 'build-'));
  try {
    await run('go', ['install', '-ldflags=-s -w', `github.com/minio/minio@${VERSION}`], {
      cwd: work,
      env: { ...process.env, GOBIN: work, GOFLAGS: '', GOWORK: 'off' },
      timeout: BUILD_MS,
      maxBuffer: 64 * 1024 * 1024,
    });
    await rename(join(work, 'minio'), BINARY);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

export interface TestMinio {
  createBucket(name: string): Promise<void>;
  put(bucket: string, key: string, body: string): Promise<void>;
  remove(bucket: string, key: string): Promise<void>;
  /** SIGKILL, as a crash; resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port with the same data. */
  start(): Promise<void>;
  /** Ends it and removes its directory. */
  stop(): Promise<void>;
}

/** @param webhook where notifications are posted, with which bearer token; kept on disk until they are accepted */
export async function startMinio(webhook: { url: string; token: string }): Promise<TestMinio> {
  const directory = await mkdtemp(join(tmpdir(), 'catnap-minio-'));
  const port = await freePort();
  const server = createServer(directory, port, webhook);
  try {
    await server.start();
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
  const dismissGuard = startGuard({ path: directory, temporary: true });
  const aws = new AwsClient({ ...USER, service: 's3', region: 'us-east-1', retries: 0 });
  const ask = async (method: string, path: string, body?: string) => {
    const response = await aws.fetch(`http://127.0.0.1:${port}/${path}`, { method, body });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  };
  const pathOf = (bucket: string, key: string) =>
    `${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
  return {
    async createBucket(name) {
      await ask('PUT', name);
      // It is ready some time before it has made out where to post to.
      await waitFor(() => ask('PUT', `${name}?notification=`, notificationSettings()).then(() => true), {
        timeoutMs: TARGET_MS,
        describe: 'MinIO to know the webhook',
      });
    },
    put: (bucket, key, body) => ask('PUT', pathOf(bucket, key), body),
    remove: (bucket, key) => ask('DELETE', pathOf(bucket, key)),
    kill: () => server.kill(),
    start: () => server.start(),
    async stop() {
      await server.stop();
      dismissGuard();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function createServer(directory: string, port: number, webhook: { url: string; token: string }): Component {
  const address = `127.0.0.1:${port}`;
  return createComponent({
    name: 'minio',
    command: BINARY,
    args: [
      'server',
      '--quiet',
      '--address',
      address,
      '--console-address',
      '127.0.0.1:0',
      join(directory, 'data'),
    ],
    env: {
      PATH: process.env.PATH,
      HOME: directory,
      MINIO_ROOT_USER: USER.accessKeyId,
      MINIO_ROOT_PASSWORD: USER.secretAccessKey,
      MINIO_BROWSER: 'off',
      MINIO_UPDATE: 'off',
      MINIO_NOTIFY_WEBHOOK_ENABLE_CATNAP: 'on',
      MINIO_NOTIFY_WEBHOOK_ENDPOINT_CATNAP: webhook.url,
      MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN_CATNAP: webhook.token,
      MINIO_NOTIFY_WEBHOOK_QUEUE_DIR_CATNAP: join(directory, 'queue'),
    },
    logFile: join(directory, 'minio.log'),
    pidFile: join(directory, 'minio.pid'),
    ready: async ({ signal }) => {
      while (!signal.aborted) {
        const answer = await fetch(`http://${address}/minio/health/ready`).catch(() => undefined);
        await answer?.body?.cancel();
        if (answer?.ok) return;
        await delay(50, undefined, { signal });
      }
    },
    readyTimeoutMs: 30_000,
    stopTimeoutMs: 5_000,
  });
}

function notificationSettings(): string {
  const events = ['s3:ObjectCreated:*', 's3:ObjectRemoved:*']
    .map((name) => `<Event>${name}</Event>`)
    .join('');
  return `<NotificationConfiguration><QueueConfiguration><Queue>${WEBHOOK}</Queue>${events}</QueueConfiguration></NotificationConfiguration>`;
}
