/**
 * Runs one pod from its arrival on this node until its object is gone.
 *
 * Everything that happens (a change of the object, an exit, a probe's verdict, a timer) ends in a call of
 * `wake`, after which the worker looks at the whole state, acts and publishes the status.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from 'kubernetes-types/core/v1.js';
import { isConflict, isNotFound } from '#kube/errors.ts';
import { describeError } from '#kube/log.ts';
import { pods, refOf } from '#kube/resource.ts';
import { sourcesOf } from '../env/sources.ts';
import type { LogOptions } from '../logs/lines.ts';
import type { LogTarget } from '../logs/server.ts';
import { logPlace, podLogDirectory } from '../logs/store.ts';
import type { NodeServices, PodEvent } from '../services.ts';
import { type ContainerHost, ContainerRunner } from './container.ts';
import { findContainerLog } from './logs.ts';
import { forgetConfigRetry, isLive, newPodModel, type PodModel } from './model.ts';
import { type PodPlan, planPod, type RestartPolicy } from './plan.ts';
import { metadataChanged, PodSetup } from './setup.ts';
import { buildPodStatus, podPhase } from './status.ts';
import { createStatusWriter, type StatusWriter } from './status-writer.ts';

const DELETE_RETRY_MS = 2_000;
/** For pods whose object vanished without grace. */
const FORCED_GRACE_MS = 1_000;

export class PodWorker {
  readonly uid: string;
  #services: NodeServices;
  #pod: Pod;
  #model: PodModel;
  #runners: Map<string, ContainerRunner>;
  #setup: PodSetup;
  #status: StatusWriter;
  #gone = false;
  #deleting = false;
  #dirty = false;
  #running = false;
  #stopped = false;
  #cancelTimer = () => {};
  #onDone: () => void;

