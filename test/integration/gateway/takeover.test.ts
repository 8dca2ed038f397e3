import { afterEach, beforeEach, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '#test/harness/redis.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { type Answer, call, type Fixture, startFixture, withRedis } from './fixture.ts';
import { forkKnowing } from './fork-gateway.ts';

let redis: TestRedis;
let fixture: Fixture;
beforeEach(async () => {
  redis = await startRedis();
  fixture = await startFixture(withRedis(redis.url));
});
afterEach(async () => {
  await fixture.stop();
  await redis.stop();
});

it('another gateway delivers within 20 s what a killed one had begun', async () => {
  fixture.addFunction('important');
  // Delivers nothing before it knows all functions, so the other one gets the call.
  fixture.functions.synced = false;
  const attempts: unknown[] = [];
  const pod = await fixture.addPod('important', (incoming, response) => {
    attempts.push(incoming.headers['x-catnap-attempt']);
    // The first delivery never ends by itself.
    if (attempts.length > 1) response.end('delivered');
  });
  const knowledge = { name: 'important', podPort: fixture.podPort, addresses: [pod.address] };
  const { child: doomed, port } = await forkKnowing(knowledge, redis.url);
  try {
    const accepted = await waitFor(
      async () => {
        // Redis may not be connected yet.
        const answer: Answer = await call(port, '/async/shop/important', { method: 'POST', body: 'x' });
        return answer.status === 202 && answer;
      },
      { timeoutMs: 5_000, describe: 'the call to be accepted' },
    );
    await waitFor(() => attempts.length === 1, { timeoutMs: 10_000, describe: 'the first delivery' });
    doomed.kill('SIGKILL');
    fixture.functions.synced = true;
    const status = await waitFor(
      async () => {
        const now = (await fixture.call(accepted.headers.location ?? '')).json();
        return now.finishedAt ? now : undefined;
      },
      { timeoutMs: 20_000, describe: 'the second delivery' },
    );
    expect(status).toMatchObject({ status: 'succeeded', attempts: 2, response: { body: 'delivered' } });
    expect(attempts).toEqual(['1', '2']);
  } finally {
    doomed.kill('SIGKILL');
  }
});
