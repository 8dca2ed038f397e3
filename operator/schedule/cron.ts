/** When a schedule's windows open, by the clock of its time zone. Pure. */
import { Cron } from 'croner';
import type { FunctionSpec } from '#crds/function/types.ts';

export type Schedule = NonNullable<FunctionSpec['scaling']['schedules']>[number];

/** Openings in the order of time. */
export interface Openings {
  /** The first one after `afterMs`, in milliseconds since 1970; undefined when there will be none. */
  after(afterMs: number): number | undefined;
}

/** What is wrong with one field of a schedule. */
export interface ScheduleFault {
  field: 'start' | 'timeZone';
  /** What it is, and what would be right. */
  problem: string;
}

/** Reads a schedule. */
export function readOpenings({ start, timeZone }: Schedule): Openings | ScheduleFault {
  if (!isTimeZone(timeZone)) {
    return {
      field: 'timeZone',
      problem: `"${timeZone}" is no time zone. Give an IANA name such as Europe/Berlin, or UTC.`,
    };
  }
  try {
    const cron = new Cron(start, { timezone: timeZone, mode: '5-part' });
    return { after: (afterMs) => cron.nextRun(new Date(afterMs))?.getTime() };
  } catch (error) {
    return { field: 'start', problem: `"${start}" cannot be read: ${reasonOf(error)}. ${REMEDY}` };
  }
}

export const REMEDY =
  'Give minute, hour, day of month, month and day of week, such as "0 8 * * MON-FRI" for 8 o\'clock on working days.';

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** The library's words without the names of its classes. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/^Cron\w*: /, '').replace(/\.$/, '');
}
