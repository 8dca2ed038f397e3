/**
 * Which windows of a function's schedules are open at a moment: a function of spec and time alone, so that
 * neither a restart nor a missed tick matters. Pure.
 */
import { REMEDY, readOpenings, type Schedule, type ScheduleFault } from './cron.ts';

export interface OpenWindow {
  name: string;
  minReplicas: number;
  /** When it closes, in milliseconds since 1970. Windows of one schedule that meet or overlap are one. */
  untilMs: number;
}

export interface NextWindow {
  name: string;
  minReplicas: number;
  opensAtMs: number;
}

export interface InvalidSchedule extends ScheduleFault {
  name: string;
}

export interface Windows {
  /** In the order of the spec. */
  open: OpenWindow[];
  /** The next to open, of the schedules that are closed. */
  next: NextWindow | undefined;
  /** Schedules that can never open. */
  invalid: InvalidSchedule[];
  /** When this may be different, in milliseconds since 1970. */
  changesAtMs: number | undefined;
}

/** Of windows that never end, so many are looked at; then it is time to look anew. */
const MAX_JOINED = 24;
/** Not longer than the clock can be trusted to run on: machines sleep, and clocks are set. */
const MAX_RECHECK_MS = 300_000;

export function windowsAt(schedules: readonly Schedule[], nowMs: number): Windows {
  const windows: Windows = { open: [], next: undefined, invalid: [], changesAtMs: undefined };
  for (const schedule of schedules) {
    const found = lookAt(schedule, nowMs);
    if ('problem' in found) windows.invalid.push(found);
    else if ('untilMs' in found) windows.open.push(found);
    else if (found.opensAtMs < (windows.next?.opensAtMs ?? Number.POSITIVE_INFINITY)) windows.next = found;
  }
  const times = windows.open.map(({ untilMs }) => untilMs);
  if (windows.next) times.push(windows.next.opensAtMs);
  if (times.length > 0) windows.changesAtMs = Math.min(...times);
  return windows;
}

/** How soon to look again, in milliseconds. */
export function untilChange({ changesAtMs }: Windows, nowMs: number): number | undefined {
  return changesAtMs && Math.min(Math.max(changesAtMs - nowMs, 1), MAX_RECHECK_MS);
}

function lookAt(schedule: Schedule, nowMs: number): OpenWindow | NextWindow | InvalidSchedule {
  const { name, minReplicas, durationMinutes } = schedule;
  const openings = readOpenings(schedule);
  if ('problem' in openings) return { name, ...openings };
  const durationMs = durationMinutes * 60_000;
  // What opened earlier than this has closed by now.
  let opening = openings.after(nowMs - durationMs);
  if (opening === undefined) {
    return { name, field: 'start', problem: `"${schedule.start}" is a day that never comes. ${REMEDY}` };
  }
  if (opening > nowMs) return { name, minReplicas, opensAtMs: opening };
  let untilMs = opening + durationMs;
  for (let joined = 0; joined < MAX_JOINED; joined++) {
    opening = openings.after(opening);
    if (opening === undefined || opening > untilMs) break;
    untilMs = opening + durationMs;
  }
  return { name, minReplicas, untilMs };
}
