/** `npm start` as a process: what it keeps, and what it leaves behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createKubectl } from '#test/harness/kubectl.ts';
import { waitFor } from '#test/harness/wait-for.ts';

const MAIN = fileURLToPath(new URL('../../../local/up/main.ts', import.meta.url));
const PARTS = ['redis', 'cluster', 'operator', 'gateway'];

let directory: string;
let running: ChildProcess | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'catnap-up-'));
});
afterEach(async () => {
  running?.kill('SIGTERM');
  if (running && running.exitCode === null && running.signalCode === null) await once(running, 'exit');
  await rm(directory, { recursive: true, force: true });
});

interface Started {
  child: ChildProcess;
  output(): string;
  gatewayUrl: string;
}

function launch(...args: string[]): { child: ChildProcess; output(): string } {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  running = child;
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data) => {
      text += data;
    });
  }
  return { child, output: () => text };
}

async function start(): Promise<Started> {
  const { child, output } = launch('--data', directory);
  const up = () => output().includes('Ctrl-C stops everything');
  await Promise.race([
    waitFor(up, { timeoutMs: 50_000, describe: 'the platform to run' }),
    once(child, 'exit').then(() => {
      if (!up()) throw new Error(output());
    }),
  ]);
  return { child, output, gatewayUrl: /Gateway\s+(http:\S+)/.exec(output())?.[1] ?? '' };
}

async function pids(): Promise<number[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.pid'));
  expect(files.toSorted()).toEqual(PARTS.map((part) => `${part}.pid`).toSorted());
  return Promise.all(files.map(async (file) => Number(await readFile(join(directory, file), 'utf8'))));
}

const isAlive = (pid: number) => existsSync(`/proc/${pid}`);

it('stops everything on a signal, and keeps functions over a restart with --data', {
  timeout: 120_000,
}, async () => {
  const first = await start();
  const kubectl = await createKubectl(join(directory, 'kubeconfig'));
  const patch = { spec: { scaling: { idleSeconds: 77 } } };
  await kubectl(['patch', 'fn', 'hello', '--type=merge', '-p', JSON.stringify(patch)]);
  expect(await (await fetch(`${first.gatewayUrl}/fn/default/hello?name=you`)).text()).toContain('Hello, you');
  const parts = await pids();
  first.child.kill('SIGINT');
  expect(await once(first.child, 'exit')).toEqual([0, null]);
  expect(parts.filter(isAlive)).toEqual([]);
  expect(first.output()).toContain('Catnap stopped');

  const second = await start();
  expect(await kubectl(['get', 'fn', 'hello', '-o', 'jsonpath={.spec.scaling.idleSeconds}'])).toBe('77');
  expect((await fetch(`${second.gatewayUrl}/fn/default/hello`)).status).toBe(200);

  const third = launch('--data', directory);
  expect((await once(third.child, 'exit'))[0]).not.toBe(0);
  expect(third.output()).toContain('is in use by process');
  running = second.child;
});

it('leaves no process behind when it is killed', { timeout: 120_000 }, async () => {
  const { child, gatewayUrl } = await start();
  expect((await fetch(`${gatewayUrl}/fn/default/hello`)).status).toBe(200);
  const parts = await pids();
  child.kill('SIGKILL');
  await waitFor(() => !parts.some(isAlive), { timeoutMs: 10_000, describe: 'every part to end' });
});

it('refuses what it does not know', async () => {
  const { child, output } = launch('--nonsense');
  expect((await once(child, 'exit'))[0]).toBe(2);
  expect(output()).toContain("Unknown option '--nonsense'");
});
