import type { IncomingMessage } from 'node:http';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { GATEWAYS_KEY, type GatewaySample, sampleKey } from '#crds/wire/samples.ts';
import { DeadLetters } from '#gateway/async/dead-letters.ts';
import { keys } from '#gateway/async/keys.ts';
import { Metrics } from '#gateway/metrics/metrics.ts';
import type { SourceContext, TriggerEvent, TriggerSetup } from '#gateway/triggers/source.ts';
import { startRedis, type TestRedis } from '#test/harness/redis.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { type Fixture, startFixture, withRedis } from '#test/integration/gateway/fixture.ts';
import { prepareRedis, seal, storeTriggers, triggerSpec } from './support.ts';

let server: TestRedis;
let redis: Redis;
let fixture: Fixture;
/** The runs of sources that have not ended, by trigger. */
let running: Map<string, SourceContext>;
let setups: TriggerSetup<unknown>[];

beforeEach(async () => {
  server = await startRedis();
  redis = await prepareRedis(server.url);
  running = new Map();
  setups = [];
  fixture = await startFixture(withRedis(server.url), {
    loadTriggerSource: async () => (setup) => ({
      async run(context) {
        setups.push(setup);
        running.set(setup.name, context);
        context.connected();
        await new Promise<void>((resolve) => context.signal.addEventListener('abort', () => resolve()));
        running.delete(setup.name);
      },
    }),
  });
});
afterEach(async () => {
  await fixture.stop();
  redis.disconnect();
  await server.stop();
});

const event = (id: string): TriggerEvent => ({
  id,
  type: 'shop.order',
  source: '/orders',
  contentType: 'text/plain',
  data: Buffer.from(`order ${id}`),
});

function contextOf(trigger: string): Promise<SourceContext> {
  return waitFor(() => running.get(trigger), { timeoutMs: 5_000, describe: `trigger ${trigger} to run` });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}

const metrics = async () => (await fetch(`http://127.0.0.1:${fixture.gateway.controlPort}/metrics`)).text();

it('brings events to a sleeping function, one in a call or several', async () => {
  const calls: { headers: IncomingMessage['headers']; body: string }[] = [];
  const status = await storeTriggers(redis, 'asleep', [
    triggerSpec('single', 'any', { credentials: { password: 'pass' }, config: { topic: 't' } }),
    triggerSpec('several', 'any', { batch: { maxEvents: 3, maxWaitMilliseconds: 1_000 } }),
  ]);
  fixture.addFunction('asleep', {}, status);
  fixture.scales.onSet = () =>
    void fixture.addPod('asleep', async (request, response) => {
      calls.push({ headers: request.headers, body: await bodyOf(request) });
      response.end();
    });
  const single = await contextOf('single');
  await single.deliver([event('1')]);
  expect(calls).toHaveLength(1);
  expect(calls[0]?.body).toBe('order 1');
  expect(calls[0]?.headers).toMatchObject({
    'ce-id': '1',
    'ce-type': 'shop.order',
    'content-type': 'text/plain',
  });
  await (await contextOf('several')).deliver([event('2'), event('3'), event('4')]);
  expect(calls).toHaveLength(2);
  expect(calls[1]?.headers['content-type']).toBe('application/cloudevents-batch+json');
  expect(JSON.parse(calls[1]?.body ?? '').map(({ data }: { data: string }) => data)).toEqual([
    'order 2',
    'order 3',
    'order 4',
  ]);
  expect(setups.find(({ name }) => name === 'single')).toEqual({
    functionKey: 'shop/asleep',
    name: 'single',
    config: { topic: 't' },
    credentials: { password: 'pass' },
  });
});

