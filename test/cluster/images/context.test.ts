import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hashInputs, stage } from './context.ts';

const directory = mkdtempSync(join(tmpdir(), 'catnap-context-'));
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, text: string, mode = 0o644): string {
  const path = join(directory, name);
  writeFileSync(path, text, { mode });
  return path;
}

const one = file('one', '1');
const two = file('two', '2');

describe('hashInputs', () => {
  it('does not depend on the order or the place of the files', async () => {
    const elsewhere = file('elsewhere', '1');
    const hash = await hashInputs({ a: one, b: two }, ['x']);
    expect(await hashInputs({ b: two, a: elsewhere }, ['x'])).toBe(hash);
  });

  it.each([
    ['a name', { c: one, b: two }, ['x']],
    ['a content', { a: two, b: two }, ['x']],
    ['a file more', { a: one, b: two, c: two }, ['x']],
    ['another input', { a: one, b: two }, ['y']],
    ['the border between inputs', { a: one, b: two }, ['x', '']],
  ])('changes with %s', async (_, context, others) => {
    expect(await hashInputs(context, others)).not.toBe(await hashInputs({ a: one, b: two }, ['x']));
  });
});

it('lays files out for every user to read, whatever they were before', async () => {
  const target = join(directory, 'staged');
  mkdirSync(target);
  await stage({ 'deep/er/secret': file('secret', 's', 0o600) }, target);
  expect(readFileSync(join(target, 'deep/er/secret'), 'utf8')).toBe('s');
  for (const path of ['', 'deep', 'deep/er', 'deep/er/secret']) {
    expect(statSync(join(target, path)).mode & 0o777).toBe(0o755);
  }
});
