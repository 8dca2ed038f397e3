/** All functions and their pods, kept up to date by what the watches tell. */
import type { Pod as KubePod } from 'kubernetes-types/core/v1.js';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { FUNCTION_PORT } from '#crds/wire/names.ts';
import type { Admission } from '#gateway/invoke/admission.ts';
import { Pod } from '#gateway/pods/pod.ts';
import { viewPod } from '#gateway/pods/pod-view.ts';
import { FunctionState } from './function-state.ts';
import { limitsOf, verdictOf } from './limits.ts';

export interface FunctionTableOptions {
  readonly now: () => number;
  readonly admission: Admission;
  readonly podPort?: number;
}

/** What a pod said of itself, and showed by its token and where it came from. */
export interface Announcement {
  readonly functionKey: string;
  readonly podUid: string;
  readonly address: string;
  readonly port: number;
}

/** What became of an announcement that somebody with the function's token made. */
export type AnnouncementOutcome =
  | ReturnType<Pod['announce']>
  | 'unknown_pod'
  /** The pod is one of another function. */
  | 'other_function'
  | 'other_port';

interface PodEntry {
  readonly pod: Pod;
  readonly functionKey: string;
}

export class FunctionTable {
  private readonly functions = new Map<string, FunctionState>();
  /** By `namespace/pod name`. */
  private readonly pods = new Map<string, PodEntry>();
  private readonly podsByUid = new Map<string, PodEntry>();
  /** Pods by function, also of functions that are not known (yet, or any more). */
  private readonly podsOf = new Map<string, Pod[]>();
  private readonly options: FunctionTableOptions;

  constructor(options: FunctionTableOptions) {
    this.options = options;
  }

  /** By `namespace/name`. */
  get(key: string): FunctionState | undefined {
    return this.functions.get(key);
  }

  all(): IterableIterator<FunctionState> {
    return this.functions.values();
  }

  get size(): number {
    return this.functions.size;
  }

  /** A Function was created, changed, or deleted (`undefined`). */
  setFunction(key: string, current: CatnapFunction | undefined): void {
    const known = this.functions.get(key);
    if (current === undefined) {
      if (known) this.removeFunction(known);
      return;
    }
    if (known === undefined) {
      const fn = new FunctionState(key, limitsOf(current), verdictOf(current));
      fn.pods = this.podsOf.get(key) ?? [];
      this.functions.set(key, fn);
      return;
    }
    known.limits = limitsOf(current);
    this.options.admission.verdictChanged(known, verdictOf(current));
    this.options.admission.functionChanged(known);
  }

  /** A Pod was created, changed, or deleted (`undefined`). `key` is `namespace/pod name`. */
  setPod(key: string, current: KubePod | undefined): void {
    const view = current && viewPod(current);
    const known = this.pods.get(key);
    if (known && known.pod.uid !== view?.uid) this.removePod(key, known);
    if (view === undefined) return;
    const entry = this.pods.get(key);
    if (entry) entry.pod.observe(view);
    else {
      const pod = new Pod(view, this.options.podPort ?? FUNCTION_PORT, this.options.now());
      const added = { pod, functionKey: view.functionKey };
      this.pods.set(key, added);
      this.podsByUid.set(pod.uid, added);
      this.replacePods(view.functionKey, (pods) => [...pods, pod]);
    }
    this.podsChanged(view.functionKey);
  }

  /** A pod announced itself: when that can be true, it gets calls from now on. */
  announce({ functionKey, podUid, address, port }: Announcement): AnnouncementOutcome {
    const entry = this.podsByUid.get(podUid);
    if (entry === undefined) return 'unknown_pod';
    if (entry.functionKey !== functionKey) return 'other_function';
    if (entry.pod.port !== port) return 'other_port';
    if (this.isTaken(address, entry.pod)) return 'other_address';
    const outcome = entry.pod.announce(address);
    if (outcome === 'accepted') this.podsChanged(functionKey);
    return outcome;
  }

  /** Whether the address is that of another function pod, which thus spoke for this one. */
  private isTaken(address: string, pod: Pod): boolean {
    for (const { pod: other } of this.pods.values()) {
      if (other.address === address && other !== pod && other.state !== 'leaving') return true;
    }
    return false;
  }

  private removeFunction(fn: FunctionState): void {
    this.functions.delete(fn.key);
    fn.removed = true;
    this.options.admission.functionChanged(fn);
  }

  private removePod(key: string, { pod, functionKey }: PodEntry): void {
    this.pods.delete(key);
    this.podsByUid.delete(pod.uid);
    this.replacePods(functionKey, (pods) => pods.filter((other) => other !== pod));
    pod.remove();
    this.podsChanged(functionKey);
  }

  private replacePods(functionKey: string, change: (pods: Pod[]) => Pod[]): void {
    const pods = change(this.podsOf.get(functionKey) ?? []);
    if (pods.length > 0) this.podsOf.set(functionKey, pods);
    else this.podsOf.delete(functionKey);
    const fn = this.functions.get(functionKey);
    if (fn) fn.pods = pods;
  }

  private podsChanged(functionKey: string): void {
    const fn = this.functions.get(functionKey);
    if (fn) this.options.admission.podsChanged(fn);
  }
}
