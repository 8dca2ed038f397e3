/** Code that cannot be loaded: what is wrong and, where known, the place within the function's files. */
export class LoadError extends Error {
  override readonly name = 'LoadError';
  readonly file: string | undefined;
  readonly line: number | undefined;

  constructor(message: string, place: Place = {}, cause?: unknown) {
    super(message, { cause });
    this.file = place.file;
    this.line = place.line;
  }

  /** `file:line: message`, or less where less is known. */
  describe(): string {
    if (!this.file) return this.message;
    return `${this.file}${this.line ? `:${this.line}` : ''}: ${this.message}`;
  }
}

export interface Place {
  /** Path relative to the function's root. */
  file?: string | undefined;
  line?: number | undefined;
}
