import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LaunchDirectory } from './launch-directory.ts';

let path: string;
let directory: LaunchDirectory;

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'catnap-launch-'));
  directory = new LaunchDirectory(path);
});
afterEach(() => rmSync(path, { recursive: true }));

const spec = { function: 'shop/hello', revision: 'r', env: {} };
const modeOf = (file: string) => statSync(join(path, file)).mode & 0o777;

it('gives back what it keeps, and nothing before', () => {
  expect(directory.read()).toBeUndefined();
  directory.keep(Buffer.from('a long spec'));
  directory.keep(Buffer.from('spec'));
  expect(directory.read()?.toString()).toBe('spec');
  expect(readdirSync(path)).toEqual(['launch.json']);
  expect(modeOf('launch.json')).toBe(0o600);
});

it('keeps a spec whole or not at all', () => {
  // What a container that is killed while it writes leaves behind.
  writeFileSync(join(path, 'launch.json.new'), '{"func');
  expect(directory.read()).toBeUndefined();
});

it('writes files of both kinds, for reading only, in place of what was there', () => {
  const root = directory.writeFiles({ ...spec, files: { 'old.mjs': '', 'a/b/old.mjs': '' } });
  expect(root).toBe(join(path, 'function'));
  directory.writeFiles({ ...spec, files: { 'a/b.mjs': 'grüße' }, binaryFiles: { 'a/c.bin': '/wA=' } });
  expect(readdirSync(join(path, 'function'))).toEqual(['a']);
  expect(readdirSync(join(path, 'function', 'a')).sort()).toEqual(['b.mjs', 'c.bin']);
  expect(readFileSync(join(path, 'function/a/b.mjs'), 'utf8')).toBe('grüße');
  expect([...readFileSync(join(path, 'function/a/c.bin'))]).toEqual([255, 0]);
  expect(modeOf('function/a/b.mjs')).toBe(0o444);
});

it('makes a directory also for no files, which a handler will be missed in, but none for an archive', () => {
  expect(directory.writeFiles(spec)).toBeUndefined();
  expect(readdirSync(path)).toEqual([]);
  expect(directory.writeFiles({ ...spec, files: {} })).toBe(join(path, 'function'));
});

it('is found out at once when it is not there', () => {
  expect(() => directory.check()).not.toThrow();
  expect(() => new LaunchDirectory(join(path, 'nowhere')).check()).toThrow('ENOENT');
});
