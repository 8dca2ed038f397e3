/** One container: a process group of its own, its output in a log file. */
import { type ChildProcess, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { type LogFile, openLogFile } from './log-file.ts';
import type { ProcessExit, StartRequest } from './protocol.ts';

/** How long output of an ended process is still read: a stray holder of the pipe must not delay the exit. */
const DRAIN_MS = 250;

export interface ContainerProcess {
  readonly pid: number;
  readonly startedAtMs: number;
  signal(signal: 'SIGTERM' | 'SIGKILL'): void;
  /** Kills the group because it holds more memory than it may. */
  killOutOfMemory(): void;
}

/** Starts the process; throws with a sentence when it cannot be started. */
export async function startContainerProcess(
  request: StartRequest,
  hooks: { onLog(): void; onExit(exit: ProcessExit): void },
): Promise<ContainerProcess> {
  requireDirectory(request.cwd);
  const [command, ...args] = request.argv;
  if (command === undefined) throw new Error('the container has no command');
  const child = spawn(command, args, {
    cwd: request.cwd,
    env: request.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const failure = await spawnFailure(child);
  if (failure) throw new Error(`cannot start ${command}: ${failure.message}`);
  return supervise(child, openLogFile(request.logFile, request.logMaxBytes), hooks);
}

function supervise(
  child: ChildProcess,
  log: LogFile,
  hooks: { onLog(): void; onExit(exit: ProcessExit): void },
): ContainerProcess {
  const pid = child.pid as number;
  let outOfMemory = false;
  let closed = false;
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.on('data', (chunk: Buffer) => {
      if (closed) return;
      log.write(stream, chunk);
      hooks.onLog();
    });
  }
  child.once('exit', (exitCode, signal) => {
    const finishedAtMs = Date.now();
    // As in a container, what the first process leaves behind ends with it.
    killGroup(pid);
    const finish = () => {
      if (closed) return;
      closed = true;
      clearTimeout(timer);
      log.close();
      hooks.onExit({ exitCode, signal, outOfMemory, finishedAtMs });
    };
    const timer = setTimeout(finish, DRAIN_MS);
    child.once('close', finish);
  });
  return {
    pid,
    startedAtMs: Date.now(),
    signal(signal) {
      if (signal === 'SIGKILL') killGroup(pid);
      else child.kill(signal);
    },
    killOutOfMemory() {
      outOfMemory = true;
      killGroup(pid);
    },
  };
}

/** Kills every process of the group; a group that is gone is no error. */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

/** Waits until the process runs, or for the reason why it does not. */
export function spawnFailure(child: ChildProcess): Promise<Error | undefined> {
  return new Promise((resolve) => {
    child.once('spawn', () => resolve(undefined));
    child.once('error', resolve);
  });
}

// Spawn reports a missing working directory as if the command were missing.
function requireDirectory(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isDirectory()) throw new Error(`working directory ${path} does not exist`);
}
