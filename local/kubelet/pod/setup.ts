/** What a pod needs before its containers can start: an address and its volumes. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Pod } from 'kubernetes-types/core/v1.js';
import type { Sources } from '#kube/env/sources.ts';
import { describeError } from '#kube/log.ts';
import { refOf } from '#kube/resource.ts';
import type { PodFacts } from '../env/downward.ts';
import { sourcesOf } from '../env/sources.ts';
import type { NodeServices, PodEvent } from '../services.ts';
import { type PodVolumes, podVolumes } from '../volumes/pod-volumes.ts';
import type { PodModel } from './model.ts';
import { takenPort } from './port-check.ts';

const RETRY_MS = 2_000;
/** As old as sources may be that a container starts with. */
const REUSE_MS = 500;

export interface SetupHost {
  pod(): Pod;
  /** The pod's own directory. */
  directory: string;
  /** The model changed. */
  changed(): void;
  record(event: PodEvent): void;
}

export class PodSetup {
  #services: NodeServices;
  #model: PodModel;
  #host: SetupHost;
  #volumes: PodVolumes;
  #busy = false;
  #read: { sources: Sources; atMs: number } | undefined;
  #waiting = false;

  constructor(services: NodeServices, model: PodModel, host: SetupHost) {
    this.#services = services;
    this.#model = model;
    this.#host = host;
    this.#volumes = podVolumes(join(host.directory, 'volumes'));
  }

  /** Something is being written to the pod's directory. */
  get busy(): boolean {
    return this.#busy;
  }

  /** Takes an address at once, so that it shows while volumes are still written. */
  begin(): void {
    this.#model.podIp ??= this.#services.addresses.allocate();
    if (this.#busy || this.#waiting) return;
    this.#busy = true;
    void this.#prepare().finally(() => {
      this.#busy = false;
      this.#host.changed();
    });
  }

  /** A source changed: tries again at once what failed before. */
  retry(): void {
    this.#waiting = false;
    this.#read = undefined;
  }

  /** Brings the volumes up to date with what the watches brought. */
  refresh(): void {
    const pod = this.#host.pod();
    const sources = this.#services.sources.cached(pod.metadata?.namespace ?? '');
    try {
      this.#volumes.update(pod, this.facts(), sources);
    } catch (error) {
      // The files stay as they were, which is what a pod whose source was deleted relies on.
      this.#services.log.debug({ pod: refOf(pod), ...describeError(error) }, 'volumes not refreshed');
    }
  }

  facts(): PodFacts {
    return { ...this.#services.node, podIp: this.#model.podIp ?? '' };
  }

  /** What the API server has now; for the first starts, what the volumes were just made from. */
  async freshSources(): Promise<Sources> {
    const { clock } = this.#services;
    if (this.#read && clock.monotonic() - this.#read.atMs < REUSE_MS) return this.#read.sources;
    this.#read = undefined;
    return this.#fetchSources();
  }

  #fetchSources(): Promise<Sources> {
    const pod = this.#host.pod();
    return this.#services.sources.fresh(pod.metadata?.namespace ?? '', sourcesOf(pod));
  }

  volumeDirectory(volume: string): string | undefined {
    return this.#volumes.directory(volume);
  }

  async #prepare(): Promise<void> {
    try {
      if (!this.#model.podIp) throw new Error('no loopback address is free for this pod');
      const [sources, port] = await Promise.all([
        this.#fetchSources(),
        takenPort(this.#host.pod(), this.#model.podIp),
      ]);
      if (port !== undefined) throw new PortTaken(port);
      mkdirSync(this.#host.directory, { recursive: true, mode: 0o700 });
      this.#read = { sources, atMs: this.#services.clock.monotonic() };
      this.#volumes.update(this.#host.pod(), this.facts(), sources);
      this.#model.prepared = true;
    } catch (error) {
      this.#explain(error as Error);
      this.#waiting = true;
      this.#services.clock.after(RETRY_MS, () => {
        this.#waiting = false;
        this.#host.changed();
      });
    }
  }

  /** In an event, and in the status of the containers that wait. */
  #explain(error: Error): void {
    const { message } = error;
    const [reason, action, shown] =
      error instanceof PortTaken
        ? ['FailedCreatePodSandBox', 'Preparing', 'CreatePodSandboxError']
        : ['FailedMount', 'Mounting', 'ContainerCreating'];
    this.#host.record({ type: 'Warning', reason, action, note: message });
    for (const container of this.#model.containers) container.hold = { reason: shown, message };
  }
}

class PortTaken extends Error {
  constructor(port: number) {
    super(
      `another program of this machine listens on port ${port} of all addresses, so the pod cannot; stop it or let it listen on 127.0.0.1 alone`,
    );
  }
}

/** What downward API volumes can show changed. */
export function metadataChanged(before: Pod, after: Pod): boolean {
  const shown = ({ metadata }: Pod) => JSON.stringify([metadata?.labels, metadata?.annotations]);
  return shown(before) !== shown(after);
}
