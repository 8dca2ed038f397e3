/**
 * The language server for Node.js 26: loads one function and serves it over HTTP. Listens only once the code is loaded,
 * so that an open port means ready.
 */
import { rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { announce } from './announce/announce.ts';
import { installConsole } from './console.ts';
import { Calls } from './http/calls.ts';
import { createInvoke } from './http/invoke.ts';
import { createFunctionServer, type ServerState } from './http/server.ts';
import { type Handler, loadHandler } from './load/load.ts';
import { LoadError } from './load/load-error.ts';
import { FunctionRoot } from './load/root.ts';
import { log, setLogFunction } from './log.ts';
import { drain } from './process/drain.ts';
import { exitOnUncaught } from './process/fatal.ts';
import { listen } from './process/listen.ts';
import { guardLoading } from './process/load-guard.ts';
import { exitNow } from './process/really-exit.ts';
import { writeTerminationMessage } from './process/termination.ts';
import { startWatchdog } from './process/watchdog.ts';
import { readSettings, type Settings, SettingsError } from './settings.ts';
import { environment, exitCodes } from './wire.ts';

const LOAD_LIMIT_MS = 60_000;
const DRAIN_WINDOW_MS = 1_000;
/** Kubernetes kills the process 10 s after the last running call's deadline; end before that. */
const DRAIN_MARGIN_MS = 8_000;

async function main(): Promise<void> {
  installConsole(console);
  const settings = readSettingsOrExit();
  // Not for the function, which may well print its environment.
  delete process.env[environment.announceToken];
  setLogFunction(`${settings.namespace}/${settings.functionName}`);
  const { handler, directory } = await load(settings).catch(exitUnloadable);
  await serve(settings, handler, directory);
}

function readSettingsOrExit(): Settings {
  try {
    return readSettings(process.env);
  } catch (error) {
    if (error instanceof SettingsError) exitUnloadable(new LoadError(error.message));
    throw error;
  }
}

async function load(settings: Settings): Promise<{ handler: Handler; directory: string }> {
  const directory = await sourceDirectory(settings);
  const root = new FunctionRoot(directory);
  const loaded = guardLoading(root, exitUnloadable);
  const handler = await loadHandler(root, settings.handler, LOAD_LIMIT_MS);
  loaded();
  return { handler, directory };
}

async function sourceDirectory({ source }: Settings): Promise<string> {
  if ('directory' in source) return source.directory;
  // Loaded on demand: it is most of the runtime's code.
  const { fetchArchive } = await import('./archive/fetch-archive.ts');
  const directory = await fetchArchive(source.archiveUrl, source.sha256);
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Tells the platform why the code does not load, and ends the process. */
function exitUnloadable(error: unknown): never {
  const failure =
    error instanceof LoadError
      ? error
      : new LoadError(error instanceof Error ? error.message : String(error), {}, error);
  const { file, line } = failure;
  const cause = failure.cause instanceof Error ? failure.cause.stack : undefined;
  writeTerminationMessage({ reason: 'LoadFailed', message: failure.message, file, line });
  log('error', 'the code does not load', { error: failure.describe(), file, line, stack: cause });
  exitNow(exitCodes.loadFailed);
}

async function serve(settings: Settings, handler: Handler, directory: string): Promise<void> {
  const calls = new Calls(settings.concurrency);
  const state: ServerState = { closing: false };
  const background = {
    add: (work: Promise<unknown>) =>
      calls.addBackground(work.catch((error) => log('error', 'work given to waitUntil failed', { error }))),
  };
  const server = createFunctionServer(settings, calls, createInvoke(handler, settings, background), state);
  exitOnUncaught(calls, state, (code) => process.exit(code));
  drainOnSignal(settings, server, calls, state);
  await listen(server, settings.host, settings.port);
  const { port } = server.address() as AddressInfo;
  const announced = settings.announce && announce(settings, settings.announce, port, () => state.closing);
  log('info', 'listening', { port, handler: settings.handler, startMs: Math.round(performance.now()) });
  const prepare = once(() => {
    startWatchdog({ settings, calls, directory, onStuck: () => exitStuck(settings) });
    // The first call would otherwise wait while Node loads fetch; the port is open by now and calls queue there.
    if (handler.form === 'fetch') void globalThis.Request;
  });
  // It takes milliseconds, so the announcement goes first; but it must be done before any call.
  server.once('connection', prepare);
  if (announced) void announced.then(prepare);
  else prepare();
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) action();
    done = true;
  };
}

function drainOnSignal(settings: Settings, server: Server, calls: Calls, state: ServerState): void {
  let signals = 0;
  const onSignal = () => {
    if (++signals > 1) process.exit(0);
    log('info', 'draining', { running: calls.running.size });
    const limitMs = settings.timeoutMs + DRAIN_MARGIN_MS;
    const exit = (complete: boolean) => {
      if (!complete) log('warn', 'exiting with calls still running', { running: calls.running.size });
      process.exit(0);
    };
    drain({ server, calls, state, windowMs: DRAIN_WINDOW_MS, limitMs, exit });
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
}

function exitStuck({ timeoutMs, concurrency }: Settings): void {
  const message = `${concurrency} calls, as many as may run, ignored their timeout of ${timeoutMs / 1000} s; use context.signal`;
  writeTerminationMessage({ reason: 'Blocked', message });
  log('error', 'every call is stuck, exiting', { error: message });
  process.exit(exitCodes.blocked);
}

await main();
