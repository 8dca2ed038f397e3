import { describe, expect, it } from 'vitest';
import { waitFor } from '#test/harness/wait-for.ts';
import { inline, SLOW_ECHO } from './support/function.ts';
import { useNamespace } from './support/namespace.ts';

const CALLS = 50;

describe('the life of a function', () => {
  const space = useNamespace('life');

  it('is applied, sleeps, wakes for a call, scales out under load, and sleeps again', async () => {
    const test = space();
    await test.deploy(
      'echo',
      inline(SLOW_ECHO, { scaling: { concurrency: 5, maxReplicas: 4, idleSeconds: 2 } }),
    );
    await test.untilAsleep('echo');
    const asleep = await test.condition('echo', 'Active', ({ status }) => status === 'False');
    expect(asleep.reason).toBe('Asleep');
    expect((await test.condition('echo', 'Ready', () => true)).status).toBe('True');

    const first = await test.call('echo', '/a/b?x=1', { method: 'POST', body: 'payload' });
    expect(first.status, first.text).toBe(200);
    expect(JSON.parse(first.text)).toMatchObject({ method: 'POST', path: '/a/b', body: 'payload' });
    const replicas = async () => (await test.function('echo')).status?.replicas ?? 0;
    await waitFor(async () => (await replicas()) === 1, { timeoutMs: 5_000, describe: 'one replica' });

    let peak = 0;
    const burst = Promise.all(Array.from({ length: CALLS }, () => test.call('echo', '?ms=700')));
    const watch = waitFor(
      async () => {
        peak = Math.max(peak, await replicas());
        return peak === 4;
      },
      { timeoutMs: 15_000, describe: 'four replicas' },
    );
    const answers = await burst;
    await watch;
    expect(answers.map(({ status }) => status)).toEqual(Array(CALLS).fill(200));
    expect(new Set(answers.map(({ text }) => JSON.parse(text).pod)).size).toBeGreaterThan(1);

    await test.untilAsleep('echo');
    expect((await test.call('echo')).status).toBe(200);
  });

  it('keeps minReplicas awake', async () => {
    const test = space();
    await test.deploy('awake', inline(SLOW_ECHO, { scaling: { minReplicas: 2, idleSeconds: 1 } }));
    const status = await waitFor(
      async () => {
        const found = (await test.function('awake')).status;
        return found?.readyReplicas === 2 ? found : undefined;
      },
      { timeoutMs: 20_000, describe: 'two ready replicas' },
    );
    expect(status.replicas).toBe(2);
  });

  it('refuses more calls at a time than concurrency × maxReplicas, by making them wait', async () => {
    const test = space();
    const code = `
      let running = 0;
      export const handler = async () => {
        running += 1;
        const seen = running;
        await new Promise((resolve) => setTimeout(resolve, 50));
        running -= 1;
        return { seen };
      };
    `;
    await test.deploy('narrow', inline(code, { scaling: { concurrency: 2, maxReplicas: 1 } }));
    const answers = await Promise.all(Array.from({ length: 20 }, () => test.call('narrow')));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(Math.max(...answers.map(({ text }) => JSON.parse(text).seen))).toBeLessThanOrEqual(2);
  });
});
