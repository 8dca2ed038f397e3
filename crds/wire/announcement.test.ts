import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { announceKey, announceToken } from './announcement.ts';

const encryptionKey = Buffer.alloc(32, 7);
const key = announceKey(encryptionKey);

describe('announceToken', () => {
  it('is the same wherever it is made, and fits a header', () => {
    const token = announceToken(key, 'shop/hello');
    expect(token).toBe('Ws4BdgxhS99aC8hTovCxjFQkuNLeKJs69qj7NO4VzPM');
    expect(token).toMatch(/^[\w-]{43}$/);
  });

  it('differs by function, also where namespace and name join to the same text', () => {
    const tokens = ['shop/hello', 'shop/hello2', 'shop2/hello', 'sho/phello'].map((fn) =>
      announceToken(key, fn),
    );
    expect(new Set(tokens).size).toBe(tokens.length);
  });

  it('does not use the encryption key itself', () => {
    const direct = createHmac('sha256', encryptionKey).update('shop/hello').digest('base64url');
    expect(announceToken(key, 'shop/hello')).not.toBe(direct);
  });
});
