/** Tells whether a pid still is the process it was, since pids are reused. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
let bootId: Promise<string> | undefined;

/**
 * A string that is the same for one process as long as it lives and differs for any later process with the
 * same pid; undefined when no such process exists.
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  return process.platform === 'linux' ? linuxIdentity(pid) : portableIdentity(pid);
}

async function linuxIdentity(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat === undefined) return undefined;
  bootId ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    () => '',
  );
  const { state, startTicks } = parseStat(stat);
  return state === 'Z' ? undefined : `${await bootId}:${startTicks}`;
}

/** State and start time (clock ticks since boot) of a line of /proc/PID/stat. */
export function parseStat(stat: string): { state: string; startTicks: string } {
  // The second field is the command in parentheses and may itself hold blanks and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', startTicks: fields[19] ?? '' };
}

async function portableIdentity(pid: number): Promise<string | undefined> {
  const { stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout.trim() || undefined;
}
