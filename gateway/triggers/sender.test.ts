import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import type { NewDeadLetter } from '#gateway/async/dead-letters.ts';
import { type Failure, failure, type ProblemCode } from '#gateway/errors.ts';
import { FunctionState } from '#gateway/functions/function-state.ts';
import type { Limits } from '#gateway/functions/limits.ts';
import type { Exchange } from '#gateway/invoke/exchange.ts';
import { createFakeClock, type FakeClock } from '#kube/testing/fake-clock.ts';
import { Sender, type SendResult, TriggerStopped } from './sender.ts';

type Answer = number | [number, Record<string, string>] | ProblemCode | 'hang';

const limits = { async: { maxAttempts: 3, backoffMs: 1_000, maxBackoffMs: 3_600_000 } } as Limits;
let clock: FakeClock;
let fn: FunctionState | undefined;
let answers: Answer[];
let calls: { exchange: Exchange; cancelled: boolean }[];
let buried: NewDeadLetter[];
let sinkFailures: number;
let owned: boolean;
let retried: number;
let closing: AbortController;
let cancel: AbortController;

beforeEach(() => {
  clock = createFakeClock();
  fn = new FunctionState('shop/hello', limits, undefined);
  answers = [];
  calls = [];
  buried = [];
  sinkFailures = 0;
  owned = true;
  retried = 0;
  closing = new AbortController();
  cancel = new AbortController();
});

function answer(exchange: Exchange): void {
  const next = answers.shift() ?? 200;
  if (next === 'hang') return;
  if (typeof next === 'string') {
    exchange.fail(failure(next, `because of ${next}`) as Failure);
    return;
  }
  const [status, headers] = typeof next === 'number' ? [next, {}] : next;
  exchange.head(status, headers);
  exchange.end({});
}

function send(): Promise<SendResult> {
  const sender = new Sender({
    functionKey: 'shop/hello',
    clock,
    log: pino({ level: 'silent' }),
    invoker: {
      table: { get: () => fn } as never,
      call: (_, exchange) => {
        const call = { exchange, cancelled: false };
        calls.push(call);
        return {
          start: () => answer(exchange),
          cancel: () => {
            call.cancelled = true;
          },
        } as never;
      },
    },
    deadLetters: {
      add: async (entry) => {
        if (sinkFailures-- > 0) throw new Error('Redis is away');
        buried.push(entry);
        return 'd1';
      },
    },
    owned: () => owned,
    onRetry: (events) => {
      retried += events;
    },
  });
  const event = { id: '1', type: 'a.b', source: '/s', contentType: 'text/plain', data: Buffer.from('hi') };
  return sender.send([event], false, { closing: closing.signal, cancel: cancel.signal });
}

/** Names and values of a call's headers. */
const headersOf = ({ exchange }: { exchange: Exchange }) => {
  const pairs = exchange.headers.flatMap((name, i) => (i % 2 === 0 ? [[name, exchange.headers[i + 1]]] : []));
  return Object.fromEntries(pairs);
};

it('posts the event to / as a CloudEvent in binary mode', async () => {
  expect(await send()).toBe('succeeded');
  const [call] = calls;
  if (call === undefined) throw new Error('no call');
  expect(call.exchange).toMatchObject({ method: 'POST', path: '/' });
  expect(call.exchange.body()).toEqual(Buffer.from('hi'));
  expect(headersOf(call)).toMatchObject({
    'content-type': 'text/plain',
    'ce-specversion': '1.0',
    'ce-id': '1',
    'ce-type': 'a.b',
    'ce-source': '/s',
    'x-catnap-attempt': '1',
  });
});

it('sends again what failed, with pauses that grow, as the same request', async () => {
  answers = [500, 'PodFailed', 204];
  const result = send();
  // Between half and all of a second, then of two.
  await clock.advance(499);
  expect(calls).toHaveLength(1);
  await clock.advance(501);
  expect(calls).toHaveLength(2);
  await clock.advance(2_000);
  expect(await result).toBe('succeeded');
  const [first, , third] = calls.map(headersOf);
  expect(third?.['x-catnap-attempt']).toBe('3');
  expect(third?.['x-request-id']).toBe(first?.['x-request-id']);
  expect(retried).toBe(2);
  expect(buried).toEqual([]);
});

it('waits as long as the function asks for', async () => {
  answers = [[503, { 'retry-after': '20' }], 200];
  const result = send();
  await clock.advance(19_000);
  expect(calls).toHaveLength(1);
  await clock.advance(1_000);
  expect(await result).toBe('succeeded');
});

describe('puts the event among the dead letters', () => {
  it('when its attempts are used up', async () => {
    answers = [500, 500, [500, { 'x-catnap-error': 'HandlerError' }]];
    const result = send();
    await clock.advance(10_000);
    expect(await result).toBe('dead_lettered');
    expect(buried).toEqual([
      expect.objectContaining({
        functionKey: 'shop/hello',
        attempts: 3,
        reason: 'HandlerError',
        detail: 'The function answered with status 500.',
        body: Buffer.from('hi'),
      }),
    ]);
  });

  it.each([404, 302, 501])('at once when the function answers %i', async (status) => {
    answers = [status];
    expect(await send()).toBe('dead_lettered');
    expect(buried[0]).toMatchObject({ attempts: 1, reason: 'FunctionError' });
  });

  it('as soon as these can be kept', async () => {
    answers = [400];
    sinkFailures = 2;
    const result = send();
    await clock.advance(5_000);
    expect(await result).toBe('dead_lettered');
    expect(buried).toHaveLength(1);
    expect(calls).toHaveLength(1);
  });
});

it.each<ProblemCode>(['FunctionNotFound', 'LoadFailed', 'StartFailed', 'QueueFull', 'QueueTimeout'])(
  'waits without counting while calls end with %s',
  async (code) => {
    answers = [...Array<Answer>(10).fill(code), 200];
    const result = send();
    await clock.advance(600_000);
    expect(await result).toBe('succeeded');
    expect(calls).toHaveLength(11);
    expect(calls.map(headersOf).at(-1)?.['x-catnap-attempt']).toBe('1');
  },
);

it('waits for a function that does not exist', async () => {
  const known = fn;
  fn = undefined;
  const result = send();
  await clock.advance(100_000);
  expect(calls).toHaveLength(0);
  fn = known;
  await clock.advance(30_000);
  expect(await result).toBe('succeeded');
});

describe('when the trigger stops', () => {
  it('calls no more', async () => {
    answers = [500];
    const result = send();
    closing.abort();
    await expect(result).rejects.toThrow(TriggerStopped);
    expect(calls).toHaveLength(1);
  });

  it('calls no more once another gateway may own it', async () => {
    answers = [500];
    const result = send();
    owned = false;
    const rejected = expect(result).rejects.toThrow(TriggerStopped);
    await clock.advance(5_000);
    await rejected;
    expect(calls).toHaveLength(1);
  });

  it('lets a call end that runs, and breaks it off only when told', async () => {
    answers = ['hang'];
    const result = send();
    closing.abort();
    await clock.advance(0);
    expect(calls[0]?.cancelled).toBe(false);
    cancel.abort();
    await expect(result).rejects.toThrow(TriggerStopped);
    expect(calls[0]?.cancelled).toBe(true);
  });
});
