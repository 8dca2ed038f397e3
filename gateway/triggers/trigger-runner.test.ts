import { pino } from 'pino';
import { beforeEach, expect, it } from 'vitest';
import type { TriggerSpec } from '#crds/wire/trigger-spec.ts';
import { createFakeClock, type FakeClock } from '#kube/testing/fake-clock.ts';
import { Dispatcher } from './dispatcher.ts';
import type { SendSignals } from './sender.ts';
import type { SourceContext, TriggerSource } from './source.ts';
import { TriggerRunner } from './trigger-runner.ts';
import { TriggerState } from './trigger-state.ts';

const spec: TriggerSpec = {
  name: 'orders',
  type: 'test',
  config: {},
  credentials: { password: 'hunter2!' },
  batch: { maxEvents: 1, maxWaitMilliseconds: 0 },
  concurrency: 10,
};

let clock: FakeClock;
let state: TriggerState;
/** What each run of the source does; the last one is repeated. */
let script: ((context: SourceContext) => Promise<void>)[];
let runs: number;
let send: (events: unknown, asBatch: boolean, signals: SendSignals) => Promise<'succeeded'>;
beforeEach(() => {
  clock = createFakeClock();
  state = new TriggerState('shop/hello', 'orders', 'test', () => {});
  runs = 0;
  send = async () => 'succeeded';
});

function start(createSource?: () => Promise<TriggerSource>): TriggerRunner {
  const runner = new TriggerRunner({
    spec,
    state,
    clock,
    random: () => 0,
    log: pino({ level: 'silent' }),
    createSource:
      createSource ??
      (async () => ({
        run: (context) => (script[Math.min(runs++, script.length - 1)] as (typeof script)[0])(context),
      })),
    createDispatcher: () =>
      new Dispatcher({ sender: { send }, clock, maxEvents: 1, maxWaitMs: 0, concurrency: 1, onResult() {} }),
  });
  runner.start();
  return runner;
}

const untilAborted = ({ signal }: SourceContext) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));

async function connectedRun(context: SourceContext): Promise<void> {
  context.connected();
  await untilAborted(context);
}

it('says that it is connected once the source is', async () => {
  const reached = Promise.withResolvers<void>();
  script = [
    async (context) => {
      await reached.promise;
      await connectedRun(context);
    },
  ];
  const runner = start();
  await clock.advance(0);
  expect(state.report()).toMatchObject({ connected: false, reason: 'TriggerConnecting' });
  reached.resolve();
  await clock.advance(0);
  expect(state.report()).toEqual({
    namespace: 'shop',
    function: 'hello',
    trigger: 'orders',
    connected: true,
    reason: 'TriggerConnected',
    message: 'The connection stands and events flow.',
  });
  await runner.stop(0);
});

it('starts the source again for ever, with pauses that grow to a minute', async () => {
  script = [() => Promise.reject(new Error('refused'))];
  const runner = start();
  const startedAt: number[] = [];
  for (let ms = 0, seen = 0; ms < 240_000; ms += 250) {
    await clock.advance(250);
    if (runs > seen) startedAt.push(clock.monotonic());
    seen = runs;
  }
  expect(startedAt.slice(1, 8).map((at, i) => Math.round((at - (startedAt[i] ?? 0)) / 1_000))).toEqual([
    1, 2, 4, 8, 16, 32, 60,
  ]);
  expect(state.report()).toMatchObject({
    connected: false,
    reason: 'TriggerDisconnected',
    message: 'refused',
  });
  await runner.stop(0);
  expect(clock.timers).toBe(0);
});

it('runs the same source again, which may remember something', async () => {
  script = [() => Promise.reject(new Error('lost')), connectedRun];
  let made = 0;
  const runner = start(async () => {
    made += 1;
    return { run: (context) => (script[runs++] as (typeof script)[0])(context) };
  });
  await clock.advance(1_000);
  expect(state.connected).toBe(true);
  expect([made, runs]).toEqual([1, 2]);
  await runner.stop(0);
});

