/** How much memory a process and its descendants hold. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MAX_PROCESSES = 512;

/** Bytes that cannot be reclaimed (anonymous and shared memory) by leader pid; absent pids are left out. */
export async function memoryByLeader(leaders: readonly number[]): Promise<Map<number, number>> {
  if (leaders.length === 0) return new Map();
  return process.platform === 'linux' ? linuxMemory(leaders) : portableMemory(leaders);
}

async function linuxMemory(leaders: readonly number[]): Promise<Map<number, number>> {
  const usage = new Map<number, number>();
  for (const leader of leaders) {
    let bytes = 0;
    const queue = [leader];
    for (let at = 0; at < queue.length && at < MAX_PROCESSES; at++) {
      const pid = queue[at] as number;
      const [status, children] = await Promise.all([
        readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''),
        readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => ''),
      ]);
      bytes += unreclaimableBytes(status);
      queue.push(...children.split(' ').filter(Boolean).map(Number));
    }
    usage.set(leader, bytes);
  }
  return usage;
}

/** What a memory cgroup could not reclaim of one process, from its /proc/PID/status. */
export function unreclaimableBytes(status: string): number {
  const kib = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
  return (kib('RssAnon') + kib('RssShmem')) * 1024;
}

async function portableMemory(leaders: readonly number[]): Promise<Map<number, number>> {
  const { stdout } = await run('ps', ['-axo', 'pid=,pgid=,rss=']).catch(() => ({ stdout: '' }));
  return sumByGroup(stdout, leaders);
}

/** Sums `pid pgid rss(KiB)` lines of ps by process group. */
export function sumByGroup(listing: string, leaders: readonly number[]): Map<number, number> {
  const usage = new Map<number, number>();
  const wanted = new Set(leaders);
  for (const line of listing.split('\n')) {
    const [, group, kib] = line.trim().split(/\s+/).map(Number);
    if (group === undefined || kib === undefined || !wanted.has(group)) continue;
    usage.set(group, (usage.get(group) ?? 0) + kib * 1024);
  }
  return usage;
}