it('keeps what the function refuses among the dead letters, unreadable, and counts it', async () => {
  const status = await storeTriggers(redis, 'picky', [triggerSpec('orders', 'any')]);
  fixture.addFunction('picky', {}, status);
  await fixture.addPod('picky', (_, response) => response.writeHead(422).end());
  await (await contextOf('orders')).deliver([event('1')]);
  const letters = new DeadLetters({ redis, seal, metrics: new Metrics() });
  const [entry, ...more] = await letters.list('shop/picky', 10, undefined);
  expect(more).toEqual([]);
  expect(entry).toMatchObject({ attempts: 1, reason: 'FunctionError' });
  const kept = entry && (await redis.hgetall(keys.deadLetter(entry.id)));
  expect(JSON.stringify(kept)).not.toContain('order');
  expect((entry && (await letters.open(entry)))?.body.toString()).toBe('order 1');
  const labels = 'namespace="shop",function="picky",trigger="orders",type="any"';
  expect(await metrics()).toContain(`catnap_trigger_events_total{${labels},result="dead_lettered"} 1`);
  fixture.functions.tell('shop/picky', undefined);
  await waitFor(() => running.size === 0, { timeoutMs: 5_000, describe: 'the trigger to stop' });
  expect(await metrics()).not.toContain('picky');
});

it('tells the operator how triggers fare', async () => {
  const status = await storeTriggers(redis, 'told', [triggerSpec('orders', 'any')]);
  fixture.addFunction('told', {}, status);
  const [id] = await waitFor(
    async () => {
      const ids = await redis.smembers(GATEWAYS_KEY);
      return ids.length > 0 && ids;
    },
    { timeoutMs: 5_000, describe: 'a sample' },
  );
  await waitFor(
    async () => {
      const sample = JSON.parse((await redis.get(sampleKey(id as string))) ?? '{}') as GatewaySample;
      const [report] = sample.triggers ?? [];
      return report?.function === 'told' && report.trigger === 'orders' && report.connected;
    },
    { timeoutMs: 5_000, describe: 'a report in the sample' },
  );
});

it('restarts only triggers that changed', async () => {
  const keep = triggerSpec('keep', 'any');
  fixture.addFunction('edited', {}, await storeTriggers(redis, 'edited', [keep, triggerSpec('edit', 'any')]));
  const kept = await contextOf('keep');
  const edited = await contextOf('edit');
  const changed = [
    keep,
    triggerSpec('edit', 'any', { config: { topic: 'other' } }),
    triggerSpec('new', 'any'),
  ];
  fixture.addFunction('edited', {}, await storeTriggers(redis, 'edited', changed));
  await contextOf('new');
  expect((await contextOf('edit')).signal.aborted).toBe(false);
  expect(edited.signal.aborted).toBe(true);
  expect(kept.signal.aborted).toBe(false);
  expect(setups.map(({ name }) => name).sort()).toEqual(['edit', 'edit', 'keep', 'new']);
});

it('stops when Redis is away for longer than a lease can be trusted, and starts when it is back', async () => {
  const status = await storeTriggers(redis, 'cut-off', [triggerSpec('orders', 'any')]);
  fixture.addFunction('cut-off', {}, status);
  const context = await contextOf('orders');
  await server.kill();
  const killedAt = performance.now();
  await waitFor(() => context.signal.aborted, { timeoutMs: 9_000, describe: 'the trigger to stop' });
  expect(performance.now() - killedAt).toBeGreaterThan(5_000);
  await expect(context.deliver([event('1')])).rejects.toThrow('stops');
  await server.restart();
  await contextOf('orders');
});

it('waits for specs that Redis does not have yet', async () => {
  const status = await storeTriggers(redis, 'early', [triggerSpec('orders', 'any')]);
  const key = `catnap:triggers:${status.triggers?.digest}`;
  await redis.rename(key, 'elsewhere');
  fixture.addFunction('early', {}, status);
  await waitFor(async () => (await redis.hlen('catnap:triggers:{owners}:slots')) === 1, {
    timeoutMs: 5_000,
    describe: 'the gateway to own the trigger',
  });
  expect(running.size).toBe(0);
  await redis.rename('elsewhere', key);
  await contextOf('orders');
});
