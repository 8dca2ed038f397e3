/** Runs a command to its end, for probes and lifecycle hooks. */
import { spawn } from 'node:child_process';
import { killGroup, spawnFailure } from './container-process.ts';
import type { ExecRequest, ExecResult } from './protocol.ts';

const MAX_OUTPUT_BYTES = 10 * 1024;

/** Runs the command in a process group of its own; a command that cannot start counts as exit code 127. */
export async function execCommand(request: Omit<ExecRequest, 'op' | 'id'>): Promise<ExecResult> {
  const [command = '', ...args] = request.argv;
  const child = spawn(command, args, {
    cwd: request.cwd,
    env: request.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const collect = (chunk: Buffer) => {
    if (output.length < MAX_OUTPUT_BYTES) output += chunk.toString('utf8');
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const failure = await spawnFailure(child);
  if (failure) return { exitCode: 127, timedOut: false, output: failure.message };

  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    killGroup(child.pid as number);
  }, request.timeoutMs);
  const exitCode = await ended;
  clearTimeout(timer);
  killGroup(child.pid as number);
  return { exitCode, timedOut, output: output.slice(0, MAX_OUTPUT_BYTES) };
}
