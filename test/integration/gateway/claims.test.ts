/** Sleeping functions and warm pods: who claims which, what callers see, and what the operator is told. */
import type { RequestListener } from 'node:http';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { GATEWAYS_KEY, type GatewaySample, sampleKey } from '#crds/wire/samples.ts';
import { startRedis, type TestRedis } from '#test/harness/redis.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { type Fixture, NAMESPACE, startFixture, withRedis } from './fixture.ts';
import { type Answer, addPooledFunction, addWarmPod, POOL, type WarmPod } from './warm-pods.ts';

let redis: TestRedis;
let fixture: Fixture;
let started: WarmPod[];
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  // A gateway that stops leaves its last claims there for the operator.
  await withClient((client) => client.flushall());
  fixture = await startFixture(withRedis(redis.url));
  started = [];
});
afterEach(async () => {
  await fixture.stop();
  await Promise.all(started.map((pod) => pod.close()));
});

async function warmPod(options: Parameters<typeof addWarmPod>[1] = {}): Promise<WarmPod> {
  const pod = await addWarmPod(fixture, options);
  started.push(pod);
  return pod;
}

const pooled = (name: string) => addPooledFunction(fixture, redis.url, name);
const always =
  (status: number, body?: object): Answer =>
  () => ({ status, body });

async function withClient<T>(work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(redis.url);
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}

/** The newest sample of the only gateway. */
const sample = () =>
  withClient(async (client): Promise<GatewaySample> => {
    const [id = ''] = await client.smembers(GATEWAYS_KEY);
    const text = await client.get(sampleKey(id));
    if (text === null) throw new Error('no sample');
    return JSON.parse(text);
  });

const reported = (accept: (sample: GatewaySample) => boolean) =>
  waitFor(
    async () => {
      const found = await sample();
      if (!accept(found)) throw new Error(JSON.stringify(found));
      return found;
    },
    { timeoutMs: 5_000, describe: 'the sample' },
  );

it('runs the first call on a warm pod, without the API server, and says what that took', async () => {
  const pod = await warmPod();
  const path = await pooled('hello');
  const answer = await fixture.call(path);
  expect(answer).toMatchObject({ status: 200, body: `${pod.name} as shop/hello` });
  expect(answer.headers['server-timing']).toMatch(
    /^queue;dur=[\d.]+, claim;dur=[\d.]+, load;dur=3, function;dur=[\d.]+$/,
  );
  expect(pod.claims).toEqual([
    { function: 'shop/hello', revision: 'r1', env: { SECRET: 'of hello' }, files: { 'index.mjs': '' } },
  ]);
  expect(fixture.scales.wakes).toBe(0);
  const again = await fixture.call(path);
  expect(again).toMatchObject({ status: 200, body: `${pod.name} as shop/hello` });
  expect(again.headers['server-timing']).toBeUndefined();
});

it('tells the operator of a claim until the pod is labelled as the function’s', async () => {
  const pod = await warmPod();
  await fixture.call(await pooled('hello'));
  const { claims } = await reported((found) => found.claims !== undefined);
  expect(claims).toEqual([
    {
      namespace: NAMESPACE,
      pod: pod.name,
      podUid: `uid-${pod.name}`,
      function: 'hello',
      revision: 'r1',
      claimMs: expect.any(Number),
      loadMs: 3,
    },
  ]);
  pod.relabel('hello');
  await reported((found) => found.claims === undefined);
  expect((await fixture.call('/fn/shop/hello')).body).toBe(`${pod.name} as shop/hello`);
});

it('tells the operator what the last cold start was made of', async () => {
  await warmPod();
  await fixture.call(await pooled('hello'));
  const { coldStarts } = await reported((found) => found.coldStarts !== undefined);
  expect(coldStarts).toEqual({
    'shop/hello': {
      atMs: expect.closeTo(Date.now(), -4),
      start: 'pooled',
      queuedMs: expect.any(Number),
      claimedMs: expect.any(Number),
      loadedMs: 3,
      firstByteMs: expect.any(Number),
    },
  });
  const own = fixture.call(fixture.addFunction('own'));
  await waitFor(() => fixture.scales.wakes > 0, { timeoutMs: 3_000, describe: 'the function to be woken' });
  await fixture.addPod('own', (_, response) => response.end('ok'));
  await own;
  const later = await reported((found) => found.coldStarts?.['shop/own'] !== undefined);
  expect(later.coldStarts?.['shop/own']).toEqual({
    atMs: expect.any(Number),
    start: 'dedicated',
    queuedMs: expect.any(Number),
    firstByteMs: expect.any(Number),
  });
});