  /** `onDone` is called once, when nothing of the pod is left. */
  constructor(services: NodeServices, pod: Pod, onDone: () => void) {
    this.uid = pod.metadata?.uid ?? '';
    this.#services = services;
    this.#pod = pod;
    this.#onDone = onDone;
    const phase = pod.status?.phase;
    this.#model = newPodModel(pod, services.clock.now());
    if (phase === 'Succeeded' || phase === 'Failed') {
      this.#model.outcome = { phase, reason: pod.status?.reason, message: pod.status?.message };
    }
    this.#setup = new PodSetup(services, this.#model, {
      pod: () => this.#pod,
      directory: this.#directory(),
      changed: () => this.wake(),
      record: (event) => this.#record(event),
    });
    this.#status = createStatusWriter({
      client: services.client,
      clock: services.clock,
      log: services.log,
      pod,
      build: () =>
        buildPodStatus(this.#pod, this.#model, this.#status.written ?? this.#pod.status, {
          hostIp: services.node.hostIp,
          nowMs: services.clock.now(),
        }),
    });
    const host = this.#host();
    this.#runners = new Map(
      this.#model.containers.map((container) => [container.name, new ContainerRunner(container, host)]),
    );
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** Sources that the pod refers to. */
  uses(): ReturnType<typeof sourcesOf> {
    return sourcesOf(this.#pod);
  }

  /** Begins, or takes in a newer version of the object. */
  update(pod: Pod): void {
    const before = this.#pod;
    this.#pod = pod;
    this.wake();
    if (this.#model.prepared && metadataChanged(before, pod)) this.#setup.refresh();
  }

  /** The object is gone: end what runs, without a word to the API server. */
  remove(): void {
    this.#gone = true;
    this.wake();
  }

  /** A ConfigMap or Secret that the pod uses changed. */
  sourcesChanged(): void {
    for (const { model } of this.#runners.values()) forgetConfigRetry(model);
    this.#setup.retry();
    if (this.#model.prepared) this.#setup.refresh();
    this.wake();
  }

  findLog(container: string, options: LogOptions): LogTarget | string | undefined {
    const runner = this.#runners.get(container);
    if (!runner) return undefined;
    const place = logPlace(this.#services.rootDir, this.uid, container);
    return findContainerLog(this.#services, this.#pod, runner, place, options);
  }

  /** Stops reacting; processes are ended by the runtime. */
  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
    this.#status.stop();
  }

  wake(): void {
    this.#dirty = true;
    if (this.#running || this.#stopped) return;
    this.#running = true;
    // Not at once: whoever wakes the worker is in the middle of changing the model.
    queueMicrotask(() => void this.#loop());
  }

  async #loop(): Promise<void> {
    try {
      while (this.#dirty && !this.#stopped) {
        this.#dirty = false;
        await this.#step();
      }
    } catch (error) {
      this.#services.log.error({ pod: refOf(this.#pod), ...describeError(error) }, 'pod worker failed');
    } finally {
      this.#running = false;
      if (this.#dirty && !this.#stopped) this.wake();
    }
  }

  async #step(): Promise<void> {
    this.#cancelTimer();
    this.#cancelTimer = () => {};
    const deleted = this.#gone || this.#pod.metadata?.deletionTimestamp !== undefined;
    if (deleted || this.#model.outcome) return this.#end(deleted);
    if (!this.#model.prepared) this.#setup.begin();
    this.#checkDeadline();
    if (this.#model.prepared && !this.#model.outcome) this.#advance();
    this.#status.publish();
  }

  #advance(): void {
    const model = this.#model;
    const plan = planPod(model, this.#policy(), this.#services.clock.now());
    model.initialized = plan.initialized;
    this.#hold(plan);
    for (const name of plan.start) this.#runners.get(name)?.start();
    for (const name of plan.stop) this.#runners.get(name)?.stop(this.#graceMs());
    if (plan.finish) model.outcome = { phase: plan.finish };
    if (plan.finish) this.wake();
    if (plan.wakeAtMs !== undefined) this.#wakeAt(plan.wakeAtMs);
  }

  #hold(plan: PodPlan): void {
    for (const [name, { reason, message }] of plan.holds) {
      const model = this.#runners.get(name)?.model;
      if (!model) continue;
      if (reason === 'CrashLoopBackOff' && model.hold?.reason !== reason) {
        this.#record({
          type: 'Warning',
          reason: 'BackOff',
          action: 'Restarting',
          note: `Back-off restarting failed container ${name}`,
        });
      }
      model.hold = { reason, message };
    }
    for (const { model } of this.#runners.values()) if (!plan.holds.has(model.name)) model.hold = undefined;
  }

  #checkDeadline(): void {
    const seconds = this.#pod.spec?.activeDeadlineSeconds;
    if (seconds === undefined) return;
    const atMs = this.#model.startedAtMs + seconds * 1_000;
    if (this.#services.clock.now() < atMs) {
      this.#wakeAt(atMs);
      return;
    }
    const message = 'Pod was active on the node longer than the specified deadline';
    this.#model.outcome = { phase: 'Failed', reason: 'DeadlineExceeded', message };
    this.#record({ type: 'Normal', reason: 'DeadlineExceeded', action: 'Killing', note: message });
    this.wake();
  }

  /** Stops what still runs; when nothing does, tells the API server and leaves. */
  async #end(deleted: boolean): Promise<void> {
    const live = [...this.#runners.values()].filter(({ model }) => isLive(model));
    if (live.length > 0) {
      this.#stopContainers(live);
      return this.#status.publish();
    }
    if (this.#setup.busy) return;
    this.#model.prepared = false;
    if (this.#model.podIp && !this.#gone && !this.#model.outcome) {
      this.#model.outcome = { phase: endedPhase(this.#model) };
    }
    if (!this.#gone) this.#status.publish();
    if (deleted) await this.#leave();
  }

  #stopContainers(live: readonly ContainerRunner[]): void {
    const mains = live.filter(({ model }) => model.role !== 'sidecar');
    const graceMs = this.#graceMs();
    for (const runner of mains.length > 0 ? mains : live) {
      if (!this.#model.terminating) {
        const note = `Stopping container ${runner.model.name}`;
        this.#record({ type: 'Normal', reason: 'Killing', action: 'Killing', note });
      }
      runner.stop(graceMs);
    }
    this.#model.terminating = true;
  }

  async #leave(): Promise<void> {
    if (this.#deleting) return;
    this.#deleting = true;
    await this.#status.flush();
    if (!(await this.#deleteObject())) {
      this.#deleting = false;
      return this.#wakeAt(this.#services.clock.now() + DELETE_RETRY_MS);
    }
    this.#status.stop();
    if (this.#model.podIp) this.#services.addresses.release(this.#model.podIp);
    await Promise.all([
      rm(this.#directory(), { recursive: true, force: true }),
      rm(podLogDirectory(this.#services.rootDir, this.uid), { recursive: true, force: true }),
    ]);
    this.#stopped = true;
    this.#onDone();
  }

  async #deleteObject(): Promise<boolean> {
    if (this.#gone) return true;
    try {
      const options = { gracePeriodSeconds: 0, preconditions: { uid: this.uid } };
      await this.#services.client.delete(pods, refOf(this.#pod), options);
      return true;
    } catch (error) {
      if (isNotFound(error) || isConflict(error)) return true;
      this.#services.log.warn({ pod: refOf(this.#pod), ...describeError(error) }, 'cannot delete pod');
      return false;
    }
  }

  #graceMs(): number {
    if (this.#gone) return FORCED_GRACE_MS;
    const { metadata, spec } = this.#pod;
    return (metadata?.deletionGracePeriodSeconds ?? spec?.terminationGracePeriodSeconds ?? 30) * 1_000;
  }

  #wakeAt(atMs: number): void {
    const cancelBefore = this.#cancelTimer;
    const cancel = this.#services.clock.after(atMs - this.#services.clock.now(), () => this.wake());
    this.#cancelTimer = () => {
      cancelBefore();
      cancel();
    };
  }

  #policy(): RestartPolicy {
    return (this.#pod.spec?.restartPolicy ?? 'Always') as RestartPolicy;
  }

  #directory(): string {
    return join(this.#services.rootDir, 'pods', this.uid);
  }

  #record(event: PodEvent): void {
    this.#services.record(this.#pod, event);
  }

  #host(): ContainerHost {
    return {
      services: this.#services,
      pod: () => this.#pod,
      facts: () => this.#setup.facts(),
      freshSources: () => this.#setup.freshSources(),
      volumeDirectory: (volume) => this.#setup.volumeDirectory(volume),
      directory: (container) => join(this.#directory(), 'containers', container),
      logs: (container) => logPlace(this.#services.rootDir, this.uid, container),
      changed: () => this.wake(),
      record: (event) => this.#record(event),
    };
  }
}

function endedPhase(model: PodModel): 'Succeeded' | 'Failed' {
  return podPhase(model, 'Never') === 'Succeeded' ? 'Succeeded' : 'Failed';
}
