import { afterEach, beforeEach, expect, it } from 'vitest';
import { startRedis, type TestRedis } from '#test/harness/redis.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { type Fixture, startFixture, withRedis } from './fixture.ts';
import { untilConnected } from './invocation.ts';

const KEY = 'shop/popular';
const SPEC = { scaling: { concurrency: 1 }, queue: { maxDepth: 4 } };

let redis: TestRedis;
let gateways: [Fixture, Fixture];
let callers: AbortController;
beforeEach(async () => {
  callers = new AbortController();
  redis = await startRedis();
  const env = withRedis(redis.url);
  gateways = [await startFixture(env), await startFixture(env)];
  for (const gateway of gateways) {
    await untilConnected(gateway);
    gateway.addFunction('popular', SPEC);
  }
});
afterEach(async () => {
  callers.abort();
  await Promise.all(gateways.map((gateway) => gateway.stop()));
  await redis.stop();
});

/** Makes a call; resolves when it waits, or with the status that it gets at once. */
async function arrive({ call, gateway: { invoker } }: Fixture): Promise<'waits' | number> {
  const before = invoker.active;
  let status: number | undefined;
  call('/fn/shop/popular', { signal: callers.signal }).then(
    (answer) => {
      status = answer.status;
    },
    () => {},
  );
  return waitFor(() => status ?? (invoker.active > before && 'waits'), {
    timeoutMs: 5_000,
    describe: 'a call to wait or to be refused',
    intervalMs: 5,
  });
}

const untilHeard = ({ gateway }: Fixture, waiting: number) =>
  waitFor(() => gateway.invoker.otherQueues.of(KEY).waiting === waiting, {
    timeoutMs: 5_000,
    describe: `a gateway to hear that ${waiting} calls wait at the other`,
    intervalMs: 5,
  });

it('maxDepth is one bound over all gateways', async () => {
  const [a, b] = gateways;
  for (const gateway of gateways) {
    expect([await arrive(gateway), await arrive(gateway)]).toEqual(['waits', 'waits']);
  }
  await Promise.all([untilHeard(a, 2), untilHeard(b, 2)]);
  expect([await arrive(a), await arrive(b)]).toEqual([503, 503]);
});

it('a gateway that is alone with its calls has all places, and leaves the other its share', async () => {
  const [a, b] = gateways;
  for (let i = 0; i < 4; i++) expect(await arrive(a)).toBe('waits');
  await untilHeard(b, 4);
  expect([await arrive(b), await arrive(b), await arrive(b)]).toEqual(['waits', 'waits', 503]);
});

it('each counts its own calls while Redis is away, and all of them when it is back', async () => {
  const [a, b] = gateways;
  for (const gateway of gateways) for (let i = 0; i < 2; i++) expect(await arrive(gateway)).toBe('waits');
  await Promise.all([untilHeard(a, 2), untilHeard(b, 2)]);
  await redis.kill();
  await untilHeard(a, 0);
  expect([await arrive(a), await arrive(a), await arrive(a)]).toEqual(['waits', 'waits', 503]);
  await redis.restart();
  await untilHeard(b, 4);
  expect(await arrive(b)).toBe(503);
});
