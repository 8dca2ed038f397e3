/** What processes of the platform use, from /proc; only where they run on this machine. */
import { readFileSync } from 'node:fs';
import type { Platform } from '#local/up/platform.ts';
import type { ControlPlaneUse } from './report.ts';
import { round } from './stats.ts';

/** USER_HZ: what /proc counts CPU time in. Linux fixes it at 100 for user space. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

/** CPU seconds (user and system) that a process has used so far. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field, the name, may hold spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function residentMegabytes(pid: number): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return (pages * PAGE_BYTES) / 2 ** 20;
}

/** Starts to count; the returned function tells what each part used since. */
export function meterControlPlane(platform: Platform): () => ControlPlaneUse[] {
  const parts = platform.components.flatMap(({ name, pid }) =>
    pid ? [{ name, pid, before: cpuSeconds(pid) }] : [],
  );
  return () =>
    parts.map(({ name, pid, before }) => ({
      name,
      rss_mb: round(residentMegabytes(pid)),
      cpu_s: round(cpuSeconds(pid) - before, 2),
    }));
}
