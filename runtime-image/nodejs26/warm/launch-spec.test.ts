import { describe, expect, it } from 'vitest';
import { LaunchSpecError, readLaunchSpec } from './launch-spec.ts';

const spec = { function: 'shop/hello', revision: 'a1b2', env: { A: 'a' } };
const read = (value: unknown) => readLaunchSpec(Buffer.from(JSON.stringify(value)));

describe('readLaunchSpec', () => {
  it.each([
    [spec],
    [{ ...spec, env: {}, files: {} }],
    [{ ...spec, files: { 'index.mjs': '' }, binaryFiles: { 'a/b.bin': 'AAECAw==', empty: '' } }],
    [{ ...spec, later: 'what this runtime does not know' }],
  ])('takes %j', (value) => {
    expect(read(value)).toEqual(value);
  });

  it.each([
    [null, 'it is not a JSON object'],
    [[], 'it is not a JSON object'],
    ['text', 'it is not a JSON object'],
    [{ ...spec, function: 'hello' }, 'function must be NAMESPACE/NAME'],
    [{ ...spec, function: 'shop/~small' }, 'function must be NAMESPACE/NAME'],
    [{ ...spec, function: 7 }, 'function must be NAMESPACE/NAME'],
    [{ ...spec, revision: '' }, 'revision must be a revision'],
    [{ ...spec, revision: undefined }, 'revision must be a revision'],
    [{ ...spec, env: undefined }, 'env must be an object'],
    [{ ...spec, env: ['a'] }, 'env must be an object'],
    [{ ...spec, env: { A: 1 } }, 'env.A must be a string'],
    [{ ...spec, env: { A: 'se\0cret' } }, 'env.A has a NUL character'],
    [{ ...spec, env: { '': 'a' } }, 'env has the name ""'],
    [{ ...spec, env: { 'A=B': 'a' } }, 'env has the name "A=B"'],
    [{ ...spec, files: 'a' }, 'files must be an object'],
    [{ ...spec, files: null }, 'files must be an object'],
    [{ ...spec, files: { a: 1 } }, 'files["a"] must be a string'],
    [{ ...spec, files: { '../a': '' } }, '"../a" is no path'],
    [{ ...spec, binaryFiles: [] }, 'binaryFiles must be an object'],
    [{ ...spec, binaryFiles: { a: '%%%%' } }, 'binaryFiles["a"] must be base64'],
    [{ ...spec, binaryFiles: { a: 'AAE' } }, 'binaryFiles["a"] must be base64'],
    [{ ...spec, files: { a: '' }, binaryFiles: { a: '' } }, '"a" is there twice'],
  ])('refuses %j', (value, fault) => {
    expect(() => read(value)).toThrow(new LaunchSpecError(fault));
  });

  it('refuses what is not JSON without repeating it', () => {
    expect(() => readLaunchSpec(Buffer.from('{"env":{"A":"secret"'))).toThrow(
      new LaunchSpecError('it is not JSON'),
    );
  });

  it('names every fault, and no value', () => {
    const value = { function: 'secret', revision: 1, env: { A: ['secret'] }, files: { '/a': {} } };
    expect(() => read(value)).toThrow(
      new LaunchSpecError(
        'function must be NAMESPACE/NAME; revision must be a revision; env.A must be a string; files["/a"] must be a string; "/a" is no path',
      ),
    );
  });
});
