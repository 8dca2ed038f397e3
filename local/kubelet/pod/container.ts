/** Starts, watches and stops the runs of one container. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { LifecycleHandler, Pod, Probe } from 'kubernetes-types/core/v1.js';
import { sleep } from '#kube/clock.ts';
import type { Sources } from '#kube/env/sources.ts';
import { nextBackoff } from '../backoff.ts';
import type { PodFacts } from '../env/downward.ts';
import { findImage, type LocalImage, unknownImageMessage } from '../images.ts';
import { logTail } from '../logs/read.ts';
import type { LogPlace } from '../logs/store.ts';
import { type CheckTarget, checkProbe } from '../probes/check.ts';
import { runProbes } from '../probes/runner.ts';
import type { ProcessExit, RunningProcess } from '../runtime/runtime.ts';
import type { NodeServices, PodEvent } from '../services.ts';
import { runHook } from './hooks.ts';
import { containerDirectories, type Launch, planLaunch } from './launch.ts';
import { type ContainerModel, exitOf, isLive } from './model.ts';
import { describeExit, readMessageFile, terminationMessage } from './termination.ts';

/** The process itself could not be started. */
class StartError extends Error {}

const CONFIG_RETRY_MS = 5_000;
const LOG_MAX_BYTES = 5 * 1024 * 1024;
/** As long as a hook took its time, the process still gets this much. */
const MIN_GRACE_AFTER_HOOK_MS = 2_000;

/** What a container needs to know of its pod. */
export interface ContainerHost {
  readonly services: NodeServices;
  pod(): Pod;
  facts(): PodFacts;
  freshSources(): Promise<Sources>;
  volumeDirectory(volume: string): string | undefined;
  /** The container's own directory. */
  directory(container: string): string;
  logs(container: string): LogPlace;
  /** The model changed. */
  changed(): void;
  record(event: PodEvent): void;
}

interface Run {
  id: string;
  process: RunningProcess;
  launch: Launch;
  exited: Promise<void>;
}

export class ContainerRunner {
  readonly model: ContainerModel;
  #host: ContainerHost;
  #run: Run | undefined;
  #probes: { stop(): void } | undefined;
  /** When the process is killed; set once a stop was asked for. */
  #killAtMs: number | undefined;
  #stopWakes: AbortController | undefined;

  constructor(model: ContainerModel, host: ContainerHost) {
    this.model = model;
    this.#host = host;
  }

  /** The present run, if there is one. */
  get run(): { id: string; exited: Promise<void> } | undefined {
    return this.#run;
  }

  /** Starts a run; what goes wrong ends up in the model. Call only while the container is not live. */
  start(): void {
    this.#beginRun();
    void this.#start().catch((error: Error) => this.#failStart(error));
  }

  #beginRun(): void {
    const { model } = this;
    const exit = exitOf(model);
    if (exit) {
      model.lastTermination = exit;
      model.restartCount += 1;
      model.backoff = nextBackoff(model.backoff, this.#now());
    }
    model.state = { kind: 'starting' };
    model.retryAtMs = undefined;
    this.#killAtMs = undefined;
  }

