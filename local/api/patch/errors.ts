/** A patch that cannot be applied; `status` is the HTTP status that the real server answers. */
export class PatchError extends Error {
  readonly status: 400 | 413 | 422 | 500;

  constructor(message: string, status: 400 | 413 | 422 | 500) {
    super(message);
    this.name = 'PatchError';
    this.status = status;
  }
}
