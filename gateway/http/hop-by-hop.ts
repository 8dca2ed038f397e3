/** Header fields that belong to one connection and are never passed on (RFC 9110 §7.6.1). */

const CONNECTION_FIELDS = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Whether a lower-case field name is always hop-by-hop. */
export function isHopByHop(name: string): boolean {
  return CONNECTION_FIELDS.has(name);
}

/** The further fields that a Connection header names, in lower case; undefined for the usual values. */
export function connectionOptions(connection: string | string[] | undefined): Set<string> | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined;
  const text = typeof connection === 'string' ? connection : connection.join(',');
  return new Set(text.split(',').map((option) => option.trim().toLowerCase()));
}
