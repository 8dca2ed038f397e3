import { cgroupProcesses } from './host/cgroups.ts';
import { allParts } from './parts.ts';
import { planNodes } from './plan/addresses.ts';
import { pidOf } from './process/daemon.ts';
import { answers } from './process/probe.ts';
import { markedProcesses, processMemory } from './process/proc.ts';

export interface PartStatus {
  name: string;
  pid?: number;
  /** Runs and answers. */
  usable: boolean;
  memoryBytes: number;
}

/** Each part of a cluster with this many nodes, and all containers together. */
export async function partStatuses(nodes: number): Promise<PartStatus[]> {
  const parts = await Promise.all(
    allParts(planNodes(nodes)).map(async ({ name, probe }) => {
      const pid = await pidOf(name);
      const usable = pid !== undefined && (await answers(probe).catch(() => false));
      return { name, pid, usable, memoryBytes: pid === undefined ? 0 : await processMemory(pid) };
    }),
  );
  const daemons = new Set(await markedProcesses());
  const inContainers = (await cgroupProcesses()).filter((pid) => !daemons.has(pid));
  const contained = await Promise.all(inContainers.map(processMemory));
  const memoryBytes = contained.reduce((sum, bytes) => sum + bytes, 0);
  return [...parts, { name: `in containers (${contained.length})`, usable: true, memoryBytes }];
}

/** One line for each, and the sum. */
export function formatStatuses(statuses: PartStatus[]): string {
  const line = (name: string, pid: string, state: string, bytes: number) =>
    `${name.padEnd(22)} ${pid.padStart(8)}  ${state.padEnd(10)} ${mebibytes(bytes).padStart(9)}`;
  const total = statuses.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
  return [
    ...statuses.map(({ name, pid, usable, memoryBytes }) =>
      line(name, pid ? String(pid) : '', stateOf(name, pid, usable), memoryBytes),
    ),
    line('total', '', '', total),
  ].join('\n');
}

function stateOf(name: string, pid: number | undefined, usable: boolean): string {
  if (name.startsWith('in containers')) return '';
  if (pid === undefined) return 'stopped';
  return usable ? 'ready' : 'not ready';
}

const mebibytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
