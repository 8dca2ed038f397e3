/** Calls the function at set times. */
import { Cron } from 'croner';
import type { Static } from 'typebox';
import type { cron } from '#crds/function/triggers/cron.ts';
import { type Clock, sleep, systemClock } from '#kube/clock.ts';
import type { LastRuns } from '../last-runs.ts';
import type { CreateSource, SourceContext, TriggerEvent, TriggerSetup } from '../source.ts';
import { triggerSource } from '../trigger-source.ts';

export type CronConfig = Static<typeof cron>;

/** A run that is late by no more than this was not missed: a gateway takes over another's triggers meanwhile. */
const LATE_MS = 60_000;
/** The wall clock is looked at this often at least, since it may be set. */
const LONGEST_SLEEP_MS = 60_000;
/** Of one trigger; a function that cannot run must not pile up runs for ever. */
const MAX_OPEN_RUNS = 100;

/** @param lastRuns when triggers last ran, shared by all gateways */
export function cronSource(lastRuns: LastRuns, clock: Clock = systemClock): CreateSource<CronConfig> {
  return (setup) => {
    const run = new CronRun(setup, lastRuns, clock);
    return { run: (context) => run.run(context) };
  };
}

class CronRun {
  private readonly setup: TriggerSetup<CronConfig>;
  private readonly lastRuns: LastRuns;
  private readonly clock: Clock;
  private readonly schedule: Schedule;
  private readonly open = new Set<Promise<void>>();
  private lastDone = 0;

  constructor(setup: TriggerSetup<CronConfig>, lastRuns: LastRuns, clock: Clock) {
    this.setup = setup;
    this.lastRuns = lastRuns;
    this.clock = clock;
    this.schedule = scheduleOf(setup.config);
    if (this.schedule.after(clock.now()) === undefined) {
      throw new Error(`schedule "${setup.config.schedule}" names a time that never comes`);
    }
  }

  async run(context: SourceContext): Promise<void> {
    const { clock, schedule } = this;
    let handled = await this.begin();
    let next = 0;
    let looked = 0;
    context.connected();
    while (!context.signal.aborted) {
      const now = clock.now();
      if (now >= next || now < looked) {
        const due = schedule.latest(now);
        if (due !== undefined && due > handled) {
          handled = due;
          if (this.isWanted(due, now, context)) this.start(due, context);
        }
        // A clock that was set back must not repeat what was done.
        next = schedule.after(Math.max(now, handled)) ?? Number.POSITIVE_INFINITY;
      }
      looked = now;
      await sleep(clock, Math.min(next - now, LONGEST_SLEEP_MS), context.signal);
    }
    await Promise.all(this.open);
  }

  /** Up to when runs have been dealt with. */
  private async begin(): Promise<number> {
    const { functionKey, name } = this.setup;
    const known = await this.lastRuns.get(functionKey, name, this.schedule.id);
    if (known !== undefined) return known;
    const now = this.clock.now();
    await this.lastRuns.set(functionKey, name, this.schedule.id, now);
    return now;
  }

  private isWanted(due: number, now: number, { log }: SourceContext): boolean {
    const { missedRuns, overlap } = this.setup.config;
    const scheduledTime = new Date(due).toISOString();
    if (missedRuns === 'skip' && now - due > LATE_MS) {
      log.info({ scheduledTime }, 'a run was missed and is left out');
      return false;
    }
    if (this.open.size >= (overlap === 'skip' ? 1 : MAX_OPEN_RUNS)) {
      log.info({ scheduledTime, open: this.open.size }, 'a run is left out: earlier ones have not ended');
      return false;
    }
    return true;
  }

  private start(due: number, context: SourceContext): void {
    const run: Promise<void> = context
      .deliver([this.eventOf(due)])
      .then(() => this.done(due, context))
      .catch((error) => {
        // Not done: whoever runs the trigger next does it again, if it is still wanted.
        if (!context.signal.aborted) context.log.warn({ err: error }, 'a run did not come to its end');
      })
      .finally(() => void this.open.delete(run));
    this.open.add(run);
  }

  private async done(due: number, { log }: SourceContext): Promise<void> {
    if (due <= this.lastDone) return;
    this.lastDone = due;
    const { functionKey, name } = this.setup;
    await this.lastRuns.set(functionKey, name, this.schedule.id, due).catch((error) => {
      log.warn({ err: error }, 'the last run cannot be written down: another gateway might repeat it');
    });
  }

  private eventOf(due: number): TriggerEvent {
    const { functionKey, name, config } = this.setup;
    const time = new Date(due).toISOString();
    const text = config.data ?? JSON.stringify({ scheduledTime: time });
    return {
      id: time,
      type: 'dev.catnap.cron',
      source: triggerSource(functionKey, name),
      time,
      contentType: isJson(text) ? 'application/json' : 'text/plain; charset=utf-8',
      data: Buffer.from(text),
    };
  }
}

interface Schedule {
  /** Tells schedules apart. */
  readonly id: string;
  /** The latest run at or before a moment; all in milliseconds since the epoch. */
  latest(moment: number): number | undefined;
  /** The next run after a moment. */
  after(moment: number): number | undefined;
}

/** @throws Error for a schedule or a time zone that makes no sense */
function scheduleOf(config: CronConfig): Schedule {
  patternOf(config);
  return {
    id: idOf(config),
    latest(moment) {
      // Runs are at whole seconds, and one in the second of the reference is among the previous ones.
      const reference = Math.floor(moment / 1_000) * 1_000 + 999;
      return patternOf(config).previousRuns(1, new Date(reference))[0]?.getTime();
    },
    after: (moment) => patternOf(config).nextRun(new Date(moment))?.getTime(),
  };
}

/** A pattern takes 80 kB and some ten microseconds to make: those in use lately are kept, not one per trigger. */
const MAX_PATTERNS = 32;
const patterns = new Map<string, Cron>();

function patternOf({ schedule, timeZone }: CronConfig): Cron {
  const id = idOf({ schedule, timeZone });
  const pattern =
    patterns.get(id) ??
    new Cron(schedule, {
      timezone: timeZone,
      mode: '5-part',
      paused: true,
      fixedTimeRule: 'no-wildcard',
    });
  // Maps keep the order of insertion: the front is what was used least recently.
  patterns.delete(id);
  patterns.set(id, pattern);
  for (const oldest of patterns.keys()) {
    if (patterns.size <= MAX_PATTERNS) break;
    patterns.delete(oldest);
  }
  return pattern;
}

const idOf = ({ schedule, timeZone }: Pick<CronConfig, 'schedule' | 'timeZone'>): string =>
  `${schedule} ${timeZone}`;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
