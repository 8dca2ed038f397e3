import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { processIdentity } from './identity.ts';
import type { KeeperReply } from './protocol.ts';
import { processRecords } from './records.ts';

let dir: string;
const started: ChildProcess[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'catnap-orphans-'));
});
afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  await rm(dir, { recursive: true, force: true });
});

it('ends containers when the kubelet disappears without a word', async () => {
  const keeper = fork(fileURLToPath(new URL('./keeper.ts', import.meta.url)), {
    execArgv: [],
    detached: true,
  });
  started.push(keeper);
  await once(keeper, 'message');
  keeper.send({
    op: 'start',
    id: 'a',
    argv: ['sleep', '60'],
    env: { PATH: process.env.PATH },
    cwd: dir,
    logFile: join(dir, 'a.log'),
    logMaxBytes: 1_000,
  });
  const [reply] = (await once(keeper, 'message')) as [KeeperReply];
  const pid = reply.op === 'started' ? reply.pid : 0;
  expect(await processIdentity(pid)).toBeDefined();
  // What the operating system does with the channel of a killed kubelet.
  keeper.disconnect();
  await once(keeper, 'exit');
  expect(await processIdentity(pid)).toBeUndefined();
});

it('ends recorded processes of an earlier run, but not a later process with the same pid', async () => {
  const left = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
  const bystander = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
  started.push(left, bystander);
  const records = processRecords(dir);
  records.add('left', left.pid as number);
  await records.flush();
  const { writeFile } = await import('node:fs/promises');
  await writeFile(join(dir, 'reused.json'), JSON.stringify({ pid: bystander.pid, identity: 'earlier' }));
  await writeFile(join(dir, 'broken.json'), '{');

  const exited = once(left, 'exit');
  expect(await processRecords(dir).endLeftovers()).toBe(1);
  await exited;
  expect(await processIdentity(bystander.pid as number)).toBeDefined();
  expect(await processRecords(dir).endLeftovers()).toBe(0);
});
