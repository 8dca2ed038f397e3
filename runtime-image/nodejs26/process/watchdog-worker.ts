/** The watchdog's thread: reads the main thread's heartbeat and ends the process when a call blocks it too long. */
import type { Session } from 'node:inspector';
import { parentPort } from 'node:worker_threads';
import { FunctionRoot } from '../load/root.ts';
import { log, setLogFunction } from '../log.ts';
import { exitCodes } from '../wire.ts';
import { Listener, type WatchdogData } from './blocked.ts';
import { writeTerminationMessage } from './termination.ts';

const CHECK_MS = 250;
/** A main thread inside a system call cannot be asked where it is, nor to exit. */
const PAUSE_LIMIT_MS = 1_000;
/** It was able to stop, so that it takes this long only without the processor. */
const EXIT_LIMIT_MS = 5_000;

// Already here, though it is too early: Node loads `performance` on its first use, and that takes a millisecond.
let lastCheck = performance.now();

// By message rather than as the worker's data: a warm pod starts the thread before it knows what to watch, and sends
// empty ones until then.
let data: WatchdogData | undefined;
while (!data) data = await nextMessage();
const { timeoutMs, functionKey, directory } = data;
setLogFunction(functionKey);
const listener = new Listener(data);
lastCheck = performance.now();
while (!listener.isBlocked(elapsedMs())) listener.wait(CHECK_MS);
endProcess();

function nextMessage(): Promise<WatchdogData | undefined> {
  return new Promise((resolve) => void parentPort?.once('message', resolve));
}

/** Time in which this thread did not run either (a frozen or starved container) is not the function's fault. */
function elapsedMs(): number {
  const now = performance.now();
  const elapsed = Math.min(now - lastCheck, 2 * CHECK_MS);
  lastCheck = now;
  return elapsed;
}

/** Stops the main thread wherever it is, to learn the place, and makes it exit there. */
function endProcess(): void {
  const kill = () => process.kill(process.pid, 'SIGKILL');
  const giveUp = setTimeout(() => {
    report(undefined);
    kill();
  }, PAUSE_LIMIT_MS);
  const session: Session = new (process.getBuiltinModule('node:inspector').Session)();
  session.connectToMainThread();
  const urls = new Map<string, string>();
  session.on('Debugger.scriptParsed', ({ params }) => urls.set(params.scriptId, params.url));
  session.on('Debugger.paused', ({ params: { callFrames } }) => {
    clearTimeout(giveUp);
    // Also keeps this thread, which has nothing else to wait for: Node aborts when the main thread, while it evaluates
    // what comes below, tells a session of a thread that is gone.
    setTimeout(kill, EXIT_LIMIT_MS);
    report(
      findPlace(callFrames.map(({ location }) => ({ ...location, url: urls.get(location.scriptId) ?? '' }))),
    );
    // process.exit would run the function's exit listeners, which may block again. In the global scope, since the
    // function may have a `process` of its own. Any answer means that the process still runs.
    session.post('Runtime.evaluate', { expression: `process.reallyExit(${exitCodes.blocked})` }, kill);
  });
  session.post('Debugger.enable');
  session.post('Debugger.pause');
}

function findPlace(
  frames: { url: string; lineNumber: number }[],
): { file: string; line: number } | undefined {
  const root = new FunctionRoot(directory);
  for (const { url, lineNumber } of frames) {
    const file = root.relative(url);
    if (file !== undefined) return { file, line: lineNumber + 1 };
  }
  return undefined;
}

function report(place: { file: string; line: number } | undefined): void {
  const message = `a call blocked the event loop beyond its timeout of ${timeoutMs / 1000} s`;
  writeTerminationMessage({ reason: 'Blocked', message, ...place });
  log('error', 'the event loop is blocked, exiting', { error: message, ...place });
}
