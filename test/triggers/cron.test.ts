import type { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLastRuns } from '#gateway/triggers/last-runs.ts';
import { startRedis, type TestRedis } from '#test/harness/redis.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { type Fixture, startFixture, withRedis } from '#test/integration/gateway/fixture.ts';
import { prepareRedis, storeTriggers, triggerSpec } from './support.ts';

const HOUR_MS = 3_600_000;
const config = { schedule: '0 * * * *', timeZone: 'UTC', missedRuns: 'runOnce', overlap: 'skip' };

let server: TestRedis;
let redis: Redis;
let fixture: Fixture;
beforeEach(async () => {
  server = await startRedis();
  redis = await prepareRedis(server.url);
  fixture = await startFixture(withRedis(server.url));
});
afterEach(async () => {
  await fixture.stop();
  redis.disconnect();
  await server.stop();
});

it('wakes a sleeping function for a run that was missed, and writes it down', async () => {
  const lastRuns = createLastRuns(redis);
  const schedule = '0 * * * * UTC';
  await lastRuns.set('shop/hourly', 'tick', schedule, Date.now() - 5 * HOUR_MS);
  const calls: Record<string, unknown>[] = [];
  fixture.scales.onSet = () =>
    void fixture.addPod('hourly', (request, response) => {
      request.on('data', (chunk) => calls.push({ ...request.headers, body: JSON.parse(String(chunk)) }));
      request.on('end', () => response.end());
    });
  const before = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  const status = await storeTriggers(redis, 'hourly', [triggerSpec('tick', 'cron', { config })]);
  fixture.addFunction('hourly', {}, status);
  const lastRun = () => lastRuns.get('shop/hourly', 'tick', schedule);
  await waitFor(async () => ((await lastRun()) ?? 0) >= before, {
    timeoutMs: 10_000,
    describe: 'the missed run',
  });
  const scheduledTime = new Date((await lastRun()) as number).toISOString();
  expect(calls[0]).toMatchObject({
    'ce-type': 'dev.catnap.cron',
    'ce-id': scheduledTime,
    'ce-time': scheduledTime,
    'ce-source': '/namespaces/shop/functions/hourly/triggers/tick',
    body: { scheduledTime },
  });
});
