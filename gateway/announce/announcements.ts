/**
 * Judges what pods say of themselves. Everything that an announcement needs to be true is checked here
 * or, as far as it is about pods, in the function table.
 */
import { timingSafeEqual } from 'node:crypto';
import { announceKey, announceToken } from '#crds/wire/announcement.ts';
import type { Announcement, AnnouncementOutcome, FunctionTable } from '#gateway/functions/function-table.ts';

/**
 * - `held`: the pod is not known yet; taken in as soon as it is.
 * - `forged`: the token is not that of the function.
 * - `overloaded`: too many are held.
 */
export type Outcome = Exclude<AnnouncementOutcome, 'unknown_pod'> | 'held' | 'forged' | 'overloaded';

/** How far the pod watch may be behind. Longer, and the API server tells the address as well. */
const HOLD_MS = 10_000;
const MAX_HELD = 4_096;

export interface AnnouncementsOptions {
  readonly table: Pick<FunctionTable, 'announce'>;
  /** The 32 bytes that operator and gateway share. */
  readonly encryptionKey: Buffer;
  readonly now: () => number;
  readonly onOutcome: (outcome: Outcome, announcement: Announcement) => void;
}

export class Announcements {
  private readonly options: AnnouncementsOptions;
  private readonly key: Buffer;
  /** By pod uid; the oldest first, as all are held equally long. */
  private readonly held = new Map<string, { announcement: Announcement; until: number }>();

  constructor(options: AnnouncementsOptions) {
    this.options = options;
    this.key = announceKey(options.encryptionKey);
  }

  /** Takes in an announcement that was made with the token. */
  receive(announcement: Announcement, token: string): Outcome {
    const outcome = this.judge(announcement, token);
    this.options.onOutcome(outcome, announcement);
    return outcome;
  }

  /** The pod watch told something of this pod. */
  podSeen(uid: string): void {
    const held = this.held.get(uid);
    if (held === undefined) return;
    this.held.delete(uid);
    if (held.until <= this.options.now()) return;
    const outcome = this.options.table.announce(held.announcement);
    if (outcome !== 'unknown_pod') this.options.onOutcome(outcome, held.announcement);
  }

  private judge(announcement: Announcement, token: string): Outcome {
    // First of all, so that nobody without it learns which pods there are.
    if (!this.isGenuine(token, announcement.functionKey)) return 'forged';
    const outcome = this.options.table.announce(announcement);
    return outcome === 'unknown_pod' ? this.hold(announcement) : outcome;
  }

  private isGenuine(token: string, functionKey: string): boolean {
    const given = Buffer.from(token);
    const expected = Buffer.from(announceToken(this.key, functionKey));
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  /** The first to speak for a pod is remembered, as in {@link Pod.announce}. */
  private hold(announcement: Announcement): Outcome {
    this.forgetOld();
    const known = this.held.get(announcement.podUid)?.announcement;
    if (known !== undefined) return known.address === announcement.address ? 'held' : 'other_address';
    if (this.held.size >= MAX_HELD) return 'overloaded';
    this.held.set(announcement.podUid, { announcement, until: this.options.now() + HOLD_MS });
    return 'held';
  }

  private forgetOld(): void {
    const now = this.options.now();
    for (const [uid, { until }] of this.held) {
      if (until > now) return;
      this.held.delete(uid);
    }
  }
}
