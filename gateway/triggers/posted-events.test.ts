import { pino } from 'pino';
import { beforeEach, expect, it } from 'vitest';
import type { TriggerSpec } from '#crds/wire/trigger-spec.ts';
import { createFakeClock, type FakeClock } from '#kube/testing/fake-clock.ts';
import { Dispatcher } from './dispatcher.ts';
import { PostedEvents } from './posted-events.ts';
import { type SendSignals, TriggerStopped } from './sender.ts';

const spec = { name: 'bucket', type: 's3' } as TriggerSpec;
const event = { id: '1', type: 't', source: '/s', data: Buffer.alloc(0) };

let clock: FakeClock;
let digest: string | undefined;
let send: (signals: SendSignals) => Promise<'succeeded'>;
let posted: PostedEvents;
beforeEach(() => {
  clock = createFakeClock();
  digest = 'd1';
  send = async () => 'succeeded';
  posted = new PostedEvents({
    digestOf: () => digest,
    loadSpecs: async (_, of) => (of === 'd1' ? [spec] : []),
    clock,
    log: pino({ level: 'silent' }),
    delivery: {
      dispatcher: () =>
        new Dispatcher({
          clock,
          maxEvents: 1,
          maxWaitMs: 0,
          concurrency: 1,
          onResult() {},
          sender: { send: (_events, _asBatch, signals) => send(signals) },
        }),
    },
  });
});

it('finds a trigger of a function by what the function table names', async () => {
  expect(await posted.find('shop/resize', 'bucket')).toBe(spec);
  expect(await posted.find('shop/resize', 'other')).toBeUndefined();
  digest = undefined;
  expect(await posted.find('shop/resize', 'bucket')).toBeUndefined();
});

it('has delivered when the function took the events', async () => {
  await posted.deliver('shop/resize', spec, [event, event]);
  expect(clock.timers).toBe(0);
});

it('gives up after 25 s, and leaves nothing behind', async () => {
  send = ({ cancel }) =>
    new Promise((_, reject) => {
      cancel.addEventListener('abort', () => reject(new TriggerStopped('cancelled')));
    });
  const delivered = posted.deliver('shop/resize', spec, [event, event]);
  const rejected = expect(delivered).rejects.toThrow(TriggerStopped);
  await clock.advance(25_000);
  await rejected;
  expect(clock.timers).toBe(0);
});
