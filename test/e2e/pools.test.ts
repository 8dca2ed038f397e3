/** Sleeping functions that get warm pods: what callers, kubectl and the cluster see of it. */
import { describe, expect, it } from 'vitest';
import { labels } from '#crds/wire/names.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { inline, type Spec } from './support/function.ts';
import { type TestNamespace, useNamespace } from './support/namespace.ts';
import { isReady } from './support/parts.ts';
import { warmPods } from './support/pool.ts';
import { requires } from './support/requires.ts';

const WHO = `
  let calls = 0;
  export const handler = () => ({ pid: process.pid, calls: ++calls, secret: process.env.SECRET, cwd: process.cwd() });
`;

/** Deploys a function, lets it sleep, and waits until a warm pod is there for it. */
async function deployAsleep(test: TestNamespace, name: string, spec: Spec = {}, code = WHO): Promise<void> {
  await test.deploy(name, inline(code, { scaling: { idleSeconds: 2 }, ...spec }));
  await test.untilAsleep(name);
  await waitFor(async () => (await test.function(name)).status?.launch, {
    timeoutMs: 20_000,
    describe: `${name} to have a launch spec`,
  });
  await untilWarm(test);
}

const untilWarm = (test: TestNamespace, count = 1) =>
  waitFor(async () => (await warmPods(test)).filter(isReady).length >= count, {
    timeoutMs: 40_000,
    describe: `${count} warm pods`,
  });

/** The function's pods once the operator has labelled the one that was claimed. */
const labelled = (test: TestNamespace, name: string) =>
  waitFor(
    async () => {
      const [pod] = await test.pods(name);
      return pod;
    },
    { timeoutMs: 10_000, describe: `a pod of ${name}` },
  );

describe('a pooled function', () => {
  const space = useNamespace('pools');

  it('gets a warm pod for its first call, with its Secret, and the pool gets another', async () => {
    const test = space();
    await test.applyData('Secret', 'keys', { token: 's3cret' });
    const env = [{ name: 'SECRET', valueFrom: { secretKeyRef: { name: 'keys', key: 'token' } } }];
    await deployAsleep(test, 'who', { env });
    const before = (await warmPods(test)).map(({ metadata }) => metadata?.uid);

    const answer = await test.call('who');
    expect(answer.status, answer.text).toBe(200);
    expect(JSON.parse(answer.text)).toMatchObject({ calls: 1, secret: 's3cret' });
    expect(answer.headers.get('server-timing')).toMatch(/claim;dur=/);

    const pod = await labelled(test, 'who');
    expect(before).toContain(pod.metadata?.uid);
    expect(pod.metadata?.labels).not.toHaveProperty([labels.pool]);
    const { uid } = (await test.function('who')).metadata;
    expect(pod.metadata?.ownerReferences).toMatchObject([{ kind: 'Function', uid, controller: true }]);
    await waitFor(
      async () => (await warmPods(test)).some(({ metadata }) => !before.includes(metadata?.uid)),
      { timeoutMs: 20_000, describe: 'another warm pod' },
    );
    expect(JSON.parse((await test.call('who')).text)).toMatchObject({ calls: 2 });
    expect(await test.run('describe', 'fn', 'who')).toMatch(/Woken/);
  });

  it('gives its borrowed pod back when it falls asleep, and wakes in another', async () => {
    const test = space();
    await deployAsleep(test, 'again');
    const first = await test.call('again');
    const pod = await labelled(test, 'again');
    await test.untilAsleep('again');
    await untilWarm(test);
    const second = await test.call('again');
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(JSON.parse(second.text)).toMatchObject({ calls: 1 });
    expect((await labelled(test, 'again')).metadata?.uid).not.toBe(pod.metadata?.uid);
  });

  it('takes more warm pods while calls wait for a full one', async (context) => {
    const test = space();
    // A quarter of a minute; the gateway's own tests have it with warm pods of their own.
    requires(context, test.platform.cluster !== 'local', 'time for a pool to grow: run it on a cluster');
    // A pool is as large as many functions woke lately.
    const others = ['one', 'two', 'three', 'four'];
    await Promise.all(others.map((name) => deployAsleep(test, name)));
    const code = "export const handler = () => new Promise((end) => setTimeout(() => end('done'), 4000));";
    const scaling = { concurrency: 1, maxReplicas: 3, idleSeconds: 2, targetUtilization: 100 };
    await deployAsleep(test, 'spiky', { scaling }, code);
    await Promise.all(others.map((name) => test.call(name)));
    // Until then, pods that were taken count as warm.
    await Promise.all(others.map((name) => labelled(test, name)));
    await untilWarm(test, 4);
    const calls = [test.call('spiky')];
    await labelled(test, 'spiky');
    calls.push(test.call('spiky'), test.call('spiky'));
    await waitFor(async () => (await test.pods('spiky')).length === 3, {
      timeoutMs: 10_000,
      describe: 'three pods',
    });
    const owners = (await test.pods('spiky')).map(({ metadata }) => metadata?.ownerReferences?.[0]?.kind);
    expect(owners, await test.run('describe', 'fn', 'spiky')).toEqual(['Function', 'Function', 'Function']);
    expect((await Promise.all(calls)).map(({ text }) => text)).toEqual(['done', 'done', 'done']);
    expect(await test.run('describe', 'fn', 'spiky')).toMatch(/Scaled .*since calls wait/);
  });

  it('runs new code after a redeploy while it has a borrowed pod', async (context) => {
    const test = space();
    // Half a minute; the operator's own tests have it on the embedded cluster.
    requires(context, test.platform.cluster !== 'local', 'time for a take-over: run it on a cluster');
    await deployAsleep(test, 'moved', { scaling: { idleSeconds: 30 } });
    await test.call('moved');
    await labelled(test, 'moved');
    const code = "export const handler = () => 'new code';";
    await test.deploy('moved', inline(code, { scaling: { idleSeconds: 30 } }));
    await waitFor(async () => (await test.call('moved')).text === 'new code', {
      timeoutMs: 40_000,
      describe: 'the new code',
    });
    await waitFor(
      async () => (await test.pods('moved')).every(({ metadata }) => metadata?.labels?.['pod-template-hash']),
      {
        timeoutMs: 60_000,
        describe: 'no borrowed pod',
      },
    );
  });
});

describe('a dedicated function', () => {
  const space = useNamespace('dedicated');

  it('never uses a warm pod', async () => {
    const test = space();
    await deployAsleep(test, 'neighbour');
    await test.deploy('own', inline(WHO, { class: 'dedicated', scaling: { idleSeconds: 2 } }));
    await test.untilAsleep('own');
    const answer = await test.call('own');
    expect(answer.status, answer.text).toBe(200);
    expect(answer.headers.get('server-timing')).not.toMatch(/claim;dur=/);
    expect((await test.function('own')).status?.launch).toBeUndefined();
    const [pod] = await test.pods('own');
    expect(pod?.metadata?.ownerReferences).toMatchObject([{ kind: 'ReplicaSet' }]);
  });
});
