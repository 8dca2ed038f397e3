import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { Seal } from './seal.ts';

const seal = new Seal(randomBytes(32));
const plain = Buffer.from('what nobody else may read');

it('opens what it closed', () => {
  expect(seal.open(seal.close(plain, 'here'), 'here')).toEqual(plain);
  expect(seal.open(seal.close(Buffer.alloc(0), 'here'), 'here')).toEqual(Buffer.alloc(0));
});

it('never seals the same twice alike', () => {
  expect(seal.close(plain, 'here')).not.toEqual(seal.close(plain, 'here'));
});

it('does not open for another context, another key, or after a change of any byte', () => {
  const sealed = seal.close(plain, 'here');
  expect(() => seal.open(sealed, 'there')).toThrow();
  expect(() => new Seal(randomBytes(32)).open(sealed, 'here')).toThrow();
  for (let i = 0; i < sealed.length; i++) {
    const changed = Buffer.from(sealed);
    changed.writeUInt8((changed.readUInt8(i) + 1) % 256, i);
    expect(() => seal.open(changed, 'here')).toThrow();
  }
  expect(() => seal.open(sealed.subarray(0, 10), 'here')).toThrow();
});
