import { beforeEach, expect, it } from 'vitest';
import { createFakeClock, type FakeClock } from '#kube/testing/fake-clock.ts';
import { Dispatcher } from './dispatcher.ts';
import { type SendSignals, TriggerStopped } from './sender.ts';
import type { TriggerEvent } from './source.ts';

let clock: FakeClock;
/** Calls that run, in the order in which they began, each with the ids of its events. */
let calls: { ids: string; signals: SendSignals; end: (error?: Error) => void }[];
let counted: number;
beforeEach(() => {
  clock = createFakeClock();
  calls = [];
  counted = 0;
});

function create({ maxEvents = 1, maxWaitMs = 200, concurrency = 10 } = {}): Dispatcher {
  return new Dispatcher({
    clock,
    maxEvents,
    maxWaitMs,
    concurrency,
    onResult: (_, events) => {
      counted += events;
    },
    sender: {
      send: (events, _, signals) =>
        new Promise((resolve, reject) => {
          const end = (error?: Error) => (error ? reject(error) : resolve('succeeded'));
          signals.cancel.addEventListener('abort', () => reject(new TriggerStopped('cancelled')));
          calls.push({ ids: events.map(({ id }) => id).join(), signals, end });
        }),
    },
  });
}

const event = (id: string, key?: string, bytes = 1): TriggerEvent => ({
  id,
  type: 't',
  source: '/s',
  data: Buffer.alloc(bytes),
  ...(key && { key }),
});
const begun = () => calls.map(({ ids }) => ids);
const settle = () => clock.advance(0);

/** How a promise stands, without waiting for it. */
async function stateOf(promise: Promise<unknown>): Promise<string> {
  const pending = Symbol('pending');
  await settle();
  return Promise.race([promise, Promise.resolve(pending)]).then(
    (value) => (value === pending ? 'pending' : 'resolved'),
    (error: Error) => error.name,
  );
}

it('calls with one event each, as many at once as allowed, and tells when all are done', async () => {
  const dispatcher = create({ concurrency: 2 });
  const delivered = dispatcher.deliver([event('1'), event('2'), event('3')]);
  expect(begun()).toEqual(['1', '2']);
  calls[1]?.end();
  await settle();
  expect(begun()).toEqual(['1', '2', '3']);
  calls[0]?.end();
  expect(await stateOf(delivered)).toBe('pending');
  calls[2]?.end();
  expect(await stateOf(delivered)).toBe('resolved');
  expect(counted).toBe(3);
});

it('keeps events of a key in order, one call after the other, past others', async () => {
  const dispatcher = create();
  void dispatcher.deliver([event('a1', 'a'), event('a2', 'a'), event('b1', 'b'), event('x')]);
  void dispatcher.deliver([event('a3', 'a'), event('b2', 'b')]);
  expect(begun()).toEqual(['a1', 'b1', 'x']);
  calls[0]?.end();
  await settle();
  expect(begun()).toEqual(['a1', 'b1', 'x', 'a2']);
  calls[1]?.end();
  calls[3]?.end();
  await settle();
  expect(begun().slice(4).sort()).toEqual(['a3', 'b2']);
});

it('fills batches, with events of the same key in order, and waits a while for more', async () => {
  const dispatcher = create({ maxEvents: 3 });
  void dispatcher.deliver([event('1', 'a'), event('2', 'a')]);
  expect(begun()).toEqual([]);
  await clock.advance(150);
  void dispatcher.deliver([event('3', 'b'), event('4', 'a')]);
  expect(begun()).toEqual(['1,2,3']);
  calls[0]?.end();
  await clock.advance(199);
  expect(begun()).toEqual(['1,2,3']);
  await clock.advance(1);
  expect(begun()).toEqual(['1,2,3', '4']);
  expect(clock.timers).toBe(0);
});

it('makes no batch larger than a mebibyte, but for a single event', async () => {
  const dispatcher = create({ maxEvents: 10 });
  const half = 600 * 1024;
  void dispatcher.deliver([event('1', undefined, half), event('2', undefined, half)]);
  expect(begun()).toEqual(['1']);
  void dispatcher.deliver([event('3', undefined, 3 * 1024 * 1024)]);
  await clock.advance(200);
  expect(begun()).toEqual(['1', '2', '3']);
});

it('lets calls that run come to their end when it closes, and gives back the rest', async () => {
  const dispatcher = create({ concurrency: 1 });
  const first = dispatcher.deliver([event('1')]);
  const second = dispatcher.deliver([event('2')]);
  const closed = dispatcher.close(5_000);
  expect(await stateOf(second)).toBe('TriggerStopped');
  calls[0]?.end();
  expect(await stateOf(first)).toBe('resolved');
  expect(await stateOf(closed)).toBe('resolved');
  await expect(dispatcher.deliver([event('3')])).rejects.toThrow(TriggerStopped);
  expect(begun()).toEqual(['1']);
});

it('breaks off calls that outlast its patience', async () => {
  const dispatcher = create();
  const delivered = dispatcher.deliver([event('1')]);
  const closed = dispatcher.close(5_000);
  await clock.advance(4_999);
  expect(await stateOf(closed)).toBe('pending');
  await clock.advance(1);
  expect(await stateOf(delivered)).toBe('TriggerStopped');
  expect(await stateOf(closed)).toBe('resolved');
});

it('fails a delivery of which one event could not be delivered', async () => {
  const dispatcher = create();
  const delivered = dispatcher.deliver([event('1'), event('2')]);
  calls[0]?.end();
  calls[1]?.end(new Error('no'));
  await expect(delivered).rejects.toThrow('no');
  expect(counted).toBe(1);
});