it('gives each function a pod of its own', async () => {
  const pods = [await warmPod(), await warmPod(), await warmPod()];
  const paths = await Promise.all(['a', 'b', 'c'].map(pooled));
  const answers = await Promise.all(paths.map((path) => fixture.call(path)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(new Set(answers.map(({ body }) => body.split(' ')[0]))).toEqual(
    new Set(pods.map(({ name }) => name)),
  );
});

it('claims one pod for calls that come together, and no more than they need', async () => {
  const pods = await Promise.all([warmPod(), warmPod(), warmPod(), warmPod()]);
  const path = await pooled('hello');
  const answers = await Promise.all(Array.from({ length: 10 }, () => fixture.call(path)));
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  expect(pods.filter(({ claims }) => claims.length > 0)).toHaveLength(1);
});

it('meets another gateway that claims for the same function at the same pod', async () => {
  const pods = await Promise.all([warmPod(), warmPod(), warmPod()]);
  const { podPort, claimPort } = fixture;
  const other = await startFixture(withRedis(redis.url), { podPort, claimPort });
  try {
    for (const pod of pods) pod.tell(other);
    await addPooledFunction(other, redis.url, 'hello');
    const path = await pooled('hello');
    const answers = await Promise.all([fixture.call(path), other.call(path)]);
    expect(answers[0].body).toBe(answers[1].body);
    expect(pods.map(({ claims }) => claims.length).sort()).toEqual([0, 0, 2]);
  } finally {
    await other.stop();
  }
});

it('goes on to the next pod when one is taken, leaves or cannot be reached, and reports those that are nobody’s', async () => {
  const taken = await warmPod({ answer: always(409) });
  const leaving = await warmPod({ answer: always(503) });
  const gone = await warmPod();
  await gone.close();
  const good = await warmPod();
  const answer = await fixture.call(await pooled('hello'));
  expect(answer).toMatchObject({ status: 200, body: `${good.name} as shop/hello` });
  // Which of the others were asked before is a matter of their names.
  await Promise.all(
    ['b', 'c', 'd', 'e', 'f'].map(async (name) =>
      fixture.call(await pooled(name), { signal: AbortSignal.timeout(1_000) }).catch(() => {}),
    ),
  );
  const { strays = [] } = await reported((found) => found.strays?.length === 2);
  expect(strays).toContainEqual({ namespace: NAMESPACE, pod: taken.name, podUid: `uid-${taken.name}` });
  expect(strays.map(({ pod }) => pod)).toContain(leaving.name);
  expect(leaving.claims).toHaveLength(1);
});

it('wakes the Deployment when the pool is empty, and takes a warm pod all the same when one comes first', async () => {
  const path = await pooled('hello');
  const answer = fixture.call(path);
  await waitFor(() => fixture.scales.wakes > 0, { timeoutMs: 5_000, describe: 'a wake' });
  const pod = await warmPod();
  expect(await answer).toMatchObject({ status: 200, body: `${pod.name} as shop/hello` });
});

it('waits for a pod that is on its way to the pool instead of starting another, and tells the operator', async () => {
  const pod = await warmPod({ onItsWay: true });
  const answer = fixture.call(await pooled('hello'));
  const { starving } = await reported((found) => found.starving !== undefined);
  expect(starving).toEqual({ [`${NAMESPACE}/~${POOL}`]: 1 });
  pod.tell(fixture);
  expect(await answer).toMatchObject({ status: 200, body: `${pod.name} as shop/hello` });
  expect(fixture.scales.wakes).toBe(0);
  await reported((found) => found.starving === undefined);
});

it('wakes the Deployment when Redis has no launch spec, whatever comes to the pool', async () => {
  await warmPod();
  await warmPod({ onItsWay: true });
  const path = fixture.addFunction('lost', {}, { launch: { pool: POOL, digest: '0'.repeat(32) } });
  fixture.scales.onSet = () => void fixture.addPod('lost', (_, response) => response.end('its own pod'));
  expect(await fixture.call(path)).toMatchObject({ status: 200, body: 'its own pod' });
});

it('tells callers that the code does not load, as the warm pod says', async () => {
  const message = { reason: 'LoadFailed', message: 'SyntaxError: oops', file: 'index.mjs', line: 3 };
  const pod = await warmPod({ answer: always(422, message) });
  const answer = await fixture.call(await pooled('broken'));
  expect(answer.status).toBe(502);
  expect(answer.json()).toMatchObject({ detail: 'SyntaxError: oops (index.mjs:3)' });
  const { claims } = await reported((found) => found.claims !== undefined);
  expect(claims).toMatchObject([{ pod: pod.name, function: 'broken', loadFailed: true }]);
  expect((await sample()).coldStarts).toBeUndefined();
});

it('serves launch specs from memory while Redis is away', async () => {
  const [first, second] = [await warmPod(), await warmPod()];
  const path = await pooled('hello');
  await fixture.call(path);
  const used = [first, second].find(({ claims }) => claims.length > 0);
  used?.remove();
  await used?.close();
  await redis.kill();
  try {
    const answer = await fixture.call(path);
    expect(answer.status).toBe(200);
    expect(fixture.scales.wakes).toBe(0);
  } finally {
    await redis.restart();
  }
});

it('counts claims by outcome and cold starts by phase', async () => {
  await warmPod();
  await fixture.call(await pooled('hello'));
  const metrics = await (await fetch(`http://127.0.0.1:${fixture.gateway.controlPort}/metrics`)).text();
  expect(metrics).toContain('catnap_claims_total{outcome="claimed"} 1');
  for (const phase of ['queued', 'claimed', 'loaded', 'first_byte']) {
    expect(metrics).toContain(
      `catnap_cold_start_phase_duration_seconds_count{start="pooled",phase="${phase}"} 1`,
    );
  }
});

it('counts no cold start for a pod that was the function’s before', async () => {
  const pod = await warmPod({ answer: always(200, { loadMs: 3, again: true }) });
  const answer = await fixture.call(await pooled('hello'));
  expect(answer).toMatchObject({ status: 200, body: `${pod.name} as shop/hello` });
  expect(answer.headers['server-timing']).not.toContain('claim');
  const metrics = await (await fetch(`http://127.0.0.1:${fixture.gateway.controlPort}/metrics`)).text();
  expect(metrics).toContain('faas_coldstarts_total{namespace="shop",function="hello"} 0');
});

it('leaves its claims for the operator when it stops before they are settled', async () => {
  const pod = await warmPod();
  await fixture.call(await pooled('hello'));
  await fixture.stop();
  expect((await sample()).claims).toMatchObject([{ pod: pod.name, function: 'hello' }]);
});

it('takes more pods from the pool while calls wait for full ones, and says that these were more', async () => {
  const held: (() => void)[] = [];
  const handler: RequestListener = (_, response) => void held.push(() => response.end('done'));
  const pods = [await warmPod({ handler }), await warmPod({ handler }), await warmPod({ handler })];
  const path = await pooled('spiky');
  const runs = (count: number) =>
    waitFor(() => held.length === count, { timeoutMs: 5_000, describe: `${count} calls to run` });
  const first = fixture.call(path);
  await runs(1);
  const others = Array.from({ length: 11 }, () => fixture.call(path));
  await runs(12);
  expect(pods.map(({ claims }) => claims.length).sort()).toEqual([0, 1, 1]);
  const { claims } = await reported((found) => found.claims?.length === 2);
  expect(claims?.map(({ growth }) => growth).sort()).toEqual([true, undefined]);
  for (const end of held) end();
  expect((await Promise.all([first, ...others])).map(({ status }) => status)).toEqual(Array(12).fill(200));
});
