import type { ContainerStatus, Pod } from 'kubernetes-types/core/v1.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { events, leases, nodes } from '#kube/resource.ts';
import { processIdentity } from '#local/kubelet/runtime/identity.ts';
import { eventually, NAMESPACE, shell, startNode, type TestNode } from './node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startNode();
});
afterAll(() => node?.stop());

const mainOf = (pod: Pod): ContainerStatus | undefined => pod.status?.containerStatuses?.[0];
const condition = (pod: Pod, type: string) => pod.status?.conditions?.find((one) => one.type === type);
const isReady = (pod: Pod) => condition(pod, 'Ready')?.status === 'True';
const server = (rest: object = {}) => ({
  name: 'main',
  image: 'server',
  readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
  ...rest,
});
/** The pid of the first process, told by the process itself. */
const pidOf = async (name: string) =>
  Number(await eventually(`pid of ${name}`, async () => /pid (\d+)/.exec(await node.logs(name))?.[1]));

describe('the node', () => {
  it('registers itself and renews its lease', async () => {
    const found = await node.client.get(nodes, { name: 'here' });
    expect(found.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
    expect(found.status?.daemonEndpoints?.kubeletEndpoint?.Port).toBe(node.kubelet().server.port);
    const lease = await eventually('lease', () =>
      node.client.get(leases, { namespace: 'kube-node-lease', name: 'here' }).catch(() => undefined),
    );
    expect(lease.spec?.holderIdentity).toBe('here');
  });
});

describe('a pod', () => {
  it('runs, gets an address of its own and becomes ready when it listens', async () => {
    await Promise.all(['web-a', 'web-b'].map((name) => node.create(name, { containers: [server()] })));
    const [a, b] = await Promise.all(
      ['web-a', 'web-b'].map((name) => node.until(name, 'ready', (pod) => isReady(pod) && pod)),
    );
    expect(a?.status?.podIP).toMatch(/^127\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./);
    expect(a?.status?.podIP).not.toBe(b?.status?.podIP);
    expect(a?.status).toMatchObject({
      phase: 'Running',
      hostIP: '127.0.0.1',
      podIPs: [{ ip: a?.status?.podIP }],
    });
    expect(mainOf(a as Pod)).toMatchObject({ ready: true, started: true, restartCount: 0, image: 'server' });
    expect(condition(a as Pod, 'PodScheduled')?.status).toBe('True');
    const response = await fetch(`http://${a?.status?.podIP}:8080/`);
    expect(await response.text()).toBe('ok');

    await node.delete('web-a');
    await node.untilGone('web-a');
    await expect(fetch(`http://${a?.status?.podIP}:8080/`)).rejects.toThrow();
    expect((await fetch(`http://${b?.status?.podIP}:8080/`)).status).toBe(200);
    await node.delete('web-b', 0);
    await node.untilGone('web-b');
    await eventually('process of web-b gone', async () =>
      fetch(`http://${b?.status?.podIP}:8080/`).then(
        () => undefined,
        () => true,
      ),
    );
  });

  it('is told to end, and killed when it does not', async () => {
    const stubborn = shell("trap 'echo asked' TERM; echo pid $$; while :; do sleep 0.05; done");
    await node.create('stubborn', { containers: [stubborn], terminationGracePeriodSeconds: 1 });
    const pid = await pidOf('stubborn');
    const following = await node.followLogs('stubborn');
    let text = '';
    following.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    const deletedAt = Date.now();
    await node.delete('stubborn');
    await node.untilGone('stubborn');
    expect(Date.now() - deletedAt).toBeGreaterThan(900);
    expect(await processIdentity(pid)).toBeUndefined();
    expect(text).toContain('asked');
  });

  it('runs its preStop hook before it is told to end', async () => {
    const lifecycle = { preStop: { exec: { command: ['/bin/sh', '-c', 'echo hook > "$TMPDIR/order"'] } } };
    const script = `trap 'echo "term after $(cat $TMPDIR/order)"; exit 0' TERM; echo pid $$; while :; do sleep 0.02; done`;
    await node.create('hooked', { containers: [shell(script, { lifecycle })] });
    await pidOf('hooked');
    const following = await node.followLogs('hooked');
    let text = '';
    following.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    await node.delete('hooked');
    await node.untilGone('hooked');
    expect(text).toContain('term after hook');
  });

  it('that is killed from outside is noticed at once and restarted', async () => {
    await node.create('victim', { containers: [shell('echo pid $$; exec sleep 60')] });
    const pid = await pidOf('victim');
    const killedAt = Date.now();
    process.kill(pid, 'SIGKILL');
    const status = await node.until('victim', 'restarted', (pod) => {
      const main = mainOf(pod);
      return main?.restartCount === 1 && main.state?.running && main;
    });
    expect(Date.now() - killedAt).toBeLessThan(1_000);
    expect(status.lastState?.terminated).toMatchObject({ exitCode: 137, reason: 'Error' });
    await node.delete('victim', 0);
  });

  it('that keeps crashing waits longer and longer', async () => {
    await node.create('crash', { containers: [shell('echo run; exit 3')] });
    const status = await node.until('crash', 'back-off', (pod) => {
      const main = mainOf(pod);
      return main?.state?.waiting?.reason === 'CrashLoopBackOff' && main;
    });
    expect(status).toMatchObject({ restartCount: 1, ready: false });
    expect(status.state?.waiting?.message).toContain('10s');
    expect(status.lastState?.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
    expect((await node.get('crash')).status?.phase).toBe('Running');
    expect(await node.logs('crash', 'previous=true')).toBe('run\n');
    const reasons = await eventually('events', async () => {
      const { items } = await node.client.list(events, { namespace: NAMESPACE });
      const found = items.filter(({ regarding }) => regarding?.name === 'crash').map(({ reason }) => reason);
      return found.includes('BackOff') && found;
    });
    expect(reasons).toEqual(expect.arrayContaining(['Pulled', 'Created', 'Started', 'BackOff']));
    await node.delete('crash', 0);
  });

  it('that is done is Succeeded or Failed, with its last words', async () => {
    const words = (text: string, code: number) =>
      shell(`printf '%s' '${text}' > "$CATNAP_TERMINATION_LOG"; exit ${code}`);
    await node.create('good', { restartPolicy: 'Never', containers: [words('fine', 0)] });
    await node.create('bad', { restartPolicy: 'Never', containers: [words('{"reason":"LoadFailed"}', 78)] });
    await node.create('talker', {
      restartPolicy: 'Never',
      containers: [shell('echo cause >&2; exit 1', { terminationMessagePolicy: 'FallbackToLogsOnError' })],
    });
    const phase = (wanted: string) => (pod: Pod) => pod.status?.phase === wanted && pod;
    const good = await node.until('good', 'Succeeded', phase('Succeeded'));
    const bad = await node.until('bad', 'Failed', phase('Failed'));
    const talker = await node.until('talker', 'Failed', phase('Failed'));
    expect(mainOf(good)?.state?.terminated).toMatchObject({
      exitCode: 0,
      reason: 'Completed',
      message: 'fine',
    });
    expect(mainOf(bad)?.state?.terminated).toMatchObject({
      exitCode: 78,
      message: '{"reason":"LoadFailed"}',
    });
    expect(mainOf(talker)?.state?.terminated?.message).toBe('cause\n');
    expect(condition(good, 'Ready')).toMatchObject({ status: 'False', reason: 'PodCompleted' });
    for (const name of ['good', 'bad', 'talker']) await node.delete(name);
    await Promise.all(['good', 'bad', 'talker'].map((name) => node.untilGone(name)));
  });

  it('over its memory limit is killed as OOMKilled', async () => {
    const grow = `exec "${process.execPath}" -e 'const a=[];setInterval(()=>a.push(Buffer.alloc(8<<20,1)),10)'`;
    const resources = { limits: { memory: '100Mi' } };
    await node.create('hog', { restartPolicy: 'Never', containers: [shell(grow, { resources })] });
    const pod = await node.until('hog', 'Failed', (one) => one.status?.phase === 'Failed' && one);
    expect(mainOf(pod)?.state?.terminated).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
    await node.delete('hog');
  });

  it('runs init containers one after the other before the main ones', async () => {
    const step = (name: string, text: string) => ({
      ...shell(`echo ${text} >> /shared/steps`.replace('/shared', '$DIR'), {
        env: [{ name: 'DIR', value: '/shared' }],
        volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
      }),
      name,
    });
    await node.create('steps', {
      restartPolicy: 'Never',
      volumes: [{ name: 'shared', emptyDir: {} }],
      initContainers: [step('one', 'first'), step('two', 'second')],
      containers: [
        shell('cat "$DIR/steps"', {
          env: [{ name: 'DIR', value: '/shared' }],
          volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
        }),
      ],
    });
    const pod = await node.until('steps', 'Succeeded', (one) => one.status?.phase === 'Succeeded' && one);
    expect(await node.logs('steps')).toBe('first\nsecond\n');
    expect(pod.status?.initContainerStatuses?.map(({ ready }) => ready)).toEqual([true, true]);
    await node.delete('steps');
  });

  it('with an unknown image says so', async () => {
    await node.create('unknown', { containers: [{ name: 'main', image: 'nowhere/thing:1' }] });
    const waiting = await node.until('unknown', 'waiting', (pod) => mainOf(pod)?.state?.waiting);
    expect(waiting.reason).toMatch(/^(ErrImagePull|ImagePullBackOff|ContainerCreating)$/);
    const later = await node.until('unknown', 'back-off', (pod) => {
      const state = mainOf(pod)?.state?.waiting;
      return state?.reason === 'ImagePullBackOff' && state;
    });
    expect(later.message).toMatch(/nowhere\/thing:1.*known: shell, server/);
    expect((await node.get('unknown')).status?.phase).toBe('Pending');
    await node.delete('unknown');
    await node.untilGone('unknown');
  });

  it('is failed when its deadline passes', async () => {
    await node.create('late', { activeDeadlineSeconds: 1, containers: [shell('exec sleep 60')] });
    const pod = await node.until('late', 'Failed', (one) => one.status?.phase === 'Failed' && one);
    expect(pod.status).toMatchObject({ reason: 'DeadlineExceeded' });
    await node.until('late', 'ended', (one) => mainOf(one)?.state?.terminated);
    await node.delete('late');
  });
});

describe('a kubelet that stops', () => {
  it('ends all processes, and starts the pods again when it comes back', async () => {
    await node.create('lasting', { containers: [shell('echo pid $$; exec sleep 60')] });
    const pid = await pidOf('lasting');
    await node.restartKubelet();
    expect(await processIdentity(pid)).toBeUndefined();
    const status = await node.until('lasting', 'running again', (pod) => {
      const main = mainOf(pod);
      return main?.restartCount === 1 && main.state?.running && main;
    });
    expect(status.lastState?.terminated?.reason).toBe('ContainerStatusUnknown');
    await node.delete('lasting');
    await node.untilGone('lasting');
  });
});
