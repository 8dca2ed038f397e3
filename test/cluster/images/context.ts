import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What a Dockerfile can copy: path in the build context to file on this machine. */
export type Context = Readonly<Record<string, string>>;

/** Lays the files out for the build; readable and executable for everyone, whatever the umask is. */
export async function stage(context: Context, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const [path, source] of Object.entries(context)) {
    const target = join(directory, path);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(source, target);
    await chmod(target, 0o755);
  }
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
