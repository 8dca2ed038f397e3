/** Ctrl-C and its relatives. */

/** The same keypress may reach us twice: from the terminal and through npm. */
const ECHO_MS = 1000;

/**
 * The signal aborts at the first SIGINT, SIGTERM or SIGHUP. A second one, when it is not the echo of the first, calls
 * `onImpatience`.
 */
export function stopSignal(onImpatience: () => void): AbortSignal {
  const controller = new AbortController();
  let firstAt = 0;
  const stop = () => {
    if (!controller.signal.aborted) {
      firstAt = performance.now();
      controller.abort();
    } else if (performance.now() - firstAt > ECHO_MS) onImpatience();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, stop);
  return controller.signal;
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
