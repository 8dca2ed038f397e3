/** What /proc tells of processes. */
import { readdir, readFile } from 'node:fs/promises';

/** In the environment of everything that the cluster starts on the host, its value the part's name. */
export const MARK = 'CATNAP_TEST_CLUSTER_PART';

/** When a process began, in clock ticks since boot: with the pid it names a process for good. */
export function startTime(stat: string): string | undefined {
  // The command, in parentheses, may hold spaces and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie has ended; only its parent has not heard of it yet.
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

export async function processStart(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat === undefined ? undefined : startTime(stat);
}

/** All running processes with our mark, the shims that containerd starts among them. */
export async function markedProcesses(mark = MARK): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const marked = await Promise.all(pids.map(async (pid) => ((await isMarked(pid, mark)) ? pid : undefined)));
  return marked.filter((pid) => pid !== undefined);
}

async function isMarked(pid: number, mark: string): Promise<boolean> {
  if (pid === process.pid) return false;
  const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
  if (!`\0${environment}`.includes(`\0${mark}=`)) return false;
  return (await processStart(pid)) !== undefined;
}

/** Resident memory in bytes, shared pages counted by share; 0 when the process is gone. */
export async function processMemory(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0) * 1024;
}
