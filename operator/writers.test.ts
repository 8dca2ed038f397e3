import { expect, it } from 'vitest';
import { createWriters } from './writers.ts';

/** Tasks that end when they are told to. */
function stage(atOnce: number) {
  const writers = createWriters(atOnce);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    writers,
    begun,
    add(name: string) {
      writers.add(() => {
        begun.push(name);
        return new Promise((resolve) => void ends.set(name, resolve));
      });
    },
    async end(name: string) {
      ends.get(name)?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

it('runs tasks in their order, a bounded number at the same time', async () => {
  const s = stage(2);
  for (const name of ['a', 'b', 'c', 'd']) s.add(name);
  expect(s.begun).toEqual(['a', 'b']);
  await s.end('b');
  expect(s.begun).toEqual(['a', 'b', 'c']);
  await s.end('c');
  await s.end('a');
  expect(s.begun).toEqual(['a', 'b', 'c', 'd']);
});

it('stops when what runs has ended, and begins nothing more', async () => {
  const s = stage(1);
  s.add('a');
  s.add('b');
  const stopped = s.writers.stop();
  await s.end('a');
  await stopped;
  expect(s.begun).toEqual(['a']);
});
