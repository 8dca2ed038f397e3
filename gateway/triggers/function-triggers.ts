/** The triggers of one function, while this gateway owns them: brings what runs in line with what is asked for. */
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { TriggerSpec } from '#crds/wire/trigger-spec.ts';
import { backoffMs } from '#kube/backoff.ts';
import { type Clock, sleep } from '#kube/clock.ts';
import { GRACE_MS, type TriggerRunner } from './trigger-runner.ts';

const RELOAD = { minMs: 500, maxMs: 30_000 };

export interface FunctionTriggersOptions {
  readonly functionKey: string;
  /** Rejects when they cannot be had now. */
  readonly loadSpecs: (digest: string) => Promise<readonly TriggerSpec[]>;
  /** Makes a runner and starts it. */
  readonly run: (spec: TriggerSpec) => TriggerRunner;
  /** These are all triggers of the function by now. */
  readonly onSpecs: (specs: readonly TriggerSpec[]) => void;
  readonly onStopped: (runner: TriggerRunner) => void;
  readonly clock: Clock;
  readonly log: Logger;
  /** What ran before under this name and has to end first. */
  readonly after: Promise<unknown> | undefined;
}

export class FunctionTriggers {
  private readonly options: FunctionTriggersOptions;
  /** By name of the trigger. */
  private readonly runners = new Map<string, TriggerRunner>();
  private readonly stopping = new AbortController();
  private superseded = new AbortController();
  private work: Promise<unknown>;

  constructor(options: FunctionTriggersOptions) {
    this.options = options;
    this.work = Promise.resolve(options.after);
  }

  /** @param digest of the specs that shall run from now on */
  update(digest: string): void {
    this.superseded.abort();
    const current = new AbortController();
    this.superseded = current;
    this.work = this.work.then(() => this.converge(digest, current.signal));
  }

  /** Stops all; resolves when nothing of them is left open. Can be called again with less patience. */
  async stop(graceMs: number): Promise<void> {
    this.stopping.abort();
    this.superseded.abort();
    await Promise.all([...this.runners.values()].map((runner) => this.end(runner, graceMs)));
    await this.work;
  }

  private async converge(digest: string, superseded: AbortSignal): Promise<void> {
    const specs = await this.load(digest, superseded);
    if (specs === undefined) return;
    this.options.onSpecs(specs);
    const wanted = new Map(specs.map((spec) => [spec.name, spec]));
    const outdated = [...this.runners.values()].filter(
      ({ spec }) => !isDeepStrictEqual(wanted.get(spec.name), spec),
    );
    await Promise.all(outdated.map((runner) => this.end(runner, GRACE_MS)));
    if (this.stopping.signal.aborted) return;
    for (const spec of specs) {
      if (!this.runners.has(spec.name)) this.runners.set(spec.name, this.options.run(spec));
    }
  }

  /** Until they are there; undefined when they are not asked for any more. */
  private async load(digest: string, superseded: AbortSignal): Promise<readonly TriggerSpec[] | undefined> {
    const { loadSpecs, clock, log, functionKey } = this.options;
    for (let failures = 1; !superseded.aborted; failures++) {
      try {
        const specs = await loadSpecs(digest);
        return superseded.aborted ? undefined : specs;
      } catch (error) {
        if (failures === 3) log.warn({ function: functionKey, err: error }, 'triggers cannot be loaded yet');
        await sleep(clock, backoffMs(failures, RELOAD), superseded);
      }
    }
    return undefined;
  }

  private async end(runner: TriggerRunner, graceMs: number): Promise<void> {
    await runner.stop(graceMs);
    if (this.runners.get(runner.spec.name) !== runner) return;
    this.runners.delete(runner.spec.name);
    this.options.onStopped(runner);
  }
}
