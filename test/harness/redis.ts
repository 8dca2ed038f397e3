import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGuard } from '#local/up/guard.ts';
import { freePort } from '#local/up/ports.ts';
import { createRedis, type RedisOptions } from '#local/up/redis.ts';

export interface TestRedis {
  readonly url: string;
  readonly port: number;
  /** Of the running server; 0 while it is killed. */
  readonly pid: number;
  /** SIGKILL, as a crash; resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port with the same data; ends it first when it runs. */
  restart(): Promise<void>;
  /** Ends it and removes its directory. */
  stop(): Promise<void>;
}

type Durability = Pick<RedisOptions, 'appendfsync'>;

/** A Redis server of its own, on a free port of 127.0.0.1, with its append-only file in a temporary directory. */
export async function startRedis(durability: Durability = {}): Promise<TestRedis> {
  const directory = await mkdtemp(join(tmpdir(), 'catnap-redis-'));
  try {
    return await launchRedis(directory, durability);
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

async function launchRedis(directory: string, durability: Durability, attempts = 3): Promise<TestRedis> {
  const port = await freePort();
  const redis = createRedis({
    ...durability,
    port,
    dataDir: join(directory, 'data'),
    logFile: join(directory, 'redis.log'),
  });
  try {
    await redis.start();
  } catch (error) {
    // Someone else may have taken the port in between.
    const taken = redis.tail().some((line) => line.includes('Address already in use'));
    if (taken && attempts > 1) return launchRedis(directory, durability, attempts - 1);
    throw error;
  }
  const dismissGuard = startGuard({ path: directory, temporary: true });
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return redis.pid ?? 0;
    },
    kill: () => redis.kill(),
    async restart() {
      await redis.stop();
      await redis.start();
    },
    async stop() {
      await redis.stop();
      dismissGuard();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
