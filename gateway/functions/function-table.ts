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

export class FunctionTable {
  private readonly functions = new Map<string, FunctionState>();
  /** By `namespace/pod name`. */
  private readonly pods = new Map<string, { pod: Pod; functionKey: string }>();
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
      this.pods.set(key, { pod, functionKey: view.functionKey });
      this.replacePods(view.functionKey, (pods) => [...pods, pod]);
    }
    this.podsChanged(view.functionKey);
  }

  private removeFunction(fn: FunctionState): void {
    this.functions.delete(fn.key);
    fn.removed = true;
    this.options.admission.functionChanged(fn);
  }

  private removePod(key: string, { pod, functionKey }: { pod: Pod; functionKey: string }): void {
    this.pods.delete(key);
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
