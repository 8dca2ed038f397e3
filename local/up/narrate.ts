/** What happened to a function, in sentences. Pure. */

/** A function as it was seen at one moment. */
export interface Snapshot {
  /** What to call it. */
  title: string;
  url: string;
  /** Reason and message of the Ready condition. */
  ready: { status: string; reason: string; message: string };
  revision: string;
  loadedRevision: string;
  /** Replicas asked for. */
  wanted: number;
  /** Pods that take calls. */
  available: number;
}

export interface Telling {
  lines: string[];
  /** Since when (ms) the function has been starting from zero, and why. */
  waking?: { since: number; cause: string };
}

/** Compares two moments of one function; `undefined` stands for "does not exist". */
export function narrate(
  previous: Snapshot | undefined,
  current: Snapshot | undefined,
  waking: Telling['waking'],
  now: number,
): Telling {
  if (!current) return { lines: previous ? [`${previous.title}: deleted`] : [] };
  const before = previous?.wanted ?? 0;
  const wake = before === 0 && current.wanted > 0 ? { since: now, cause: cause(current) } : waking;
  const arrived = wake !== undefined && current.available > 0;
  const sentences = [
    ...identity(previous, current),
    ...scaling(before, current.wanted),
    ...(arrived ? [`${wake.cause}: ${pods(current.available)} in ${duration(now - wake.since)}`] : []),
    ...readiness(previous, current),
    ...(before > 0 && current.wanted === 0 ? ['asleep'] : []),
  ];
  return {
    lines: sentences.map((sentence) => `${current.title}: ${sentence}`),
    waking: arrived || current.wanted === 0 ? undefined : wake,
  };
}

function identity(previous: Snapshot | undefined, current: Snapshot): string[] {
  if (!previous) return ['applied'];
  return previous.revision && current.revision !== previous.revision ? ['changed, new revision'] : [];
}

function scaling(before: number, after: number): string[] {
  return before > 0 && after > 0 && after !== before ? [`scaled ${before} → ${after}`] : [];
}

function cause(current: Snapshot): string {
  const checked = current.revision !== '' && current.loadedRevision === current.revision;
  return checked ? 'woken by a call' : 'started once to see that its code loads';
}

function readiness(previous: Snapshot | undefined, { ready, url }: Snapshot): string[] {
  const before = previous?.ready;
  if (before?.reason === ready.reason && before.message === ready.message) return [];
  if (ready.status === 'True') return before?.status === 'True' ? [] : [`ready at ${url}`];
  if (ready.status === 'False') return [`${ready.reason}: ${ready.message.replaceAll(/\s+/g, ' ').trim()}`];
  return [];
}

const pods = (count: number) => (count === 1 ? '1 pod' : `${count} pods`);

/** `212 ms` or `3.4 s`. */
export function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