  async #start(): Promise<void> {
    const { services } = this.#host;
    const imageName = this.model.spec.image ?? '';
    const image = findImage(services.images, imageName);
    if (!image) return this.#failImage(unknownImageMessage(imageName, services.images));
    const launch = await this.#prepare(image);
    const id = randomBytes(16).toString('hex');
    const log = this.#host.logs(this.model.name);
    const process = await services.runtime
      .start({
        id,
        argv: launch.argv,
        env: launch.env,
        cwd: launch.cwd,
        logFile: log.file(this.model.restartCount),
        logMaxBytes: LOG_MAX_BYTES,
        memoryLimitBytes: launch.memoryLimitBytes,
      })
      .catch((error: Error) => {
        throw new StartError(error.message);
      });
    this.#onRunning(id, process, launch);
    this.#event(
      'Normal',
      'Pulled',
      'Pulling',
      `Container image ${JSON.stringify(imageName)} is on this node`,
    );
    this.#event('Normal', 'Created', 'Creating', `Container created: ${this.model.name}`);
    this.#event('Normal', 'Started', 'Starting', `Container started: ${this.model.name}`);
    void log.prune(this.model.restartCount);
  }

  async #prepare(image: LocalImage): Promise<Launch> {
    const { services } = this.#host;
    const directory = this.#host.directory(this.model.name);
    const sources = await this.#host.freshSources();
    for (const name of Object.values(containerDirectories)) {
      mkdirSync(join(directory, name), { recursive: true });
    }
    this.#host.logs(this.model.name).prepare();
    const launch = planLaunch(this.model.spec, {
      pod: this.#host.pod(),
      facts: this.#host.facts(),
      sources,
      image,
      volumeDirectory: (volume) => this.#host.volumeDirectory(volume),
      directory,
      path: services.path,
    });
    if (this.model.everStarted) rmSync(launch.terminationLog, { force: true });
    return launch;
  }

  #onRunning(id: string, process: RunningProcess, launch: Launch): void {
    const { model } = this;
    const exited = process.exited.then((exit) => this.#onExit(id, exit));
    this.#run = { id, process, launch, exited };
    model.state = { kind: 'running', id, pid: process.pid, startedAtMs: process.startedAtMs };
    model.everStarted = true;
    model.imageBackoff = undefined;
    if (model.role !== 'init') this.#startProbes();
    this.#host.changed();
    if (this.#killAtMs !== undefined) void this.#endRun(this.#run);
    else if (model.spec.lifecycle?.postStart) void this.#postStart(model.spec.lifecycle.postStart);
  }

  #startProbes(): void {
    const { model } = this;
    const { services } = this.#host;
    this.#probes = runProbes(model.spec, services.clock, {
      check: (probe, timeoutMs) => checkProbe(probe, this.#target(), timeoutMs),
      onHealth: ({ started, ready }) => {
        model.started = started;
        model.ready = ready;
        this.#host.changed();
      },
      onGivenUp: (kind, probe) => {
        const note = `Container ${model.name} failed ${kind} probe, will be restarted`;
        this.#event('Normal', 'Killing', 'Killing', note);
        this.stop(this.#graceMs(probe));
      },
      onFailure: (kind, message) => {
        const title = `${kind[0]?.toUpperCase()}${kind.slice(1)}`;
        this.#event('Warning', 'Unhealthy', 'Probing', `${title} probe failed: ${message}`);
      },
    });
  }

  #graceMs(probe?: Probe): number {
    const seconds =
      probe?.terminationGracePeriodSeconds ?? this.#host.pod().spec?.terminationGracePeriodSeconds;
    return (seconds ?? 30) * 1_000;
  }

  #target(): CheckTarget {
    const { services } = this.#host;
    const launch = this.#run?.launch;
    return {
      container: this.model.spec,
      podIp: this.#host.facts().podIp,
      exec: (argv, timeoutMs) =>
        services.runtime.exec({ argv, env: launch?.env ?? {}, cwd: launch?.cwd ?? '/', timeoutMs }),
    };
  }

  async #postStart(hook: LifecycleHandler): Promise<void> {
    const failure = await runHook(hook, this.#target(), this.#graceMs());
    if (failure === undefined) return;
    this.#event('Warning', 'FailedPostStartHook', 'Killing', `PostStartHook failed: ${failure}`);
    this.stop(this.#graceMs());
  }

  /** Ends the present run, also one that is just starting; a shorter grace replaces a longer one. */
  stop(graceMs: number): void {
    if (!isLive(this.model)) return;
    const killAtMs = this.#now() + graceMs;
    const first = this.#killAtMs === undefined;
    this.#killAtMs = Math.min(this.#killAtMs ?? Number.POSITIVE_INFINITY, killAtMs);
    if (first && this.#run) void this.#endRun(this.#run);
    else this.#stopWakes?.abort();
  }

  async #endRun(run: Run): Promise<void> {
    const { services } = this.#host;
    let ended = false;
    void run.exited.then(() => {
      ended = true;
      this.#stopWakes?.abort();
    });
    const hook = this.model.spec.lifecycle?.preStop;
    if (hook && this.#remainingMs() > 0) await this.#preStop(hook, run);
    if (!ended) services.runtime.signal(run.id, 'SIGTERM');
    while (!ended && this.#remainingMs() > 0) {
      this.#stopWakes = new AbortController();
      await sleep(services.clock, this.#remainingMs(), this.#stopWakes.signal);
    }
    if (!ended) services.runtime.signal(run.id, 'SIGKILL');
  }

  async #preStop(hook: LifecycleHandler, run: Run): Promise<void> {
    this.#stopWakes = new AbortController();
    const cut = new Promise<undefined>((resolve) => {
      this.#stopWakes?.signal.addEventListener('abort', () => resolve(undefined));
    });
    const timeoutMs = this.#remainingMs();
    const failure = await Promise.race([
      runHook(hook, this.#target(), timeoutMs),
      cut,
      run.exited.then(() => undefined),
    ]);
    if (failure !== undefined) {
      this.#event('Warning', 'FailedPreStopHook', 'Killing', `PreStopHook failed: ${failure}`);
    }
    if (timeoutMs > MIN_GRACE_AFTER_HOOK_MS && this.#killAtMs !== undefined) {
      this.#killAtMs = Math.max(this.#killAtMs, this.#now() + MIN_GRACE_AFTER_HOOK_MS);
    }
  }

  #remainingMs(): number {
    return (this.#killAtMs ?? 0) - this.#now();
  }

  #onExit(id: string, exit: ProcessExit): void {
    const { model } = this;
    const run = this.#run;
    if (run?.id !== id) return;
    this.#probes?.stop();
    const log = this.#host.logs(model.name);
    const failed = exit.exitCode !== 0;
    const message = terminationMessage(model.spec, failed, {
      file: () => readMessageFile(run.launch.terminationLog),
      logTail: () => logTail(log.file(model.restartCount)),
    });
    const startedAtMs = run.process.startedAtMs;
    model.state = { kind: 'exited', termination: describeExit(exit, { id, startedAtMs, message }) };
    model.started = false;
    model.ready = false;
    this.#run = undefined;
    this.#host.changed();
  }

  #failImage(message: string): void {
    const { model } = this;
    const now = this.#now();
    model.state = { kind: 'waiting', reason: 'ErrImagePull', message };
    model.imageBackoff = nextBackoff(model.imageBackoff, now);
    model.retryAtMs = now + model.imageBackoff.delayMs;
    this.#event('Warning', 'Failed', 'Pulling', `Failed to pull image: ${message}`);
    this.#host.changed();
  }

  #failStart(error: Error): void {
    const { model } = this;
    const now = this.#now();
    if (!(error instanceof StartError)) {
      model.state = { kind: 'waiting', reason: 'CreateContainerConfigError', message: error.message };
      model.retryAtMs = now + CONFIG_RETRY_MS;
    } else {
      model.everStarted = true;
      const termination = { exitCode: 128, reason: 'StartError', message: error.message, finishedAtMs: now };
      model.state = { kind: 'exited', termination };
    }
    this.#event('Warning', 'Failed', 'Starting', `Error: ${error.message}`);
    this.#host.changed();
  }

  #event(type: PodEvent['type'], reason: string, action: string, note: string): void {
    this.#host.record({ type, reason, action, note });
  }

  #now(): number {
    return this.#host.services.clock.now();
  }
}
