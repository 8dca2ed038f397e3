/** The embedded cluster as a process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createKubectl } from '#test/harness/kubectl.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { deployment } from './fixture.ts';

const ENTRY = fileURLToPath(new URL('../../../local/main.ts', import.meta.url));
const PROGRAM = `
  const { createServer } = require('node:net');
  console.log('process ' + process.pid);
  createServer((socket) => socket.end()).listen(8080, process.env.HOST, () => console.log('listening'));
  process.on('SIGTERM', () => process.exit(0));
`;

interface Line {
  msg?: string;
  url?: string;
}
interface Running {
  process: ChildProcess;
  lines: Line[];
  exited: Promise<number | null>;
}

let directory: string;
let running: Running[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'catnap-cluster-'));
  running = [];
});
afterEach(async () => {
  for (const { process, exited } of running) {
    process.kill('SIGKILL');
    await exited;
  }
  rmSync(directory, { recursive: true, force: true });
});

const file = (name: string) => join(directory, name);

function start(args: string[]): Running {
  const child = spawn(process.execPath, [ENTRY, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: Line[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line)));
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const started = { process: child, lines, exited };
  running.push(started);
  return started;
}

async function startReady(): Promise<Running> {
  writeFileSync(file('images.json'), JSON.stringify({ web: { command: [process.execPath, '-e', PROGRAM] } }));
  const args = ['--kubeconfig', file('kubeconfig'), '--data', file('data'), '--images', file('images.json')];
  const cluster = start(args);
  await waitFor(() => cluster.lines.some(({ msg }) => msg === 'ready'), {
    timeoutMs: 15_000,
    describe: 'the cluster to be ready',
  });
  return cluster;
}

const stopped = async ({ process, exited }: Running) => {
  process.kill('SIGTERM');
  return exited;
};

it('runs a Deployment, shows its logs, keeps it over a restart, and leaves no process behind', async () => {
  const first = await startReady();
  expect(statSync(file('kubeconfig')).mode & 0o777).toBe(0o600);
  const { url } = first.lines.find(({ msg }) => msg === 'ready') ?? {};
  expect(readFileSync(file('kubeconfig'), 'utf8')).toContain(url);

  const kubectl = await createKubectl(file('kubeconfig'));
  const web = deployment('web');
  web.spec.template.spec.containers[0] = { name: 'main', image: 'web' };
  await kubectl.apply(web);
  await kubectl(['rollout', 'status', 'deploy/web', '--timeout=20s']);
  const logs = await waitFor(
    async () => (await kubectl(['logs', 'deploy/web'])).match(/^process (\d+)\nlistening\n/),
    {
      timeoutMs: 5_000,
      describe: 'the log of the pod',
    },
  );
  const pid = Number(logs[1]);
  expect(() => process.kill(pid, 0)).not.toThrow();
  expect(await stopped(first)).toBe(0);
  expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);

  const second = await startReady();
  const again = await createKubectl(file('kubeconfig'));
  await again(['wait', '--for=condition=Available', 'deploy/web', '--timeout=20s']);
  expect(await stopped(second)).toBe(0);
});

it.each([
  [['--port', '1'], 2, '--kubeconfig is missing'],
  [['--kubeconfig', '/nowhere/at/all'], 1, 'cluster failed to start'],
])('with %j ends and says why', async (args, code, message) => {
  const cluster = start(args);
  expect(await cluster.exited).toBe(code);
  expect(cluster.lines.at(-1)?.msg).toContain(message);
});
