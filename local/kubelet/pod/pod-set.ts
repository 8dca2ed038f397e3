/** The workers of all pods on this node. */
import type { Pod } from 'kubernetes-types/core/v1.js';
import type { SourceRef } from '#kube/env/sources.ts';
import { keyOf } from '#kube/resource.ts';
import type { LogOptions } from '../logs/lines.ts';
import type { LogTarget } from '../logs/server.ts';
import type { NodeServices } from '../services.ts';
import { PodWorker } from './worker.ts';

export class PodSet {
  #services: NodeServices;
  /** By uid: a pod may still be ending while another of its name begins. */
  #workers = new Map<string, PodWorker>();
  #uidByKey = new Map<string, string>();
  /** Uids of pods that refer to a source, by the source. */
  #users = new Map<string, Set<string>>();

  constructor(services: NodeServices) {
    this.#services = services;
  }

  /** Takes in a change of a pod of this node; no pod means that it is gone. */
  observe(key: string, pod: Pod | undefined): void {
    const uid = pod?.metadata?.uid;
    const before = this.#uidByKey.get(key);
    if (before !== undefined && before !== uid) {
      this.#uidByKey.delete(key);
      this.#workers.get(before)?.remove();
    }
    if (!pod || !uid) return;
    const known = this.#uidByKey.get(key) === uid;
    this.#uidByKey.set(key, uid);
    const worker = this.#workers.get(uid);
    if (worker) worker.update(pod);
    else if (!known) this.#begin(uid, pod);
  }

  sourceChanged(change: SourceRef & { namespace: string }): void {
    for (const uid of this.#users.get(sourceKey(change.namespace, change)) ?? []) {
      this.#workers.get(uid)?.sourcesChanged();
    }
  }

  findLog(
    namespace: string,
    name: string,
    container: string,
    options: LogOptions,
  ): LogTarget | string | undefined {
    const uid = this.#uidByKey.get(keyOf(namespace, name));
    return uid === undefined ? undefined : this.#workers.get(uid)?.findLog(container, options);
  }

  stop(): void {
    for (const worker of this.#workers.values()) worker.stop();
  }

  #begin(uid: string, pod: Pod): void {
    const worker = new PodWorker(this.#services, pod, () => this.#end(uid));
    this.#workers.set(uid, worker);
    const namespace = pod.metadata?.namespace ?? '';
    for (const ref of worker.uses()) {
      const key = sourceKey(namespace, ref);
      const users = this.#users.get(key) ?? new Set();
      this.#users.set(key, users.add(uid));
    }
    worker.update(pod);
  }

  #end(uid: string): void {
    const worker = this.#workers.get(uid);
    this.#workers.delete(uid);
    const namespace = worker?.pod.metadata?.namespace ?? '';
    for (const ref of worker?.uses() ?? []) {
      const key = sourceKey(namespace, ref);
      const users = this.#users.get(key);
      users?.delete(uid);
      if (users?.size === 0) this.#users.delete(key);
    }
  }
}

function sourceKey(namespace: string, { kind, name }: SourceRef): string {
  return `${kind}:${keyOf(namespace, name)}`;
}
