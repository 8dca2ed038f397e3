/**
 * CloudEvents attributes as HTTP header values: what is not printable ASCII, and space, double quote and
 * percent, is percent-encoded as UTF-8 (HTTP protocol binding 1.0.2, section 3.1.3.2).
 */

const PLAIN = /^[\x21\x23\x24\x26-\x7e]*$/;

export function encodeHeaderValue(text: string): string {
  if (PLAIN.test(text)) return text;
  let encoded = '';
  for (const character of text.toWellFormed()) {
    encoded += PLAIN.test(character) ? character : percent(Buffer.from(character));
  }
  return encoded;
}

/** @throws Error when percent signs are not followed by what makes UTF-8 */
export function decodeHeaderValue(value: string): string {
  // A value in double quotes is one of earlier versions of the specification, which receivers are to take.
  const text = /^".*"$/.test(value) ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
  return text.includes('%') ? decodeURIComponent(text) : text;
}

function percent(bytes: Buffer): string {
  return [...bytes].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}
