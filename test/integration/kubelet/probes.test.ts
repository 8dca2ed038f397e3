import type { Pod } from 'kubernetes-types/core/v1.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pods } from '#kube/resource.ts';
import { createWatcher } from '#kube/watcher.ts';
import { NAMESPACE, shell, startNode, type TestNode } from './node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startNode();
});
afterAll(() => node?.stop());

const mainOf = (pod: Pod) => pod.status?.containerStatuses?.[0];
const http = (path: string, rest: object = {}) => ({
  httpGet: { path, port: 'http' },
  periodSeconds: 1,
  ...rest,
});
const server = (rest: object) => ({
  name: 'main',
  image: 'server',
  ports: [{ name: 'http', containerPort: 8080 }],
  ...rest,
});

describe('a readiness probe', () => {
  it('shows within 100 ms of the process listening', async () => {
    // The container tells when it listens; the watch tells when the API knew.
    const source = `require('node:http').createServer().listen(8080, process.env.HOST, () => console.log(Date.now()))`;
    const readyAt = new Map<string, number>();
    const watcher = createWatcher(node.client, pods, { namespace: NAMESPACE });
    watcher.onChange(({ key, current }) => {
      if (current && mainOf(current)?.ready && !readyAt.has(key)) readyAt.set(key, Date.now());
    });
    watcher.start();
    await watcher.whenSynced();
    const delays: number[] = [];
    for (const name of ['quick-1', 'quick-2', 'quick-3', 'quick-4', 'quick-5']) {
      const container = server({
        command: [process.execPath, '-e', source],
        readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 10 },
      });
      await node.create(name, { containers: [container] });
      await node.until(name, 'ready', (pod) => mainOf(pod)?.ready);
      delays.push((readyAt.get(`${NAMESPACE}/${name}`) ?? Number.NaN) - Number(await node.logs(name)));
      await node.delete(name, 0);
    }
    await watcher.stop();
    expect(delays.sort((a, b) => a - b)[2]).toBeLessThan(100);
  });

  it('by HTTP keeps a failing pod unready without restarting it', async () => {
    await node.create('failing', {
      containers: [server({ readinessProbe: http('/fail'), startupProbe: http('/ok') })],
    });
    const main = await node.until('failing', 'started', (pod) => mainOf(pod)?.started && mainOf(pod));
    expect(main).toMatchObject({ ready: false, restartCount: 0 });
    await node.delete('failing', 0);
  });

  it('by command follows what the command says', async () => {
    const probe = {
      exec: { command: ['/bin/sh', '-c', 'test -e "$TMPDIR/ready"'] },
      periodSeconds: 1,
      failureThreshold: 1,
    };
    const script = 'touch "$TMPDIR/ready"; sleep 2; rm "$TMPDIR/ready"; exec sleep 60';
    await node.create('moody', { containers: [shell(script, { readinessProbe: probe })] });
    await node.until('moody', 'ready', (pod) => mainOf(pod)?.ready);
    const main = await node.until('moody', 'unready', (pod) => mainOf(pod)?.ready === false && mainOf(pod));
    expect(main.restartCount).toBe(0);
    await node.delete('moody', 0);
  });
});

describe('a liveness probe', () => {
  it('restarts the container after its threshold', async () => {
    const livenessProbe = http('/fail', { failureThreshold: 2 });
    await node.create('sick', { containers: [server({ livenessProbe })] });
    const main = await node.until(
      'sick',
      'restarted',
      (pod) => (mainOf(pod)?.restartCount ?? 0) > 0 && mainOf(pod),
    );
    expect(main.lastState?.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' });
    await node.delete('sick', 0);
  });
});

describe('a startup probe', () => {
  it('gives up after its time', async () => {
    const startupProbe = { tcpSocket: { port: 9999 }, periodSeconds: 1, failureThreshold: 2 };
    await node.create('never', { containers: [shell('exec sleep 60', { startupProbe })] });
    const main = await node.until(
      'never',
      'restarted',
      (pod) => (mainOf(pod)?.restartCount ?? 0) > 0 && mainOf(pod),
    );
    const { startedAt = '', finishedAt = '' } = main.lastState?.terminated ?? {};
    expect(Date.parse(finishedAt) - Date.parse(startedAt)).toBeGreaterThanOrEqual(1_000);
    await node.delete('never', 0);
  });
});
