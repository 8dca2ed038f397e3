import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, NAMESPACE, shell, startNode, type TestNode } from './node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startNode();
});
afterAll(() => node?.stop());

const ended = (name: string) => node.until(name, 'ended', ({ status }) => status?.phase === 'Succeeded');

describe('container logs', () => {
  it('can be cut by lines, bytes and time', async () => {
    const script = 'i=0; while [ $i -lt 100 ]; do echo "line $i"; i=$((i+1)); done; printf unfinished';
    await node.create('lines', { restartPolicy: 'Never', containers: [shell(script)] });
    await ended('lines');
    expect((await node.logs('lines')).split('\n').length).toBe(102);
    expect(await node.logs('lines', 'tailLines=2')).toBe('line 99\nunfinished\n');
    expect(await node.logs('lines', 'tailLines=0')).toBe('');
    expect(await node.logs('lines', 'limitBytes=10')).toBe('line 0\nlin');
    expect(await node.logs('lines', 'sinceSeconds=100&tailLines=1')).toBe('unfinished\n');
    expect(await node.logs('lines', 'sinceTime=2100-01-01T00:00:00Z')).toBe('');
    expect(await node.logs('lines', 'timestamps=true&tailLines=1')).toMatch(
      /^\d{4}-\d\d-\d\dT[\d:.]+Z unfinished\n$/,
    );
  });

  it('are followed while they grow, to the end of the container', async () => {
    const script = 'echo one; while [ ! -e "$TMPDIR/go" ]; do sleep 0.01; done; echo two';
    const probe = { exec: { command: ['/bin/sh', '-c', 'touch "$TMPDIR/go"'] }, initialDelaySeconds: 1 };
    await node.create('grow', {
      restartPolicy: 'Never',
      containers: [shell(script, { readinessProbe: probe })],
    });
    await node.until('grow', 'running', ({ status }) => status?.containerStatuses?.[0]?.state?.running);
    const response = await node.followLogs('grow');
    let text = '';
    response.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    await eventually('first line', () => text === 'one\n');
    await eventually('end of stream', () => response.complete);
    expect(text).toBe('one\ntwo\n');
  });

  it('stay within bounds, and are read across a rotation', async () => {
    const source = `for (let i = 0; i < 150000; i++) console.log(String(i).padStart(60, '.'))`;
    const container = { name: 'main', image: 'server', command: [process.execPath, '-e', source] };
    await node.create('loud', { restartPolicy: 'Never', containers: [container] });
    await ended('loud');
    const kept = (await node.logs('loud'))
      .trim()
      .split('\n')
      .map((line) => Number(line.replaceAll('.', '')));
    expect(kept.at(-1)).toBe(149_999);
    expect(kept.length).toBeLessThan(120_000);
    expect(kept.every((value, index) => index === 0 || value === (kept[index - 1] as number) + 1)).toBe(true);
  });

  it('are refused with a reason when there are none', async () => {
    await node.create('none', { containers: [{ name: 'main', image: 'nowhere' }] });
    await node.until('none', 'waiting', ({ status }) => status?.containerStatuses?.[0]?.state?.waiting);
    expect(await node.logs('none')).toMatch(/waiting to start/);
    expect(await node.logs('none', 'previous=true')).toMatch(/previous terminated container/);
  });

  it('are for the API server alone', async () => {
    const { port, token } = node.kubelet().server;
    const url = `http://127.0.0.1:${port}/containerLogs/${NAMESPACE}/lines/main`;
    expect((await fetch(url)).status).toBe(401);
    expect((await fetch(url, { headers: { authorization: `Bearer ${token}x` } })).status).toBe(401);
    const own = await fetch(`${url}?tailLines=1`, { headers: { authorization: `Bearer ${token}` } });
    expect([own.status, await own.text()]).toEqual([200, 'unfinished\n']);
    const bad = await fetch(`${url}?tailLines=x`, { headers: { authorization: `Bearer ${token}` } });
    expect([bad.status, await bad.text()]).toEqual([400, 'tailLines must be a whole number of at least 0']);
  });
});
