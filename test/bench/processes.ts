/** What processes of the platform use, from /proc; only where they run on this machine. */
import { readFileSync } from 'node:fs';
import type { ControlPlaneUse } from './report.ts';
import { round } from './stats.ts';

/** USER_HZ: what /proc counts CPU time in. Linux fixes it at 100 for user space. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

/** A process of the platform on this machine, in a container or not. */
export interface PartProcess {
  /** redis, operator, gateway; on the embedded cluster also cluster. */
  part: string;
  /** Of its pod, where it has one. */
  name: string;
  pid: number;
  /** Where a gateway takes calls, without a Service before it. */
  calls?: { host: string; port: number };
  /** Probes and metrics of operator and gateway. */
  controlUrl?: string;
}

/** CPU seconds (user and system) that a process has used so far. */
function cpuSeconds(process: PartProcess): number {
  const stat = read(process, 'stat');
  // The second field, the name, may hold spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Resident memory in MB, the program included. */
export function residentMegabytes(process: PartProcess): number {
  const pages = Number(read(process, 'statm').split(' ')[1]);
  return round((pages * PAGE_BYTES) / 2 ** 20);
}

/** @throws Error when the process is gone: its figures would be those of another, or of nothing */
function read({ name, pid }: PartProcess, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    throw new Error(`${name} (process ${pid}) ended while it was measured`, { cause: error });
  }
}

/**
 * Starts to count; the returned function tells what each process used since.
 *
 * @param phase what is metered, where a report has several such phases
 */
export function meterControlPlane(
  processes: PartProcess[],
  phase?: string,
): () => ControlPlaneUse[] | undefined {
  const before = processes.map(cpuSeconds);
  return () => {
    if (processes.length === 0) return undefined;
    return processes.map((process, index) => ({
      name: phase ? `${process.name}, ${phase}` : process.name,
      rss_mb: residentMegabytes(process),
      cpu_s: round(cpuSeconds(process) - (before[index] ?? 0), 2),
    }));
  };
}

/** CPU seconds that all processes of a part used together since; 0 where there are none to see. */
export function meterPart(processes: PartProcess[], part: string): () => number {
  const measured = processes.filter((candidate) => candidate.part === part);
  const used = () => measured.reduce((sum, process) => sum + cpuSeconds(process), 0);
  const before = used();
  return () => used() - before;
}
