/** The part of a pino logger that this folder uses. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const ignore = () => {};
export const silentLog: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** What an error says in a log line: its name, reason and sentence, without stack or causes. */
export function describeError(error: unknown): { error: string; reason?: string; status?: number } {
  if (!(error instanceof Error)) return { error: String(error) };
  const { reason, status } = error as { reason?: unknown; status?: unknown };
  return {
    error: error.message,
    ...(typeof reason === 'string' ? { reason } : {}),
    ...(typeof status === 'number' ? { status } : {}),
  };
}
