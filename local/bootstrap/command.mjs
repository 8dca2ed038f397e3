import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Interrupted } from './errors.mjs';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Path of the first of these programs on the PATH, or undefined. */
export function findOnPath(...names) {
  const directories = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return names.flatMap((name) => directories.map((directory) => join(directory, name))).find(isExecutable);
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Runs a program with its output kept back; a terminal shows how long it has been at work.
 * Rejects with {@link Interrupted} when a signal tells us to end.
 * @returns {Promise<{ok: boolean, output: string}>}
 */
export function runQuietly(title, command, args, options = {}) {
  const stopProgress = showProgress(title);
  return new Promise((resolve, reject) => {
    let output = '';
    let interrupted = false;
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const interrupt = (signal) => {
      interrupted = true;
      child.kill(signal);
    };
    const finish = (ok) => {
      for (const signal of SIGNALS) process.off(signal, interrupt);
      stopProgress(ok);
      if (interrupted) reject(new Interrupted());
      else resolve({ ok, output });
    };
    const collect = (data) => {
      output += data;
    };
    for (const signal of SIGNALS) process.on(signal, interrupt);
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', (error) => {
      output += error.message;
      finish(false);
    });
    child.once('close', (code) => finish(code === 0));
  });
}

function showProgress(title) {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const terminal = process.stderr.isTTY;
  process.stderr.write(terminal ? `${title} …` : `${title} …\n`);
  const timer = terminal
    ? setInterval(() => process.stderr.write(`\r${title} … ${seconds()} s`), 1000)
    : undefined;
  return (ok) => {
    clearInterval(timer);
    process.stderr.write(`${terminal ? '\r' : ''}${title}: ${ok ? 'done' : 'failed'} (${seconds()} s)\n`);
  };
}
