import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Log } from '#kube/log.ts';
import { createFakeClock } from '#kube/testing/fake-clock.ts';
import { runPolicyController } from './controller.ts';
import { forbidden, inNamespace, policyCaches, policyClient } from './fixtures.ts';
import { functionsPolicy } from './policy.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

function start(
  options: { fail?: Record<string, Error>; enabled?: boolean; caches?: ReturnType<typeof policyCaches> } = {},
) {
  const { caches = policyCaches(), enabled = true } = options;
  const { client, writes } = policyClient(options);
  const clock = createFakeClock();
  const logged: string[] = [];
  const keep = (level: string) => (_: object, text: string) => void logged.push(`${level} ${text}`);
  const log: Log = { debug() {}, info: keep('info'), warn: keep('warn'), error: keep('error') };
  const abort = new AbortController();
  const running = runPolicyController(
    {
      client: client as Parameters<typeof runPolicyController>[0]['client'],
      caches: caches.asCaches,
      recorder: { record() {}, async stop() {} },
      enabled,
      platformNamespace: 'catnap-system',
      concurrency: 1,
      workDeadlineMs: 1_000,
      observe: { attach() {} },
      log,
      clock,
    },
    abort.signal,
  );
  const stop = () => {
    abort.abort();
    return running;
  };
  ends.push(stop);
  return { caches, clock, writes, logged, stop };
}

const soon = <T>(check: () => T) => vi.waitFor(check, { timeout: 2_000, interval: 5 });

describe('the NetworkPolicy controller', () => {
  it('looks at what is there, and then at the first and last Function of a namespace', async () => {
    const caches = policyCaches();
    const first = inNamespace('shop');
    caches.functions.objects.push(first);
    const { writes, clock, stop } = start({ caches });
    await soon(() => expect(writes).toEqual(['list', 'apply']));
    const policy = functionsPolicy('shop', 'catnap-system');
    caches.networkPolicies.change(policy);
    const second = inNamespace('shop', 'second');
    caches.functions.change(second);
    caches.functions.change(undefined, second);
    await clock.advance(0);
    expect(writes).toEqual(['list', 'apply']);
    caches.functions.change(undefined, first);
    await soon(() => expect(writes).toEqual(['list', 'apply', 'delete']));
    caches.networkPolicies.change(undefined, policy);
    caches.functions.change(inNamespace('other'));
    await soon(() => expect(writes).toEqual(['list', 'apply', 'delete', 'apply']));
    await stop();
    expect(caches.networkPolicies).toMatchObject({ started: 1, stopped: 1 });
  });

  it('keeps the policy until the last pod is gone', async () => {
    const policy = functionsPolicy('shop', 'catnap-system');
    const caches = policyCaches([policy]);
    const pod = inNamespace('shop', 'pod');
    caches.pods.objects.push(pod);
    const { writes } = start({ caches });
    await soon(() => expect(writes).toEqual(['list']));
    caches.pods.change(undefined, pod);
    await soon(() => expect(writes).toEqual(['list', 'delete']));
  });

  it.each([
    [true, /^warn function pods are not isolated: grant the operator .* on networkpolicies/],
    [false, /^info network policies are off/],
  ])('says once that it may not, and goes on asking (enabled: %s)', async (enabled, text) => {
    const fail: Record<string, Error> = { list: forbidden() };
    const { clock, logged, caches, writes } = start({ fail, enabled });
    await clock.advance(900_000);
    expect(logged).toEqual([expect.stringMatching(text)]);
    expect(caches.networkPolicies.started).toBe(0);
    delete fail.list;
    await clock.advance(300_000);
    expect(writes).toEqual(['list']);
    expect(caches.networkPolicies.started).toBe(1);
  });

  it('says once that it may read but not write', async () => {
    const caches = policyCaches();
    for (const namespace of ['a', 'b', 'c']) caches.functions.objects.push(inNamespace(namespace));
    const { clock, logged } = start({ caches, fail: { apply: forbidden() } });
    await clock.advance(600_000);
    expect(logged).toHaveLength(1);
  });

  it('leaves the patience with an outage to the watcher', async () => {
    const { caches } = start({ fail: { list: new Error('no connection') } });
    await soon(() => expect(caches.networkPolicies.started).toBe(1));
  });
});
