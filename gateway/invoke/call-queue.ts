/** Calls of one function that wait for a pod: first in, first out, bounded by the caller, with deadlines. */
import type { Failure } from '#gateway/errors.ts';
import type { Pod } from '#gateway/pods/pod.ts';

/** Something that needs a place on a pod. */
export interface Waiter {
  /** Its place in the queue while it waits. */
  place: Place | undefined;
  /**
   * It has a place on this pod now and gives it back by Admission.release or .requeue.
   *
   * @param coldMs how long the function had no pod, in milliseconds, if it is the first to get a place since then
   */
  run(pod: Pod, coldMs: number | undefined): void;
  /** It will not get a place. */
  refuse(failure: Failure): void;
}

export interface Place {
  readonly waiter: Waiter;
  /** Time on the monotonic clock after which it waits no longer. */
  readonly deadline: number;
  previous: Place | undefined;
  next: Place | undefined;
}

export class CallQueue {
  length = 0;
  /** Set for the head's deadline by the owner. */
  timer: NodeJS.Timeout | undefined = undefined;
  private head: Place | undefined = undefined;
  private tail: Place | undefined = undefined;

  get first(): Place | undefined {
    return this.head;
  }

  push(waiter: Waiter, deadline: number): void {
    const place: Place = { waiter, deadline, previous: this.tail, next: undefined };
    if (this.tail) this.tail.next = place;
    else this.head = place;
    this.tail = place;
    waiter.place = place;
    this.length += 1;
  }

  /** Back in front: for a call that already had its turn. */
  unshift(waiter: Waiter, deadline: number): void {
    const place: Place = { waiter, deadline, previous: undefined, next: this.head };
    if (this.head) this.head.previous = place;
    else this.tail = place;
    this.head = place;
    waiter.place = place;
    this.length += 1;
  }

  shift(): Waiter | undefined {
    const waiter = this.head?.waiter;
    if (waiter) this.remove(waiter);
    return waiter;
  }

  /** Takes a waiter out, wherever it is; does nothing when it does not wait. */
  remove(waiter: Waiter): boolean {
    const { place } = waiter;
    if (place === undefined) return false;
    if (place.previous) place.previous.next = place.next;
    else this.head = place.next;
    if (place.next) place.next.previous = place.previous;
    else this.tail = place.previous;
    waiter.place = undefined;
    this.length -= 1;
    return true;
  }
}
