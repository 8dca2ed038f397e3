/** The Prefer header (RFC 7240): only what concerns asynchronous calls. */

/** Longest `wait` that is honoured, in seconds. */
export const LONGEST_WAIT_SECONDS = 60;

export interface Preference {
  readonly respondAsync: boolean;
  /** How long the caller likes to wait for the response before it takes a 202; 0 for not at all. */
  readonly waitSeconds: number;
}

const NONE: Preference = { respondAsync: false, waitSeconds: 0 };

/** Reads preferences; what is unknown or malformed is ignored, and the first of a name counts. */
export function parsePrefer(header: string | string[] | undefined): Preference {
  if (header === undefined) return NONE;
  const text = typeof header === 'string' ? header : header.join(',');
  const first = new Map<string, string>();
  for (const item of text.split(',')) {
    const [preference = ''] = item.split(';');
    const [name = '', value = ''] = preference.split('=', 2);
    const key = name.trim().toLowerCase();
    if (!first.has(key)) first.set(key, value.trim().replace(/^"(.*)"$/, '$1'));
  }
  const wait = first.get('wait') ?? '';
  return {
    respondAsync: first.get('respond-async') === '',
    waitSeconds: /^\d{1,9}$/.test(wait) ? Math.min(Number(wait), LONGEST_WAIT_SECONDS) : 0,
  };
}
