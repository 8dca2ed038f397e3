/** The server's certificate and its users' token: made once, and kept where there is a data directory. */
import { randomBytes, X509Certificate } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Credentials {
  /** PEM; also the authority that clients trust. */
  certificate: string;
  privateKey: string;
  token: string;
}

const DAY_MS = 24 * 60 * 60 * 1_000;
const LIFETIME_MS = 365 * DAY_MS;
const RENEW_BEFORE_MS = 30 * DAY_MS;

/** Reads the credentials of the directory, or makes new ones (and keeps them there, for the owner only). */
export async function loadCredentials(directory: string | undefined, now: Date): Promise<Credentials> {
  const path = directory && join(directory, 'credentials.json');
  const kept = path ? readKept(path, now) : undefined;
  if (kept) return kept;
  const made = await makeCredentials(now);
  if (directory && path) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writePrivately(path, JSON.stringify(made));
  }
  return made;
}

/** Replaces a file at once, readable by its owner only. */
export function writePrivately(path: string, content: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, content, { mode: 0o600 });
  chmodSync(temporary, 0o600);
  renameSync(temporary, path);
}

function readKept(path: string, now: Date): Credentials | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const kept = JSON.parse(text) as Credentials;
  const { validToDate } = new X509Certificate(kept.certificate);
  return validToDate.getTime() - now.getTime() > RENEW_BEFORE_MS ? kept : undefined;
}

async function makeCredentials(now: Date): Promise<Credentials> {
  const { generate } = await import('selfsigned');
  const pair = await generate([{ name: 'commonName', value: 'catnap-local' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    // A little early, for clocks that differ.
    notBeforeDate: new Date(now.getTime() - DAY_MS),
    notAfterDate: new Date(now.getTime() + LIFETIME_MS),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  return { certificate: pair.cert, privateKey: pair.private, token: randomBytes(32).toString('base64url') };
}
