import { type Level, type LogFields, log } from '../log.ts';
import type { Settings } from '../settings.ts';
import { headers } from '../wire.ts';
import type { Call } from './call.ts';

/** What a handler learns about its call. */
export class CallContext {
  readonly functionName: string;
  readonly namespace: string;
  readonly revision: string;
  readonly requestId: string;
  /** Epoch milliseconds at which the caller gets 504. */
  readonly deadline: number;
  readonly #call: Call;

  constructor(call: Call, settings: Settings) {
    this.functionName = settings.functionName;
    this.namespace = settings.namespace;
    this.revision = settings.revision;
    this.requestId = call.requestId;
    this.deadline = call.deadline;
    this.#call = call;
  }

  /** Milliseconds until the deadline, never below 0. */
  remainingMs(): number {
    return Math.max(0, this.deadline - Date.now());
  }

  /** Aborts at the deadline (TimeoutError) and when the caller goes away (AbortError). */
  get signal(): AbortSignal {
    return this.#call.signal;
  }

  /** Of an asynchronous call, the id under which its caller finds the result. */
  get invocationId(): string | undefined {
    return single(this.#call.request.headers[headers.invocationId]);
  }

  /** Of an asynchronous call, 1 for the first delivery. */
  get attempt(): number | undefined {
    const text = single(this.#call.request.headers[headers.attempt]);
    return text === undefined ? undefined : Number(text);
  }

  /** Log lines with fields; `console` writes the same kind of lines. */
  get log(): typeof logger {
    return logger;
  }
}

const writer = (level: Level) => (msg: string, fields?: LogFields) => log(level, msg, fields);

const logger = {
  debug: writer('debug'),
  info: writer('info'),
  warn: writer('warn'),
  error: writer('error'),
} as const;

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
