/** What processes of the platform use, from /proc; only where they run on this machine. */
import { readFileSync } from 'node:fs';
import type { ControlPlaneUse } from './report.ts';
import { round } from './stats.ts';

/** USER_HZ: what /proc counts CPU time in. Linux fixes it at 100 for user space. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

/** CPU seconds (user and system) that a process has used so far. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field, the name, may hold spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function residentMegabytes(pid: number): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return (pages * PAGE_BYTES) / 2 ** 20;
}

/** A process of the platform on this machine, in a container or not. */
export interface PartProcess {
  /** redis, operator, gateway; on the embedded cluster also cluster. */
  part: string;
  /** Of its pod, where it has one. */
  name: string;
  pid: number;
}

/** Starts to count; the returned function tells what each process used since. */
export function meterControlPlane(processes: PartProcess[]): () => ControlPlaneUse[] | undefined {
  const parts = processes.map((part) => ({ ...part, before: cpuSeconds(part.pid) }));
  return () => {
    if (parts.length === 0) return undefined;
    return parts.map(({ name, pid, before }) => ({
      name,
      rss_mb: round(residentMegabytes(pid)),
      cpu_s: round(cpuSeconds(pid) - before, 2),
    }));
  };
}

/** CPU seconds that all processes of a part used together since; 0 where there are none to see. */
export function meterPart(processes: PartProcess[], part: string): () => number {
  const pids = processes.filter((candidate) => candidate.part === part).map(({ pid }) => pid);
  const used = () => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  const before = used();
  return () => used() - before;
}
