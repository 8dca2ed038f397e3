import { readFile } from 'node:fs/promises';
import { waitFor } from '#local/up/wait-for.ts';
import { run } from './run.ts';

/** Mount points at or below a directory, in the order in which they can be unmounted. */
export function mountsBelow(mountinfo: string, directory: string): string[] {
  return mountinfo
    .split('\n')
    .map((line) => unescapeOctal(line.split(' ')[4] ?? ''))
    .filter((point) => point === directory || point.startsWith(`${directory}/`))
    .reverse();
}

/** mountinfo writes spaces, tabs, newlines and backslashes as `\040`. */
function unescapeOctal(text: string): string {
  return text.replace(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

const readMounts = async (directory: string) =>
  mountsBelow(await readFile('/proc/self/mountinfo', 'utf8'), directory);

/**
 * Unmounts all at or below a directory. Throws when some stay, since deleting through them would delete
 * what they show.
 */
export async function unmountBelow(directory: string): Promise<number> {
  let count = 0;
  await waitFor(
    async () => {
      const points = await readMounts(directory);
      count = Math.max(count, points.length);
      // Lazily: what still holds it open is a process that is about to end.
      for (const point of points) await run('umount', ['--lazy', '--no-mtab', point]).catch(() => {});
      return (await readMounts(directory)).length === 0;
    },
    { timeoutMs: 15_000, describe: `everything below ${directory} to be unmounted` },
  );
  return count;
}
