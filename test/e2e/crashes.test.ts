import { describe, expect, it } from 'vitest';
import { waitFor } from '#test/harness/wait-for.ts';
import { inline, SLOW_ECHO } from './support/function.ts';
import { call, problem, underLoad } from './support/http.ts';
import { accept, finished } from './support/invocation.ts';
import { useNamespace } from './support/namespace.ts';
import { killPart } from './support/parts.ts';

const AWAKE = { minReplicas: 1, concurrency: 20, maxReplicas: 2 };
const BACK = { timeoutMs: 60_000 };

/** The rows of the failure table in docs/architecture.md. */
describe('the death', () => {
  const space = useNamespace('crash');

  it('of a pod that runs a call: 502 for that call, another pod for the next', async () => {
    const test = space();
    // Not by a signal to itself: the kernel keeps those from a container's first process.
    const code = `
      export const handler = (event, context) => {
        if (event.query.die && !(context.attempt > 1)) process.abort();
        return { attempt: context.attempt ?? null };
      };
    `;
    await test.deploy('mortal', inline(code, { scaling: AWAKE, async: { backoffSeconds: 1 } }));
    const died = await test.call('mortal', '?die=1', { method: 'POST' });
    expect(died.status, died.text).toBe(502);
    expect(problem(died).type).toBe('https://catnap.dev/problems/pod-failed');
    const next = await test.call('mortal');
    expect(next.status, next.text).toBe(200);

    // An asynchronous one is delivered again. It is the pod's second crash in a row, so its restart is
    // held back for 10 s, which may cost a delivery in between.
    const done = await finished(test, await accept(test, 'mortal', '', '?die=1'));
    expect(done.status).toBe('succeeded');
    expect(done.attempts).toBeGreaterThan(1);
  });

  it('of the operator: calls and wake-ups go on, scaling comes back', async () => {
    const test = space();
    await test.deploy('steady', inline(SLOW_ECHO, { scaling: AWAKE }));
    await test.deploy('sleepy', inline(SLOW_ECHO, { scaling: { idleSeconds: 2 } }));
    await test.untilAsleep('sleepy');
    const load = await underLoad(
      test.url('steady', '?ms=5'),
      { connections: 4, minimumCalls: 200 },
      async () => {
        await killPart(test, 'operator');
        expect((await test.call('sleepy')).status).toBe(200);
      },
    );
    expect(load.failures).toEqual([]);
    await test.untilAsleep('sleepy');
  });

  it('of Redis: warm and cold calls go on, async is refused at once, nothing acknowledged is lost', async () => {
    const test = space();
    await test.deploy('warm', inline(SLOW_ECHO, { scaling: AWAKE }));
    await test.deploy('queued', inline(SLOW_ECHO, { scaling: { concurrency: 2, maxReplicas: 1 } }));
    const accepted: string[] = [];
    for (let n = 0; n < 10; n++) accepted.push(await accept(test, 'queued', String(n), '?ms=300'));

    const load = await underLoad(test.url('warm', '?ms=5'), { connections: 4, minimumCalls: 200 }, () =>
      killPart(test, 'redis'),
    );
    expect(load.failures).toEqual([]);
    await waitFor(async () => accepted.push(await accept(test, 'queued', 'after')) > 0, {
      ...BACK,
      describe: 'asynchronous calls to be accepted again',
    });
    const results = await Promise.all(accepted.map((location) => finished(test, location)));
    expect(results.map(({ status }) => status)).toEqual(accepted.map(() => 'succeeded'));
  });

  it('of the gateway: it comes back, and nothing acknowledged is lost', async () => {
    const test = space();
    await test.deploy('work', inline(SLOW_ECHO, { scaling: { concurrency: 2, maxReplicas: 2 } }));
    const accepted: string[] = [];
    for (let n = 0; n < 12; n++) accepted.push(await accept(test, 'work', String(n), '?ms=300'));
    await killPart(test, 'gateway');
    await waitFor(async () => (await call(test.url('work'))).status === 200, {
      ...BACK,
      describe: 'the gateway',
    });
    const results = await Promise.all(accepted.map((location) => finished(test, location)));
    expect(results.map(({ status }) => status)).toEqual(accepted.map(() => 'succeeded'));
    const bodies = results.map(({ response }) => JSON.parse(response?.body ?? '{}').body);
    expect(bodies).toEqual(accepted.map((_, n) => String(n)));
  });
});