it('forgets earlier failures after a minute of being connected', async () => {
  const lose = async (context: SourceContext) => {
    context.connected();
    await new Promise<void>((resolve) => clock.after(60_000, resolve));
    throw new Error('lost');
  };
  const fail = () => Promise.reject(new Error('refused'));
  script = [fail, fail, fail, fail, lose, connectedRun];
  const runner = start();
  await clock.advance(1_000 + 2_000 + 4_000 + 8_000 + 60_000);
  expect(runs).toBe(5);
  await clock.advance(1_000);
  expect(runs).toBe(6);
  expect(state.connected).toBe(true);
  await runner.stop(0);
});

it('calls a source that ends by itself disconnected', async () => {
  script = [async () => {}];
  const runner = start();
  await clock.advance(0);
  expect(state.report().reason).toBe('TriggerDisconnected');
  await runner.stop(0);
});

it('says what is wrong with settings that no source can be made of', async () => {
  const runner = start(() => Promise.reject(new Error('no such time zone')));
  await clock.advance(0);
  expect(state.report()).toMatchObject({ reason: 'TriggerInvalid', message: 'no such time zone' });
  await runner.stop(0);
});

it('shows no credential', async () => {
  script = [() => Promise.reject(new Error('amqp://me:hunter2!@host and me:hunter2!\nfailed'))];
  const runner = start();
  await clock.advance(0);
  expect(state.message).toBe('amqp://me:***@host and me:*** failed');
  await runner.stop(0);
});

it('stops in good order: what the function takes meanwhile can be acknowledged before the source closes', async () => {
  const call = Promise.withResolvers<'succeeded'>();
  send = () => call.promise;
  const told: string[] = [];
  script = [
    async (context) => {
      const delivered = context.deliver([{ id: '1', type: 't', source: '/s', data: Buffer.alloc(0) }]);
      void delivered.then(() => told.push('acknowledged'));
      await untilAborted(context);
      told.push('closed');
    },
  ];
  const runner = start();
  await clock.advance(0);
  const stopped = runner.stop(5_000);
  await clock.advance(1_000);
  expect(told).toEqual([]);
  call.resolve('succeeded');
  await stopped;
  expect(told).toEqual(['acknowledged', 'closed']);
});

it('lets calls that run end when the connection breaks, for a while, before it connects again', async () => {
  const calls: PromiseWithResolvers<'succeeded'>[] = [];
  send = () => {
    const call = Promise.withResolvers<'succeeded'>();
    calls.push(call);
    return call.promise;
  };
  const told: string[] = [];
  script = [
    async (context) => {
      const delivered = context.deliver([{ id: '1', type: 't', source: '/s', data: Buffer.alloc(0) }]);
      delivered.then(
        () => told.push('taken'),
        (error: Error) => told.push(error.message),
      );
      throw new Error('lost');
    },
    connectedRun,
  ];
  const runner = start();
  await clock.advance(4_000);
  expect(state.report()).toMatchObject({ connected: false, message: 'lost' });
  expect([told, runs]).toEqual([[], 1]);
  calls[0]?.resolve('succeeded');
  await clock.advance(1_000);
  expect([told, runs]).toEqual([['taken'], 2]);
  await runner.stop(0);
});

it('does not wait for them when it stops meanwhile', async () => {
  send = (_, __, { cancel }) =>
    new Promise((_, reject) => cancel.addEventListener('abort', () => reject(new Error('cancelled'))));
  script = [
    async (context) => {
      void context.deliver([{ id: '1', type: 't', source: '/s', data: Buffer.alloc(0) }]);
      throw new Error('lost');
    },
  ];
  const runner = start();
  await clock.advance(0);
  const stopped = runner.stop(0);
  await clock.advance(0);
  await stopped;
  expect(clock.timers).toBe(0);
});

it('is not to be started again after it stopped', async () => {
  script = [connectedRun];
  const runner = start();
  await clock.advance(0);
  await runner.stop(0);
  await clock.advance(120_000);
  expect(runs).toBe(1);
  expect(clock.timers).toBe(0);
});
