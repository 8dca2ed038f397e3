/** All functions and their pods, kept up to date by what the watches tell. */
import type { Pod as KubePod } from 'kubernetes-types/core/v1.js';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { FUNCTION_PORT, poolKey } from '#crds/wire/names.ts';
import type { Admission } from '#gateway/invoke/admission.ts';
import type { Isolate } from '#gateway/pods/isolate.ts';
import { Pod } from '#gateway/pods/pod.ts';
import { type PodView, viewPod } from '#gateway/pods/pod-view.ts';
import { FunctionState, type Launch } from './function-state.ts';
import { limitsOf, verdictOf } from './limits.ts';

export interface FunctionTableOptions {
  readonly now: () => number;
  readonly admission: Admission;
  readonly podPort?: number;
  /** Warm pods of a pool came, went or changed. */
  readonly onPoolChanged: (poolKey: string) => void;
  /** A function is launched in another way than before. */
  readonly onLaunchChanged: (fn: FunctionState) => void;
  /** A pod is labelled as a function's by now, or gone. */
  readonly onSettled: (podUid: string) => void;
}

/** What a pod said of itself, and showed by its token and where it came from. */
export interface Announcement {
  /** Of the function, or of the pool for a warm pod. */
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
  /** Of its function or pool. */
  ownerKey: string;
  /** By its labels it waits in a pool. */
  warm: boolean;
  /** This gateway claimed it, ahead of its labels. */
  adopted: boolean;
}

