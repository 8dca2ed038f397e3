/** What many sleeping functions cost, and what we set out to keep it to. */
import type { Result } from '../report.ts';
import { round } from '../stats.ts';
import { judge, type Target } from '../targets.ts';

/** Resident memory of each process of the platform. */
export type Memory = { part: string; name: string; mb: number }[];

interface Stage {
  results: Result[];
  memory: Memory;
}

export function densityTargets(few: Stage, many: Stage): Target[] {
  const before = few.results[0]?.p95_ms;
  const after = many.results[0]?.p95_ms;
  const change = before && after ? round((after / before - 1) * 100) : undefined;
  return [
    judge(
      { name: 'gateway, more memory than with few functions', unit: 'MB', atMost: 40 },
      growth('gateway', few.memory, many.memory),
    ),
    judge({ name: 'wake p95, more than among few functions', unit: '%', atMost: 20 }, change),
  ];
}

/** Of the process of this part that grew most, in MB; undefined where none can be seen. */
export function growth(part: string, before: Memory, after: Memory): number | undefined {
  const grown = after
    .filter((process) => process.part === part)
    .map(({ name, mb }) => mb - (before.find((process) => process.name === name)?.mb ?? 0));
  return grown.length > 0 ? round(Math.max(...grown)) : undefined;
}

export function memoryNotes(before: Memory, after: Memory, added: number): string[] {
  return ['gateway', 'operator'].flatMap((part) => {
    const mb = growth(part, before, after);
    const of = (memory: Memory) =>
      memory.flatMap((process) => (process.part === part ? `${process.mb} MB` : [])).join(' and ');
    if (mb === undefined) return [];
    const each = Math.round((mb * 2 ** 20) / added);
    // Below what the collector leaves lying about, there is nothing to divide.
    const cost = each > 0 ? `${each} bytes for each` : 'no growth to be seen';
    return [`${part}: ${of(before)} resident before, ${of(after)} with ${added} functions more: ${cost}.`];
  });
}
