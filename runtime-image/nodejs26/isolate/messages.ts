/** What the host and its isolates tell each other. */
import type { WatchdogData } from '../process/blocked.ts';
import type { LaunchSpec, TerminationMessage } from '../wire.ts';

/** To an isolate, once: which function it is. */
export interface Become {
  readonly kind: 'become';
  readonly spec: LaunchSpec;
  /** Its own: for its files, and where it listens. */
  readonly directory: string;
  readonly port: number;
  /** When the claim was there in whole, in milliseconds of the wall clock. */
  readonly receivedAt: number;
}

export type ToIsolate = Become | { readonly kind: 'stop' };

export type FromIsolate =
  /** It waits to become a function. */
  | { readonly kind: 'ready' }
  /** It takes calls. */
  | { readonly kind: 'serving'; readonly loadMs: number }
  | { readonly kind: 'unloadable'; readonly message: TerminationMessage }
  /** Its port is taken by somebody else. */
  | { readonly kind: 'port taken' }
  /** Where the host sees how it is: see process/blocked.ts. */
  | { readonly kind: 'watch'; readonly data: WatchdogData };
