/** Where the next page of a list begins, as an opaque text. */
import { isRecord } from '../core/objects.ts';
import { badRequest } from '../core/status-error.ts';

export interface PageStart {
  /** The version that all pages show. */
  revision: number;
  /** The first key that may come next. */
  from: string;
}

const FORMAT = 'meta.k8s.io/v1';

export function encodeContinue({ revision, from }: PageStart): string {
  return Buffer.from(JSON.stringify({ v: FORMAT, rv: revision, start: from })).toString('base64url');
}

/** @throws a 400 StatusError */
export function decodeContinue(token: string): PageStart {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (
      isRecord(value) &&
      value.v === FORMAT &&
      Number.isSafeInteger(value.rv) &&
      typeof value.start === 'string'
    ) {
      return { revision: value.rv as number, from: value.start };
    }
  } catch {
    // Reported below, with every other kind of bad token.
  }
  throw badRequest('continue key is not valid');
}
