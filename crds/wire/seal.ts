/**
 * Keeps what callers send and functions answer unreadable in Redis: AES-256-GCM. The context (whose it
 * is and what it is for) is authenticated, so that one sealed thing cannot pass for another.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + NONCE_BYTES + TAG_BYTES;

export class Seal {
  private readonly key: Buffer;

  /** @param key 32 bytes. */
  constructor(key: Buffer) {
    this.key = key;
  }

  /** version (1) · nonce (12) · tag (16) · ciphertext. */
  close(plain: Buffer, context: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.key, nonce);
    cipher.setAAD(Buffer.from(context));
    const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), sealed]);
  }

  /** @throws Error when it was changed, sealed with another key, or for another context. */
  open(sealed: Buffer, context: string): Buffer {
    if (sealed.length < HEAD_BYTES || sealed[0] !== VERSION) throw new Error('not sealed by this version');
    const decipher = createDecipheriv(ALGORITHM, this.key, sealed.subarray(1, 1 + NONCE_BYTES));
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(sealed.subarray(1 + NONCE_BYTES, HEAD_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(HEAD_BYTES)), decipher.final()]);
  }

  /** 128 bits that depend on the key and the text: the same for every gateway, guessable for nobody. */
  fingerprint(text: string | Buffer, purpose: string): string {
    return createHmac('sha256', this.key)
      .update(purpose)
      .update('\0')
      .update(text)
      .digest('hex')
      .slice(0, 32);
  }
}
