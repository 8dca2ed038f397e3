import { randomBytes } from 'node:crypto';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { Seal } from '#crds/wire/seal.ts';
import { encodeMessage } from '#gateway/async/message.ts';
import { startRedis } from '#test/harness/redis.ts';
import { ENCRYPTION_KEY, startFixture, withRedis } from './fixture.ts';
import { finished, untilConnected } from './invocation.ts';

it('calls and results of version 0.1 are delivered and shown', async () => {
  const redis = await startRedis();
  const client = new Redis(redis.url, { maxRetriesPerRequest: null });
  const queue = new Queue('calls', { connection: client, prefix: 'catnap' });
  const seal = new Seal(Buffer.from(ENCRYPTION_KEY, 'base64'));
  const [queued, done] = [0, 1].map(() => `i${randomBytes(16).toString('hex')}`) as [string, string];
  const acceptedAt = new Date().toISOString();
  const record = { request: 'f'.repeat(64), function: 'shop/old', acceptedAt };
  await client.hset(`catnap:invocation:${queued}`, { ...record, state: 'queued' });
  const head = { method: 'GET', path: '/', requestId: 'r', headers: [] };
  const request = seal.close(encodeMessage(head, Buffer.alloc(0)), `request:${queued}:shop/old`);
  const delivery = { function: 'shop/old', request: request.toString('base64') };
  await queue.add('call', delivery, { jobId: queued, attempts: 3, removeOnComplete: true });
  const answer = { status: 200, headers: ['x-own', 'yes'] };
  const response = seal.close(encodeMessage(answer, Buffer.from('earlier')), `response:${done}`);
  await client.hset(`catnap:invocation:${done}`, {
    ...record,
    ...{ state: 'succeeded', attempts: 1, finishedAt: acceptedAt, response },
  });

  const fixture = await startFixture(withRedis(redis.url));
  try {
    fixture.addFunction('old');
    await fixture.addPod('old', (_, answered) => answered.end('delivered'));
    await untilConnected(fixture);
    expect((await fixture.call(`/invocations/${done}`)).json()).toMatchObject({
      status: 'succeeded',
      acceptedAt,
      response: { status: 200, body: 'earlier' },
    });
    expect((await fixture.call(`/invocations/${done}/response`)).body).toBe('earlier');
    expect(await finished(fixture, { headers: { location: `/invocations/${queued}` } })).toMatchObject({
      status: 'succeeded',
      attempts: 1,
      response: { body: 'delivered' },
    });
  } finally {
    await fixture.stop();
    await queue.close();
    client.disconnect();
    await redis.stop();
  }
});
