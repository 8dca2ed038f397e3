import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { GATEWAYS_KEY, type GatewaySample, sampleKey } from '#crds/wire/samples.ts';
import { startRedis, type TestRedis } from '#test/harness/redis.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { type Fixture, startFixture, withRedis } from './fixture.ts';

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

const control = async (path: string) =>
  (await fetch(`http://127.0.0.1:${fixture.gateway.controlPort}${path}`)).text();

it('counts calls by function and forgets a deleted function', async () => {
  const path = fixture.addFunction('counted');
  fixture.addFunction('idle');
  fixture.scales.onSet = () =>
    void fixture.addPod('counted', (request, response) =>
      response.writeHead(request.url === '/bad' ? 500 : 200).end(),
    );
  await fixture.call(path);
  await fixture.call(`${path}/bad`);
  await fixture.call('/fn/shop/nobody');
  const metrics = await control('/metrics');
  const labels = 'namespace="shop",function="counted"';
  expect(metrics).toContain(`faas_invocations_total{${labels}} 1`);
  expect(metrics).toContain(`faas_errors_total{${labels},reason="FunctionError"} 1`);
  expect(metrics).toContain(`faas_coldstarts_total{${labels}} 1`);
  expect(metrics).toContain(`catnap_cold_start_duration_seconds_count{${labels}} 1`);
  expect(metrics).toContain(`http_server_request_duration_seconds_count{${labels}} 2`);
  expect(metrics).toContain(`http_server_request_duration_seconds_bucket{${labels},le="+Inf"} 2`);
  expect(metrics).toContain(`catnap_in_flight_calls{${labels}} 0`);
  expect(metrics).toContain('faas_invocations_total{namespace="shop",function="idle"} 0');
  expect(metrics).toContain('catnap_refused_requests_total{reason="FunctionNotFound"} 1');
  fixture.functions.tell('shop/counted', undefined);
  expect(await control('/metrics')).not.toContain('function="counted"');
});

it('tells what it knows of each function', async () => {
  fixture.addFunction('known');
  const pod = await fixture.addPod('known', () => {});
  expect(JSON.parse(await control('/functions'))).toEqual({
    functions: [
      {
        namespace: 'shop',
        name: 'known',
        inFlight: 0,
        queued: 0,
        pods: [{ name: pod.name, address: pod.address, state: 'up', inFlight: 0 }],
      },
    ],
  });
  expect(await control('/livez')).toBe('ok');
  expect(await control('/readyz')).toBe('ok');
  fixture.pods.synced = false;
  expect(await control('/readyz')).toContain('not synced');
});

it('publishes load samples: at once when a function wakes, then each second, and no more when it is idle', async () => {
  const reader = new Redis(redis.url);
  try {
    const path = fixture.addFunction('loaded');
    const release = Promise.withResolvers<void>();
    await fixture.addPod('loaded', (_, response) => void release.promise.then(() => response.end('ok')));
    const sample = async (): Promise<GatewaySample | undefined> => {
      const [id] = await reader.smembers(GATEWAYS_KEY);
      const text = id && (await reader.get(sampleKey(id)));
      return text ? JSON.parse(text) : undefined;
    };
    await waitFor(sample, { timeoutMs: 3_000, describe: 'a first sample' });
    const started = performance.now();
    const calls = [fixture.call(path), fixture.call(path)];
    const early = await waitFor(
      async () => {
        const { functions } = (await sample()) ?? {};
        return functions?.['shop/loaded'];
      },
      { timeoutMs: 3_000, describe: 'the load', intervalMs: 5 },
    );
    expect(performance.now() - started).toBeLessThan(500);
    expect(early).toMatchObject({ concurrency: 2, arrivals: 2 });
    const first = (await sample()) as GatewaySample;
    const later = await waitFor(
      async () => {
        const next = await sample();
        return next && next.sequence >= first.sequence + 2 && next;
      },
      { timeoutMs: 5_000, describe: 'two more samples' },
    );
    expect(later.functions['shop/loaded']).toMatchObject({ concurrency: 2, arrivals: 0 });
    release.resolve();
    await Promise.all(calls);
    await waitFor(async () => Object.keys((await sample())?.functions ?? { x: 1 }).length === 0, {
      timeoutMs: 5_000,
      describe: 'an empty sample',
    });
  } finally {
    reader.disconnect();
  }
});
