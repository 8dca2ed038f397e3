/** With hosts that are scripted HTTP servers: what a real one answers is tested with the runtime. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterEach, expect, it } from 'vitest';
import { claimSigningKey } from '#crds/wire/claim.ts';
import { FunctionState } from '#gateway/functions/function-state.ts';
import type { Limits } from '#gateway/functions/limits.ts';
import { CallQueue } from '#gateway/invoke/call-queue.ts';
import type { Isolate } from '#gateway/pods/isolate.ts';
import { Pod } from '#gateway/pods/pod.ts';
import { waitFor } from '#local/up/wait-for.ts';
import { Placer } from './placer.ts';

const POOL = 'shop/~hosts';
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

interface Answer {
  status: number;
  body?: object;
  /** Never. */
  late?: true;
}

/** Hosts on loopback addresses of their own, all with the claim port of the first. */
class World {
  readonly hosts: Pod[] = [];
  readonly asked: string[] = [];
  readonly isolates: Isolate[] = [];
  readonly exhausted: FunctionState[] = [];
  readonly failures: string[] = [];
  revision = 'r1';
  connections = 0;
  specs = 0;
  nowMs = 0;
  private port = 0;

  async host(name: string, answer: () => Answer): Promise<Pod> {
    const address = `127.77.0.${this.hosts.length + 1}`;
    const server = createServer((request, response) => {
      this.asked.push(name);
      request.resume().on('end', () => {
        const { status, body = {}, late } = answer();
        if (!late) response.writeHead(status).end(JSON.stringify(body));
      });
    });
    server.on('connection', () => {
      this.connections += 1;
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(this.port, address, resolve));
    this.port = (server.address() as AddressInfo).port;
    const view = { uid: name, name, ownerKey: POOL, warm: true, gated: false, address, ready: true };
    const host = new Pod({ ...view, leaving: false, loadFailure: undefined }, 8080, 0);
    this.hosts.push(host);
    return host;
  }

  placer(): Placer {
    return new Placer({
      table: {
        warmPods: () => this.hosts,
        addIsolate: (isolate) => void this.isolates.push(isolate),
      },
      specs: {
        get: async () => {
          this.specs += 1;
          return { body: Buffer.from('{}'), sha256: '00', revision: this.revision };
        },
      },
      signingKey: claimSigningKey(Buffer.alloc(32, 1)),
      now: () => this.nowMs,
      log: pino({ level: 'silent' }),
      claimPort: this.port,
      onExhausted: (fn) => void this.exhausted.push(fn),
      onLoadFailed: (_, message) => void this.failures.push(message),
      onOutcome: () => {},
    });
  }
}

function waiting(name = 'hello'): FunctionState {
  const fn = new FunctionState(`shop/${name}`, { concurrency: 10, maxReplicas: 20 } as Limits, undefined);
  fn.launch = { poolKey: POOL, digest: '0', shared: true };
  fn.queue = new CallQueue();
  fn.queue.push({ place: undefined, run() {}, refuse() {} }, 0);
  return fn;
}

const launchOf = (fn: FunctionState) => fn.launch as NonNullable<FunctionState['launch']>;
const serves =
  (port = 10_001) =>
  () => ({ status: 200, body: { loadMs: 2, port } });
const until = (condition: () => boolean, describe: string) =>
  waitFor(condition, { timeoutMs: 5_000, describe });

it('asks one host, and has the calls go to the port that it names', async () => {
  const world = new World();
  await world.host('a', serves());
  await world.host('b', serves());
  const placer = world.placer();
  const fn = waiting();
  expect(placer.place(fn, launchOf(fn))).toBe(true);
  // While that is under way, nobody is asked again.
  expect(placer.place(fn, launchOf(fn))).toBe(true);
  await until(() => world.isolates.length > 0, 'an isolate');
  expect(world.asked).toHaveLength(1);
  expect(world.isolates[0]).toMatchObject({
    port: 10_001,
    functionKey: 'shop/hello',
    revision: 'r1',
    state: 'up',
  });
  expect(world.isolates[0]?.claim).toMatchObject({ start: 'isolate', loadMs: 2 });
});

it('asks the same host first each time', async () => {
  const world = new World();
  for (const name of ['a', 'b', 'c']) await world.host(name, serves());
  for (let i = 0; i < 3; i++) {
    const fn = waiting();
    world.placer().place(fn, launchOf(fn));
    await until(() => world.isolates.length === i + 1, 'an isolate');
  }
  expect(new Set(world.asked).size).toBe(1);
});

it('goes on to another when a host is full, leaves that alone for a while, and then has the function start a pod', async () => {
  const world = new World();
  const answers: Answer[] = [{ status: 429 }, { status: 200, body: { loadMs: 1, port: 10_002 } }];
  const next = () => answers.shift() ?? { status: 429 };
  await world.host('a', next);
  await world.host('b', next);
  const placer = world.placer();
  const fn = waiting();
  placer.place(fn, launchOf(fn));
  await until(() => world.isolates.length === 1, 'an isolate');
  expect(new Set(world.asked).size).toBe(2);
  expect(world.hosts.filter(({ pausedUntil }) => pausedUntil > 0)).toHaveLength(1);

  const other = waiting('other');
  placer.place(other, launchOf(other));
  await until(() => world.exhausted.includes(other), 'the function to need a pod of its own');
  expect(placer.place(other, launchOf(other))).toBe(false);
  // As soon as there is a host again it is asked.
  world.nowMs = 1_000;
  answers.push({ status: 200, body: { loadMs: 1, port: 10_003 } });
  placer.poolChanged(POOL);
  await until(() => world.isolates.length === 2, 'an isolate of the other');
});

it('tells callers of code that does not load, and asks no other host', async () => {
  const world = new World();
  const bad = () => ({ status: 422, body: { reason: 'LoadFailed', message: 'no such file' } });
  await world.host('a', bad);
  await world.host('b', bad);
  const fn = waiting();
  world.placer().place(fn, launchOf(fn));
  await until(() => world.failures.length > 0, 'the failure');
  expect(world.failures).toEqual(['no such file']);
  expect(world.asked).toHaveLength(1);
});

it('replaces a revision that is loaded, and only then takes the old one out of service', async () => {
  const world = new World();
  await world.host('a', serves());
  const placer = world.placer();
  const fn = waiting();
  placer.place(fn, launchOf(fn));
  await until(() => world.isolates.length === 1, 'an isolate');
  fn.pods = world.isolates;
  // Nothing changes for the same revision, such as when only a Secret did.
  await placer.renew(fn);
  expect([world.asked.length, world.isolates[0]?.state]).toEqual([1, 'up']);
  world.revision = 'r2';
  await placer.renew(fn);
  expect(world.isolates.map(({ revision, state }) => [revision, state])).toEqual([
    ['r1', 'leaving'],
    ['r2', 'up'],
  ]);
});

it('keeps the connection to a host for the next claim', async () => {
  const world = new World();
  await world.host('a', serves());
  const placer = world.placer();
  for (const [i, fn] of [waiting('first'), waiting('second'), waiting('third')].entries()) {
    placer.place(fn, launchOf(fn));
    await until(() => world.isolates.length === i + 1, 'an isolate');
  }
  expect(world.connections).toBe(1);
});

it('does not wait for a host to which a kept connection leads no more', async () => {
  const world = new World();
  const answers = [
    serves(),
    (): Answer => {
      // The connection stays, and nobody answers on it; no other can be made.
      servers[0]?.close();
      return { status: 0, late: true };
    },
  ];
  const host = await world.host('a', () => answers.shift()?.() ?? { status: 500 });
  const placer = world.placer();
  const [first, second] = [waiting('first'), waiting('second')];
  placer.place(first, launchOf(first));
  await until(() => world.isolates.length === 1, 'an isolate');
  placer.place(second, launchOf(second));
  await until(() => world.exhausted.includes(second), 'the function to need a pod of its own');
  expect(world.asked).toEqual(['a', 'a']);
  expect(host.pausedUntil).toBeGreaterThan(0);
});
