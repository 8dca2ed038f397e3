import { expect, it } from 'vitest';
import { readLines } from './lines.ts';

async function* chunks(...parts: (string | Buffer)[]) {
  for (const part of parts) yield Buffer.from(part as string);
}
const collect = async (lines: AsyncIterable<string>) => {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
};

it('joins lines from chunks that end anywhere, also within a character', async () => {
  const euro = Buffer.from('€');
  const lines = readLines(chunks('a', 'b\nc\n\n', euro.subarray(0, 1), euro.subarray(1), '\n'), 100);
  expect(await collect(lines)).toEqual(['ab', 'c', '€']);
});

it('fails for a stream that ends within a line', async () => {
  await expect(collect(readLines(chunks('a\nb'), 100))).rejects.toThrow('in the middle of a line');
});

it.each([[['x'.repeat(11)]], [['x'.repeat(11), '\n']], [['xxxxxx', 'xxxxx\n']]])(
  'fails for a line above the bound, finished or not',
  async (parts) => {
    await expect(collect(readLines(chunks(...parts), 10))).rejects.toThrow('more than 10 bytes');
  },
);

it('takes many lines in one chunk whose sum is above the bound', async () => {
  expect(await collect(readLines(chunks('aaaaaa\nbbbbbb\ncc', 'cc\n'), 10))).toEqual([
    'aaaaaa',
    'bbbbbb',
    'cccc',
  ]);
});
