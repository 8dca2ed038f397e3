/** What no cold start can be faster than: the runtime as a bare process, from spawn to listening. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment } from '#crds/wire/environment.ts';
import { freePort } from '#local/up/ports.ts';
import { buildRuntime } from '#runtime/build.ts';
import type { Log } from '../bed.ts';
import type { Result } from '../report.ts';
import { latencies } from '../stats.ts';

const DISCARDED = 2;
const GIVE_UP_MS = 60_000;

/** Starts the runtime with this code as its function again and again. */
export async function bareRuntime(count: number, code: string, log: Log): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), 'catnap-bench-'));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    const { entry } = await buildRuntime(join(directory, 'runtime'));
    const functionDir = join(directory, 'function');
    await mkdir(functionDir);
    await writeFile(join(functionDir, 'index.mjs'), code);
    const times: number[] = [];
    for (let run = -DISCARDED; run < count; run++) {
      const ms = await spawnToListening(entry, functionDir);
      if (run >= 0) times.push(ms);
    }
    log(`${count} bare starts of the runtime`);
    return { name: 'runtime process, spawn to listening', n: times.length, ...latencies(times), errors: 0 };
  } finally {
    process.off('exit', remove);
    remove();
  }
}

async function spawnToListening(entry: string, functionDir: string): Promise<number> {
  const port = await freePort();
  const env = {
    PATH: process.env.PATH,
    HOST: '127.0.0.1',
    [environment.port]: String(port),
    [environment.handler]: 'index.handler',
    [environment.functionDir]: functionDir,
    [environment.concurrency]: '10',
    [environment.timeoutSeconds]: '30',
    [environment.functionName]: 'bare',
    [environment.functionNamespace]: 'bench',
    [environment.revision]: 'bench',
  };
  const started = performance.now();
  const child = spawn(process.execPath, [entry], { env, stdio: 'ignore' });
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  try {
    while (!(await accepts(port))) {
      if (child.exitCode !== null) throw new Error(`the runtime ended with ${child.exitCode}`);
      if (performance.now() - started > GIVE_UP_MS) throw new Error('the runtime does not listen');
    }
    return performance.now() - started;
  } finally {
    process.off('exit', end);
    end();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
}

/** One attempt to connect; a refused one pauses for a millisecond so that the process gets the CPU. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => setTimeout(resolve, 1, false));
  });
}
