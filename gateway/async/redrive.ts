/** Sends dead letters again, as new calls of their functions. */
import type { Seal } from '#crds/wire/seal.ts';
import type { FunctionTable } from '#gateway/functions/function-table.ts';
import type { DeadLetter, DeadLetters } from './dead-letters.ts';
import type { Intake } from './intake.ts';

/** Sent by one request; the rest is left for the next one. */
const BATCH = 100;
const MOST_AT_ONCE = 1_000;

/** `full`: the backlog of its function, so that it stays a dead letter. */
export type Redriven = { readonly invocation: string } | 'unknown' | 'no-function' | 'full';

export interface RedriveOptions {
  readonly deadLetters: DeadLetters;
  readonly intake: Intake;
  readonly table: FunctionTable;
  readonly seal: Seal;
}

export class Redrive {
  private readonly options: RedriveOptions;

  constructor(options: RedriveOptions) {
    this.options = options;
  }

  /** @throws Error when it was sealed with another key */
  async one(id: string): Promise<Redriven> {
    const letter = await this.options.deadLetters.get(id);
    return letter === undefined ? 'unknown' : this.send(letter);
  }

  /** The newest thousand of a function at most; stops at the first that cannot be sent. Returns how many were sent. */
  async all(functionKey: string): Promise<number> {
    const { deadLetters } = this.options;
    let sent = 0;
    while (sent < MOST_AT_ONCE) {
      const letters = await deadLetters.list(functionKey, BATCH, undefined);
      const results = await Promise.all(letters.map((letter) => this.send(letter)));
      const good = results.filter((result) => typeof result === 'object').length;
      sent += good;
      if (good < BATCH) break;
    }
    return sent;
  }

  private async send(letter: DeadLetter): Promise<Redriven> {
    const { deadLetters, intake, table, seal } = this.options;
    const fn = table.get(letter.functionKey);
    if (fn === undefined) return 'no-function';
    const opened = await deadLetters.open(letter);
    if (opened === undefined) return 'unknown';
    // The same each time, so that a redrive that was cut off makes no second call.
    const id = `i${seal.fingerprint(letter.id, 'redrive')}`;
    const { hops: _, ...request } = opened.head;
    const outcome = await intake.submit(intake.pack({ id, fn, request, body: opened.body, delayMs: 0 }));
    if (outcome === 'full') return 'full';
    await deadLetters.remove(letter.id);
    return { invocation: id };
  }
}
