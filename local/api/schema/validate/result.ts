import type { FieldError } from '../types.ts';

/** What a validator found, and how many checks ran: of several failed alternatives the furthest one tells. */
export class Result {
  readonly errors: FieldError[] = [];
  matches = 0;

  get valid(): boolean {
    return this.errors.length === 0;
  }

  /** Adds an error unless the very same one was reported. */
  add(error: FieldError | undefined): this {
    const known = this.errors.some(
      (other) => other.field === error?.field && other.message === error.message,
    );
    if (error !== undefined && !known) this.errors.push(error);
    return this;
  }

  merge(other: Result): this {
    for (const error of other.errors) this.add(error);
    this.matches += other.matches;
    return this;
  }
}
