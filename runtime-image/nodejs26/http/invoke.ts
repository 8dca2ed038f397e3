import type { Handler } from '../load/load.ts';
import type { Settings } from '../settings.ts';
import type { Call } from './call.ts';
import { CallContext } from './context.ts';
import { HttpEvent } from './event.ts';
import { isResponse } from './respond.ts';
import { toWebRequest } from './web-request.ts';

/** Runs a call's handler. Returns or throws whatever the handler does, without awaiting it. */
export type Invoke = (call: Call) => unknown;

export interface Background {
  /** Work that goes on after the answer; the process does not end before it on shutdown. */
  add(work: Promise<unknown>): void;
}

export function createInvoke(handler: Handler, settings: Settings, background: Background): Invoke {
  if (handler.form === 'event') {
    const run = handler.call;
    return (call) => run(new HttpEvent(call.request), new CallContext(call, settings));
  }
  const run = handler.call;
  return async (call) => {
    const context = new FetchContext(call, settings, background);
    const result = await run(toWebRequest(call), process.env, context);
    if (typeof result === 'object' && result !== null && isResponse(result)) return result;
    throw new TypeError(`fetch must return a Response, not ${describe(result)}`);
  };
}

/** The third argument of a fetch handler. */
class FetchContext extends CallContext {
  readonly #background: Background;

  constructor(call: Call, settings: Settings, background: Background) {
    super(call, settings);
    this.#background = background;
  }

  /** Lets work go on after the answer. A rejection is logged. */
  waitUntil(work: unknown): void {
    this.#background.add(Promise.resolve(work));
  }
}

function describe(value: unknown): string {
  return value === null ? 'null' : typeof value === 'object' ? 'another object' : typeof value;
}
