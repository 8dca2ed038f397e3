import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What a Dockerfile can copy: path in the build context to file on this machine. */
export type Context = Readonly<Record<string, string>>;

const MODE = 0o755;

/** Lays the files out for the build; for everyone to read, enter and run, whatever the umask is. */
export async function stage(context: Context, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const [path, source] of Object.entries(context)) {
    const target = join(directory, path);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(source, target);
  }
  await chmod(directory, MODE);
  for (const path of await readdir(directory, { recursive: true })) await chmod(join(directory, path), MODE);
}

/** A hash of names and contents, whatever their order, and of the other inputs. */
export async function hashInputs(context: Context, others: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const text of others) hash.update(`${text.length}:${text}`);
  for (const path of Object.keys(context).sort()) {
    const content = createHash('sha256').update(await readFile(context[path] ?? ''));
    hash.update(`${path.length}:${path}`).update(content.digest());
  }
  return hash.digest('hex');
}
