/** A Redis (or Valkey) server of our own: loopback only, append-only file on, its own port and directory. */
import { mkdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Component, createComponent } from './component.ts';
import { findExecutable } from './executable.ts';
import { exchange } from './ports.ts';

export interface RedisOptions {
  port: number;
  /** Holds the append-only file; kept over restarts. */
  dataDir: string;
  logFile: string;
  pidFile?: string;
  /** When what was written goes to the disk. Always unless told otherwise: it then survives a power cut too. */
  appendfsync?: 'always' | 'everysec';
}

export function createRedis(options: RedisOptions): Component {
  const { port, dataDir, logFile, pidFile, appendfsync = 'always' } = options;
  mkdirSync(dataDir, { recursive: true });
  return createComponent({
    name: 'redis',
    command: findRedisServer(),
    args: redisArguments(port, dataDir, appendfsync),
    env: process.env,
    logFile,
    pidFile,
    ready: ({ signal }) => answersPing(port, signal),
    readyTimeoutMs: 20_000,
    stopTimeoutMs: 10_000,
  });
}

function redisArguments(port: number, dataDir: string, appendfsync: string): string[] {
  const settings: Record<string, string> = {
    port: String(port),
    bind: '127.0.0.1',
    dir: dataDir,
    appendonly: 'yes',
    appendfsync,
    save: '',
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

/** Path of redis-server or valkey-server. Throws with the remedy when neither is installed. */
function findRedisServer(): string {
  const found = findExecutable('redis-server', 'valkey-server');
  if (!found) throw new Error('neither redis-server nor valkey-server is on the PATH; install one of them');
  return found;
}

async function answersPing(port: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    // -LOADING while the append-only file is read.
    const answer = await exchange(port, 'PING\r\n', 500).catch(() => '');
    if (answer.startsWith('+PONG')) return;
    await delay(10, undefined, { signal });
  }
}
