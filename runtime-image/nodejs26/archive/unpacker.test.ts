import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { Unpacker } from './unpacker.ts';

const roots: string[] = [];

function unpacker(limits = { maxUnpackedBytes: 10, maxEntries: 3 }) {
  const root = mkdtempSync(join(tmpdir(), 'catnap-unpacker-'));
  roots.push(root);
  return { root, unpacker: new Unpacker(root, limits) };
}

const content = (text: string) => () => Readable.from([Buffer.from(text)]);

afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

describe('Unpacker', () => {
  it('counts the bytes that come, over all files', async () => {
    const { unpacker: target } = unpacker();
    await target.addFile('a', content('123456'), false);
    await expect(target.addFile('b', content('12345'), false)).rejects.toThrow(
      'unpacks to more than 10 bytes',
    );
  });

  it('counts entries of every kind', async () => {
    const { unpacker: target } = unpacker();
    await target.addDirectory('d/');
    await target.addFile('d/a', content('1'), false);
    target.addLink('d/l', 'a');
    await expect(target.addDirectory('e/')).rejects.toThrow('has more than 3 entries');
  });

  it('keeps links within, drops those that lead nowhere', async () => {
    const { root, unpacker: target } = unpacker();
    await target.addFile('a', content('1'), false);
    target.addLink('bin/l', '../a');
    target.addLink('nowhere', 'gone');
    await target.finish();
    expect(readFileSync(join(root, 'bin/l'), 'utf8')).toBe('1');
    expect(() => readFileSync(join(root, 'nowhere'))).toThrow('ENOENT');
  });

  it('refuses two entries of one name', async () => {
    const { unpacker: target } = unpacker();
    await target.addFile('a', content('1'), false);
    await expect(target.addFile('./a', content('2'), false)).rejects.toThrow('EEXIST');
  });

  it.each(['..', '../x', 'a/../../x', '/x', 'C:/x', '..\\x', 'a\\..\\..\\x'])('refuses %s', async (name) => {
    await expect(unpacker().unpacker.addFile(name, content('1'), false)).rejects.toThrow(
      'outside of the archive',
    );
  });
});
