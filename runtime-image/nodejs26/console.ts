import { format, type InspectOptions, inspect } from 'node:util';
import { type Level, log } from './log.ts';

/**
 * Turns what the function prints into log lines. `table`, `count`, `assert`, `trace` and the timers end in one of
 * these methods. Written to standard output directly, text stays as it is.
 */
export function installConsole(target: Console): void {
  const writer =
    (level: Level) =>
    (...args: unknown[]) =>
      log(level, formatArguments(args));
  target.log = writer('info');
  target.info = target.log;
  target.dirxml = target.log;
  target.debug = writer('debug');
  target.warn = writer('warn');
  target.error = writer('error');
  target.dir = (value: unknown, options?: InspectOptions) =>
    log('info', inspect(value, { customInspect: false, ...options }));
}

function formatArguments(args: unknown[]): string {
  return args.length === 1 && typeof args[0] === 'string' ? args[0] : format(...args);
}
