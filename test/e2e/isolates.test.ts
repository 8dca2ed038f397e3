/** Functions of class isolate: threads of a host that they share, as callers, kubectl and the cluster see them. */
import { describe, expect, it } from 'vitest';
import { waitFor } from '#test/harness/wait-for.ts';
import { inline, type Spec } from './support/function.ts';
import { type TestNamespace, useNamespace } from './support/namespace.ts';
import { isReady } from './support/parts.ts';
import { warmPods } from './support/pool.ts';

const WHO = `
  let calls = 0;
  export const handler = (event) => {
    if (event.query.do === 'exit') process.exit(1);
    if (event.query.do === 'loop') for (;;);
    return { pid: process.pid, host: process.env.CATNAP_POD_UID, calls: ++calls, secret: process.env.SECRET };
  };
`;

const isolate = (code: string, rest: Spec = {}) =>
  inline(code, { class: 'isolate', timeoutSeconds: 2, scaling: { idleSeconds: 2 }, ...rest });

/** Until it has no pod of its own, and a host is there for it. */
async function untilHosted(test: TestNamespace, ...names: string[]): Promise<void> {
  for (const name of names) {
    await test.untilAsleep(name);
    await waitFor(async () => (await test.function(name)).status?.launch, {
      timeoutMs: 20_000,
      describe: `${name} to have a launch spec`,
    });
  }
  await waitFor(async () => (await warmPods(test)).filter(isReady).length > 0, {
    timeoutMs: 40_000,
    describe: 'a host',
  });
}

describe('a function of class isolate', () => {
  const space = useNamespace('isolates');

  it('runs on a host that others share, with an environment and state of its own', async () => {
    const test = space();
    await test.applyData('Secret', 'keys', { token: 's3cret' });
    const env = [{ name: 'SECRET', valueFrom: { secretKeyRef: { name: 'keys', key: 'token' } } }];
    await test.deploy('one', isolate(WHO, { env }));
    await test.deploy('two', isolate(WHO));
    await untilHosted(test, 'one', 'two');

    const [one, two] = await Promise.all([test.call('one'), test.call('two')]);
    expect([one.status, two.status], one.text + two.text).toEqual([200, 200]);
    const [first, second] = [JSON.parse(one.text), JSON.parse(two.text)];
    expect(first).toMatchObject({ calls: 1, secret: 's3cret' });
    expect(second.calls).toBe(1);
    expect(second.secret).toBeUndefined();
    expect(first.pid).toBe(second.pid);
    expect(first.host).toBe(second.host);
    expect((await warmPods(test)).map(({ metadata }) => metadata?.uid)).toContain(first.host);
    // Neither has a pod of its own, and kubectl says why.
    expect(await test.pods('one')).toEqual([]);
    expect(await test.run('describe', 'fn', 'one')).toMatch(/Shared/);
  });

  it('is let go of when nobody calls, and comes back', async () => {
    const test = space();
    await test.deploy('brief', isolate(WHO));
    await untilHosted(test, 'brief');
    expect(JSON.parse((await test.call('brief')).text)).toMatchObject({ calls: 1 });
    // Asked at longer intervals than its idle time until it has begun anew.
    await waitFor(async () => JSON.parse((await test.call('brief')).text).calls === 1, {
      timeoutMs: 40_000,
      describe: 'a fresh start',
      intervalMs: 4_000,
    });
  });

  it('takes nobody with it when it crashes or never returns', async () => {
    const test = space();
    await test.deploy('calm', isolate(WHO, { scaling: { idleSeconds: 10 } }));
    await test.deploy('wild', isolate(WHO, { scaling: { idleSeconds: 10 } }));
    await untilHosted(test, 'calm', 'wild');
    expect((await test.call('calm')).status).toBe(200);
    for (const deed of ['exit', 'loop']) {
      const answer = await test.call('wild', `?do=${deed}`, { method: 'POST' });
      expect([502, 504], answer.text).toContain(answer.status);
    }
    expect(JSON.parse((await test.call('calm')).text)).toMatchObject({ calls: 2 });
    expect(JSON.parse((await test.call('wild')).text)).toMatchObject({ calls: 1 });
  });

  it('runs new code after a redeploy', async () => {
    const test = space();
    await test.deploy('moved', isolate(WHO));
    await untilHosted(test, 'moved');
    expect((await test.call('moved')).status).toBe(200);
    await test.deploy('moved', isolate("export const handler = () => 'new code';"));
    await waitFor(async () => (await test.call('moved')).text === 'new code', {
      timeoutMs: 40_000,
      describe: 'the new code',
    });
  });

  it('tells its caller why the code does not load', async () => {
    const test = space();
    await test.apply('broken', isolate('export const handler = () => {'));
    await waitFor(
      async () => {
        const answer = await test.call('broken');
        return answer.status === 502 && answer.text.includes('index.mjs');
      },
      { timeoutMs: 40_000, describe: 'the reason' },
    );
  });

  it('gets pods of its own when it needs more than one replica, and no call fails', async () => {
    const test = space();
    const code = `export const handler = async () => { await new Promise((done) => setTimeout(done, 200)); return process.env.CATNAP_POD_UID; };`;
    const scaling = { idleSeconds: 5, concurrency: 1, maxReplicas: 3 };
    await test.deploy('busy', isolate(code, { scaling, timeoutSeconds: 20 }));
    await untilHosted(test, 'busy');
    const failures: string[] = [];
    let done = false;
    const caller = async () => {
      while (!done) {
        const answer = await test.call('busy');
        if (answer.status !== 200) failures.push(`${answer.status} ${answer.text}`);
      }
    };
    const callers = Promise.all(Array.from({ length: 4 }, caller));
    await waitFor(async () => (await test.pods('busy')).filter(isReady).length >= 2, {
      timeoutMs: 60_000,
      describe: 'pods of its own',
    }).finally(() => {
      done = true;
    });
    await callers;
    expect(failures).toEqual([]);
  });
});
