/** TLS settings from the keys of a trigger's Secret. */
export interface TlsSettings {
  ca?: string;
  cert?: string;
  key?: string;
}

/** `ca.crt` is who to trust (else the well-known authorities), `tls.crt` and `tls.key` are who we are. */
export function tlsSettings(credentials: Readonly<Record<string, string>>): TlsSettings {
  const { 'ca.crt': ca, 'tls.crt': cert, 'tls.key': key } = credentials;
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}
