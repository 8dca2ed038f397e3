/** Something the user can put right; the message says how. */
export class UserError extends Error {}

/** The user ended it; not worth a message. */
export class Interrupted extends Error {}

/** Prints the error, without a stack when it is meant for the user, and makes the process exit with a failure. */
export function fail(error) {
  process.exitCode = error instanceof Interrupted ? 130 : 1;
  if (error instanceof Interrupted) return;
  process.stderr.write(`${error instanceof UserError ? error.message : (error?.stack ?? error)}\n`);
}