export class FunctionTable {
  private readonly functions = new Map<string, FunctionState>();
  /** By `namespace/pod name`. */
  private readonly pods = new Map<string, PodEntry>();
  private readonly podsByUid = new Map<string, PodEntry>();
  /** Pods by function or pool, also of functions that are not known (yet, or any more). */
  private readonly podsOf = new Map<string, Pod[]>();
  /** By the uid of their host. */
  private readonly isolatesOf = new Map<string, Set<Isolate>>();
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
      fn.launch = launchOf(current);
      fn.pods = this.podsOf.get(key) ?? [];
      this.functions.set(key, fn);
      return;
    }
    known.limits = limitsOf(current);
    const digest = known.launch?.digest;
    known.launch = launchOf(current);
    if (known.launch?.digest !== digest) this.options.onLaunchChanged(known);
    this.options.admission.verdictChanged(known, verdictOf(current));
    this.options.admission.functionChanged(known);
  }

  /** A Pod was created, changed, or deleted (`undefined`). `key` is `namespace/pod name`. */
  setPod(key: string, current: KubePod | undefined): void {
    const view = current && viewPod(current);
    const known = this.pods.get(key);
    if (known && known.pod.uid !== view?.uid) this.removePod(key, known);
    if (view === undefined) return;
    let entry = this.pods.get(key);
    if (entry) {
      entry.pod.observe(view, this.options.now());
      if (entry.pod.state === 'leaving') this.leaveIsolates(entry.pod, false);
      this.follow(entry, view);
    } else {
      const pod = new Pod(view, this.options.podPort ?? FUNCTION_PORT, this.options.now());
      entry = { pod, ownerKey: view.ownerKey, warm: view.warm, adopted: false };
      this.pods.set(key, entry);
      this.podsByUid.set(pod.uid, entry);
      this.replacePods(view.ownerKey, (pods) => [...pods, pod]);
    }
    this.podsChanged(entry.ownerKey);
  }

  /** The pods that wait in a pool, in whatever state. */
  warmPods(poolKey: string): readonly Pod[] {
    return this.podsOf.get(poolKey) ?? [];
  }

  /** A warm pod became the function's, ahead of its labels. False when it is gone, or another function's by now. */
  adopt(pod: Pod, functionKey: string): boolean {
    const entry = this.podsByUid.get(pod.uid);
    if (entry === undefined) return false;
    if (!entry.warm) return entry.ownerKey === functionKey;
    entry.adopted = true;
    this.move(entry, functionKey);
    return true;
  }

  /** A host has taken a function in, and it listens there. */
  addIsolate(isolate: Isolate): void {
    const { host, functionKey } = isolate;
    isolate.onLeave = (left) => this.dropIsolate(left);
    if (host.state === 'leaving') {
      isolate.leave();
      return;
    }
    const others = this.isolatesOf.get(host.uid) ?? new Set();
    this.isolatesOf.set(host.uid, others.add(isolate));
    this.replacePods(functionKey, (pods) => [...pods, isolate]);
    this.podsChanged(functionKey);
  }

  /** Functions that this gateway knows to be in the hosts of each pool, by its key. */
  isolateCounts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const [hostUid, { size }] of this.isolatesOf) {
      const key = this.podsByUid.get(hostUid)?.ownerKey;
      if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + size);
    }
    return counts;
  }

  private dropIsolate(isolate: Isolate): void {
    const others = this.isolatesOf.get(isolate.host.uid);
    others?.delete(isolate);
    if (others?.size === 0) this.isolatesOf.delete(isolate.host.uid);
    this.replacePods(isolate.functionKey, (pods) => pods.filter((other) => other !== isolate));
    isolate.wire.close();
  }

  /** With their host: calls that run there come to their end, or are told that there will be none. */
  private leaveIsolates(host: Pod, isGone: boolean): void {
    for (const isolate of [...(this.isolatesOf.get(host.uid) ?? [])]) {
      isolate.leave();
      if (isGone) isolate.remove();
      this.podsChanged(isolate.functionKey);
    }
  }

  /** Labels lead, unless they have yet to say what this gateway knows. */
  private follow(entry: PodEntry, view: PodView): void {
    entry.warm = view.warm;
    if (view.warm && entry.adopted) return;
    if (!view.warm) this.options.onSettled(view.uid);
    this.move(entry, view.ownerKey);
  }

  private move(entry: PodEntry, ownerKey: string): void {
    const { pod, ownerKey: previous } = entry;
    if (previous === ownerKey) return;
    entry.ownerKey = ownerKey;
    this.replacePods(previous, (pods) => pods.filter((other) => other !== pod));
    this.replacePods(ownerKey, (pods) => [...pods, pod]);
    this.podsChanged(previous);
    this.podsChanged(ownerKey);
  }

  /** A pod announced itself: when that can be true, it gets calls from now on. */
  announce({ functionKey, podUid, address, port }: Announcement): AnnouncementOutcome {
    const entry = this.podsByUid.get(podUid);
    if (entry === undefined) return 'unknown_pod';
    if (entry.ownerKey !== functionKey) return 'other_function';
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

  private removePod(key: string, { pod, ownerKey }: PodEntry): void {
    this.pods.delete(key);
    this.podsByUid.delete(pod.uid);
    this.replacePods(ownerKey, (pods) => pods.filter((other) => other !== pod));
    pod.remove();
    this.leaveIsolates(pod, true);
    this.options.onSettled(pod.uid);
    this.podsChanged(ownerKey);
  }

  private replacePods(ownerKey: string, change: (pods: Pod[]) => Pod[]): void {
    const pods = change(this.podsOf.get(ownerKey) ?? []);
    if (pods.length > 0) this.podsOf.set(ownerKey, pods);
    else this.podsOf.delete(ownerKey);
    const fn = this.functions.get(ownerKey);
    if (fn) fn.pods = pods;
  }

  private podsChanged(ownerKey: string): void {
    const fn = this.functions.get(ownerKey);
    if (fn) this.options.admission.podsChanged(fn);
    else this.options.onPoolChanged(ownerKey);
  }
}

function launchOf({ metadata, spec, status }: CatnapFunction): Launch | undefined {
  const { pool, digest } = status?.launch ?? {};
  if (!pool || !digest) return undefined;
  return { poolKey: poolKey(metadata.namespace, pool), digest, shared: spec.class === 'isolate' };
}
