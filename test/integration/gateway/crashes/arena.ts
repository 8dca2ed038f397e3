/** Redis, two gateways and two pods, each a process that can be killed at any moment and is then replaced. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { keys } from '#gateway/async/keys.ts';
import { startRedis, type TestRedis } from '#test/harness/redis.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { freePort, NAMESPACE } from '../fixture.ts';
import { forkKnowing, type Knowledge } from '../fork-gateway.ts';
import { CrashingPod } from './pod.ts';

export type Victim = 'gateway' | 'pod' | 'redis';

const NAME = 'busy';
export const FUNCTION_KEY = `${NAMESPACE}/${NAME}`;
const GATEWAYS = 2;
const PODS = 2;
/** A call may be in flight at every one of the kills. */
const SPEC = { scaling: { concurrency: 50, maxReplicas: PODS }, async: { maxAttempts: 20 } };
/** As promised in docs/async.md. */
const TAKEOVER_MS = 15_000;

interface CrashingGateway {
  readonly child: ChildProcess;
  readonly port: number;
  /** As Redis knows it. */
  readonly id: string;
}

export class Arena {
  readonly pods: CrashingPod[];
  readonly client: Redis;
  /** Settle when what killed gateways had in hand was taken over; reject when that takes too long. */
  readonly takeovers: Promise<unknown>[] = [];
  private readonly redis: TestRedis;
  private readonly directory: string;
  private readonly knowledge: Knowledge;
  private readonly gateways: CrashingGateway[] = [];
  private turn = 0;

  private constructor(redis: TestRedis, directory: string, podPort: number) {
    this.redis = redis;
    this.directory = directory;
    this.client = new Redis(redis.url);
    this.client.on('error', () => {});
    this.pods = Array.from({ length: PODS }, () => new CrashingPod(podPort, directory));
    const addresses = this.pods.map(({ address }) => address);
    this.knowledge = { name: NAME, spec: SPEC, podPort, addresses };
  }

  static async start(appendfsync: 'always' | 'everysec'): Promise<Arena> {
    const directory = await mkdtemp(join(tmpdir(), 'catnap-crashes-'));
    const arena = new Arena(await startRedis({ appendfsync }), directory, await freePort());
    try {
      for (const pod of arena.pods) await pod.start();
      for (let i = 0; i < GATEWAYS; i++) await arena.addGateway();
      return arena;
    } catch (error) {
      await arena.stop();
      throw error;
    }
  }

  /** Of a gateway that lives, each in turn. */
  nextPort(): number {
    this.turn += 1;
    return this.gateways[this.turn % this.gateways.length]?.port ?? 0;
  }

  /** Kills one of its kind and starts another. @returns how many calls were in flight there */
  async kill(victim: Victim): Promise<number> {
    if (victim === 'gateway') return this.killGateway();
    if (victim === 'pod') return this.killPod();
    return this.killRedis();
  }

  async stop(): Promise<void> {
    for (const { child } of this.gateways) child.kill('SIGKILL');
    for (const pod of this.pods) await pod.kill();
    this.client.disconnect();
    await this.redis.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  private async killGateway(): Promise<number> {
    const [gateway] = this.gateways.splice(0, 1) as [CrashingGateway];
    const exited = once(gateway.child, 'exit');
    gateway.child.kill('SIGKILL');
    await exited;
    const inFlight = await this.inHand(gateway);
    const takenOver = waitFor(async () => (await this.client.exists(keys.taken(gateway.id))) === 0, {
      timeoutMs: TAKEOVER_MS,
      describe: 'the calls of a killed gateway to be taken over',
    });
    // Looked at in the end.
    takenOver.catch(() => {});
    this.takeovers.push(takenOver);
    await this.addGateway();
    return inFlight;
  }

  private async killPod(): Promise<number> {
    const pod = this.pods.shift() as CrashingPod;
    this.pods.push(pod);
    const inFlight = await pod.kill();
    await pod.start();
    return inFlight;
  }

  private async killRedis(): Promise<number> {
    const counts = await Promise.all(this.gateways.map((gateway) => this.inHand(gateway)));
    await this.redis.kill();
    await this.redis.restart();
    return counts.reduce((sum, count) => sum + count, 0);
  }

  private async addGateway(): Promise<void> {
    const known = await this.client.hkeys(keys.gateways);
    const { child, port } = await forkKnowing(this.knowledge, this.redis.url);
    const id = await waitFor(
      async () => (await this.client.hkeys(keys.gateways)).find((other) => !known.includes(other)),
      { timeoutMs: 15_000, describe: 'a gateway to say in Redis that it lives' },
    );
    this.gateways.push({ child, port, id });
  }

  /** By the books. */
  private inHand({ id }: CrashingGateway): Promise<number> {
    return this.client.scard(keys.taken(id));
  }
}
