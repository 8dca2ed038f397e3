/**
 * Gets functions that share hosts loaded on one. Which host is a matter of rendezvous hashing, so that all gateways
 * ask the same one first and calls find the code where it already is; the next is asked when that has no room.
 */
import type { FunctionState, Launch } from '#gateway/functions/function-state.ts';
import type { FunctionTable } from '#gateway/functions/function-table.ts';
import { Isolate } from '#gateway/pods/isolate.ts';
import type { Pod } from '#gateway/pods/pod.ts';
import { REFUSES_CLAIMS, sendClaim } from './claim-request.ts';
import type { ClaimerOptions } from './claimer.ts';
import type { PackedSpec } from './launch-specs.ts';
import { preferredPod } from './pool-order.ts';
import { Starving } from './starving.ts';

/** How long a host that is full or cannot be reached is left alone. */
const PAUSE_MS = 500;

export interface PlacerOptions extends Omit<ClaimerOptions, 'table' | 'book' | 'isStarting' | 'patience'> {
  readonly table: Pick<FunctionTable, 'warmPods' | 'addIsolate'>;
}

export class Placer {
  private readonly options: PlacerOptions;
  private readonly starving = new Starving();

  constructor(options: PlacerOptions) {
    this.options = options;
  }

  /** Has the function loaded. Returns whether that is under way; if not, it has to be woken otherwise. */
  place(fn: FunctionState, launch: Launch): boolean {
    if (fn.claiming === 0 && !fn.removed) {
      if (this.nextHost(fn, launch, new Set())) {
        fn.claiming += 1;
        void this.attempt(fn, launch);
      } else this.starving.add(fn, launch);
    }
    return fn.claiming > 0;
  }

  /**
   * The function is launched in another way than before: those that run an older revision are replaced, and only
   * then get no more calls.
   */
  async renew(fn: FunctionState): Promise<void> {
    const { launch } = fn;
    const present = fn.pods.filter((pod) => pod instanceof Isolate);
    if (present.length === 0 || launch === undefined) return;
    const spec = launch.shared ? await this.options.specs.get(fn.key, launch.digest) : undefined;
    for (const isolate of present) {
      if (isolate.revision === spec?.revision || isolate.state === 'leaving') continue;
      if (spec !== undefined) await this.ask(fn, isolate.host, spec);
      isolate.leave();
    }
  }

  /** A pool has other hosts, or hosts in another state, than before. */
  poolChanged(poolKey: string): void {
    for (const fn of this.starving.of(poolKey)) {
      this.starving.delete(fn, poolKey);
      if (fn.launch) this.place(fn, fn.launch);
    }
  }

  private async attempt(fn: FunctionState, launch: Launch): Promise<void> {
    const spec = await this.options.specs.get(fn.key, launch.digest);
    const isDone = spec !== undefined && (await this.askHosts(fn, launch, spec));
    fn.claiming -= 1;
    if (isDone || fn.waiting === 0 || fn.hasPodUp) return;
    this.starving.add(fn, launch);
    this.options.onExhausted(fn, spec !== undefined);
  }

  private async askHosts(fn: FunctionState, launch: Launch, spec: PackedSpec): Promise<boolean> {
    const asked = new Set<Pod>();
    for (;;) {
      const host = this.nextHost(fn, launch, asked);
      if (host === undefined) return false;
      asked.add(host);
      if (await this.ask(fn, host, spec)) return true;
    }
  }

  private nextHost(fn: FunctionState, { poolKey }: Launch, asked: ReadonlySet<Pod>): Pod | undefined {
    const { table, now } = this.options;
    const hosts = table
      .warmPods(poolKey)
      .filter((host) => host.state === 'up' && host.address !== undefined && !asked.has(host))
      .filter(({ pausedUntil }) => pausedUntil <= now());
    return preferredPod(fn.key, hosts);
  }

  /** Returns whether the question where the function runs is settled. */
  private async ask(fn: FunctionState, host: Pod, spec: PackedSpec): Promise<boolean> {
    const { table, signingKey, claimPort, now, log, onLoadFailed, onOutcome } = this.options;
    const sentAt = now();
    const outcome = await sendClaim(host, spec, { key: signingKey, port: claimPort });
    onOutcome(outcome.kind);
    log.debug({ function: fn.key, host: host.name, ...outcome }, 'claim of an isolate');
    if (outcome.kind === 'claimed' && outcome.port !== undefined) {
      const { again, loadMs, port } = outcome;
      const endedAt = now();
      const isolate = new Isolate(host, { functionKey: fn.key, revision: spec.revision, port, now: endedAt });
      isolate.claim = again ? undefined : { start: 'isolate', endedAt, claimMs: endedAt - sentAt, loadMs };
      isolate.wasAwake = again;
      table.addIsolate(isolate);
      return true;
    }
    if (outcome.kind === 'load_failed') {
      onLoadFailed(fn, outcome.message);
      return true;
    }
    if (outcome.kind === 'refused') {
      log.warn({ host: host.name, status: outcome.status }, `a host ${REFUSES_CLAIMS}`);
    }
    host.pausedUntil = now() + PAUSE_MS;
    return false;
  }
}
