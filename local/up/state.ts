/** The directory that holds everything a local platform keeps: data, logs, kubeconfig, key. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export interface StateDirectory {
  readonly path: string;
  /** Removed by {@link StateDirectory.release}. */
  readonly temporary: boolean;
  /** Nothing was kept here before. */
  readonly fresh: boolean;
  readonly kubeconfig: string;
  /** Base64 of 32 bytes; the same as long as the directory lives, so that sealed data stays readable. */
  readonly encryptionKey: string;
  file(...parts: string[]): string;
  /** Lets others use it; removes it when it is temporary, unless its logs are to be looked at. */
  release(options?: { keep?: boolean }): void;
}

/**
 * Takes `dataDir` into use, or a new temporary directory. Throws when another running process uses it.
 */
export function openStateDirectory(dataDir?: string): StateDirectory {
  const path = dataDir ? resolve(dataDir) : mkdtempSync(join(tmpdir(), 'catnap-'));
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const lock = join(path, 'pid');
  takeLock(lock, path);
  const { key, fresh } = readOrCreateKey(join(path, 'encryption-key'));
  const temporary = dataDir === undefined;
  return {
    path,
    temporary,
    fresh,
    kubeconfig: join(path, 'kubeconfig'),
    encryptionKey: key,
    file: (...parts) => join(path, ...parts),
    release: ({ keep = false } = {}) =>
      rmSync(temporary && !keep ? path : lock, { recursive: true, force: true }),
  };
}

function takeLock(lock: string, path: string): void {
  const holder = Number(readOr(lock, '0'));
  if (holder !== process.pid && isAlive(holder)) {
    throw new Error(
      `${path} is in use by process ${holder}; stop that one or choose another --data directory`,
    );
  }
  writeFileSync(lock, String(process.pid));
}

function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function readOrCreateKey(file: string): { key: string; fresh: boolean } {
  const existing = readOr(file, '').trim();
  if (existing) return { key: existing, fresh: false };
  const key = randomBytes(32).toString('base64');
  writeFileSync(file, key, { mode: 0o600 });
  return { key, fresh: true };
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}
