import { EventEmitter } from 'node:events';
import type { Redis } from 'ioredis';
import { beforeEach, expect, it } from 'vitest';
import { createFakeClock, type FakeClock } from '#kube/testing/fake-clock.ts';
import { OtherQueues } from './invoke/other-queues.ts';
import { QueueNotices } from './queue-notices.ts';

const KEY = 'shop/hello';
const NONE = { waiting: 0, gateways: 0 };

/** What Redis passes on to all who listen. */
let redis: EventEmitter & { status: string };
let messages: string[];
let clock: FakeClock;
beforeEach(() => {
  redis = Object.assign(new EventEmitter(), { status: 'ready' });
  messages = [];
  clock = createFakeClock();
});

function gateway(gatewayId: string) {
  const waiting: Record<string, number> = {};
  const others = new OtherQueues();
  const connection = {
    get status() {
      return redis.status;
    },
    async publish(channel: string, message: string) {
      messages.push(message);
      redis.emit('message', channel, message);
    },
    async subscribe() {},
    on: redis.on.bind(redis),
  } as unknown as Redis;
  const options = { gatewayId, redis: connection, notices: connection, others, clock };
  const notices = new QueueNotices({ ...options, loads: { waiting: () => ({ ...waiting }) } });
  notices.start();
  return { waiting, others, notices };
}

it('gateways know of each other within 100 ms how many calls wait there', async () => {
  const [a, b] = [gateway('a'), gateway('b')];
  a.waiting[KEY] = 3;
  await clock.advance(100);
  expect(b.others.of(KEY)).toEqual({ waiting: 3, gateways: 1 });
  expect(a.others.of(KEY)).toEqual(NONE);
  delete a.waiting[KEY];
  await clock.advance(100);
  expect(b.others.of(KEY)).toEqual(NONE);
});

it('says what holds once a second, and nothing when nothing waits', async () => {
  const { waiting } = gateway('a');
  await clock.advance(5_000);
  expect(messages).toEqual([]);
  waiting[KEY] = 1;
  await clock.advance(3_000);
  expect(messages).toHaveLength(3);
  delete waiting[KEY];
  await clock.advance(5_000);
  expect(messages).toHaveLength(4);
});

it('is on its own within 3 s when Redis is away, and says what holds when it is back', async () => {
  const [a, b] = [gateway('a'), gateway('b')];
  a.waiting[KEY] = 3;
  await clock.advance(1_000);
  redis.status = 'reconnecting';
  await clock.advance(3_100);
  expect(b.others.of(KEY)).toEqual(NONE);
  redis.status = 'ready';
  await clock.advance(100);
  expect(b.others.of(KEY)).toEqual({ waiting: 3, gateways: 1 });
});

it('a gateway that stops takes its calls off the count', async () => {
  const [a, b, c] = [gateway('a'), gateway('b'), gateway('c')];
  for (const { waiting } of [a, b]) waiting[KEY] = 2;
  await clock.advance(100);
  expect(c.others.of(KEY)).toEqual({ waiting: 4, gateways: 2 });
  delete a.waiting[KEY];
  a.notices.stop();
  expect(c.others.of(KEY)).toEqual({ waiting: 2, gateways: 1 });
});

it('does not mind what it cannot read', async () => {
  const { others } = gateway('a');
  for (const message of ['', '7', '{"gateway":"b"}', '{"gateway":"b","waiting":{"shop/hello":"many"}}']) {
    redis.emit('message', 'catnap:queues', message);
  }
  redis.emit('message', 'another', '{"gateway":"b","waiting":{"shop/hello":1}}');
  expect(others.of(KEY)).toEqual(NONE);
});
