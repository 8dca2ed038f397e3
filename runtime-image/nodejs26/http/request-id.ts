const ACCEPTED = /^[\x21-\x7e]{1,128}$/;

/** The caller's request id when it is fit for logs and headers, else a new one. */
export function requestIdOf(header: string | string[] | undefined): string {
  if (typeof header === 'string' && ACCEPTED.test(header)) return header;
  // Loaded only for calls that did not come through the gateway.
  return process.getBuiltinModule('node:crypto').randomUUID();
}
