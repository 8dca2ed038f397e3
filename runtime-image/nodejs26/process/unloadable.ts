import { LoadError } from '../load/load-error.ts';
import { log } from '../log.ts';
import { exitCodes, type TerminationMessage } from '../wire.ts';
import { exitNow } from './really-exit.ts';
import { fitTerminationMessage, writeTerminationMessage } from './termination.ts';

/** What the platform is told about code that does not load. */
export function describeUnloadable(error: unknown): TerminationMessage {
  const { message, file, line } = asLoadError(error);
  return fitTerminationMessage({ reason: 'LoadFailed', message, file, line });
}

/** Tells the platform why the code does not load, and ends the process. */
export function exitUnloadable(error: unknown): never {
  writeTerminationMessage(describeUnloadable(error));
  logUnloadable(error);
  exitNow(exitCodes.loadFailed);
}

export function logUnloadable(error: unknown): void {
  const failure = asLoadError(error);
  const { file, line } = failure;
  const cause = failure.cause instanceof Error ? failure.cause.stack : undefined;
  log('error', 'the code does not load', { error: failure.describe(), file, line, stack: cause });
}

function asLoadError(error: unknown): LoadError {
  if (error instanceof LoadError) return error;
  return new LoadError(error instanceof Error ? error.message : String(error), {}, error);
}
