/** The cluster's processes on the host: detached from us, found again by their pid files. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '#local/up/wait-for.ts';
import { weighWithDaemons } from '../host/cpu-shares.ts';
import { PATH } from '../host/run.ts';
import type { Part } from '../parts.ts';
import { DIRECTORY, files } from '../plan/files.ts';
import { MARK, processStart } from './proc.ts';

/** An API server waits much longer for its clients' watches to end. */
const STOP_MS = 5_000;
const KILL_MS = 10_000;

export const logFile = (part: string) => join(files.logs, `${part}.log`);
const pidFile = (part: string) => join(files.pids, part);

/** Pid of a part that runs, else undefined. A pid that another process has by now does not count. */
export async function pidOf(part: string): Promise<number | undefined> {
  const text = await readFile(pidFile(part), 'utf8').catch(() => '');
  const [pid, start] = text.split(' ');
  if (!pid || !start) return undefined;
  return (await processStart(Number(pid))) === start ? Number(pid) : undefined;
}

/** Whether a part that was started and not terminated runs no more. */
export async function crashed(part: string): Promise<boolean> {
  return existsSync(pidFile(part)) && (await pidOf(part)) === undefined;
}

/** Starts the process; does not wait until it is usable. Its output is appended to its log. */
export async function launch(part: Part): Promise<void> {
  for (const directory of [files.logs, files.pids]) mkdirSync(directory, { recursive: true, mode: 0o700 });
  const log = openSync(logFile(part.name), 'a', 0o600);
  try {
    const child = spawn(part.command, part.args, {
      cwd: DIRECTORY,
      detached: true,
      stdio: ['ignore', log, log],
      env: { PATH, HOME: DIRECTORY, TMPDIR: '/tmp', [MARK]: part.name },
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => reject(new Error(`cannot start ${part.name}: ${error.message}`)));
    });
    const pid = child.pid as number;
    await weighWithDaemons(pid);
    await writeFile(pidFile(part.name), `${pid} ${(await processStart(pid)) ?? 'ended'}`);
    child.unref();
  } finally {
    closeSync(log);
  }
}

/** SIGTERM, and SIGKILL when that has not helped after 5 s. Does nothing when the part does not run. */
export async function terminate(part: string): Promise<void> {
  const pid = await pidOf(part);
  if (pid !== undefined) {
    signal(pid, 'SIGTERM');
    const gone = async () => (await pidOf(part)) === undefined;
    const describe = `${part} (pid ${pid}) to end`;
    await waitFor(gone, { timeoutMs: STOP_MS, describe }).catch(async () => {
      signal(pid, 'SIGKILL');
      await waitFor(gone, { timeoutMs: KILL_MS, describe });
    });
  }
  await rm(pidFile(part), { force: true });
}

/** Sends a signal; a process that has ended is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

export async function logTail(part: string, lines = 15): Promise<string> {
  const text = await readFile(logFile(part), 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}
