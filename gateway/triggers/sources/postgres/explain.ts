/** What a failure means for whoever wrote the trigger. */
import type { PostgresConfig } from './connect.ts';

const SIGN_IN = 'check the keys username and password of the Secret that secretRef names';

/** By SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html, or the code of Node.js. */
const remedies: Record<string, string> = {
  '28P01': SIGN_IN,
  '28000': `${SIGN_IN}, and that pg_hba.conf lets the user in from the gateways`,
  '3D000': 'check spec.triggers[].postgres.database',
  '42501': 'grant the user what is missing: REPLICATION for changes, ownership of the tables for tables',
  '42704': 'check spec.triggers[].postgres.changes.publication: it must exist before the slot is created',
  '42P01': 'check spec.triggers[].postgres.changes.tables: SCHEMA.TABLE in exact case',
  '53300': 'raise max_connections, or end connections that nobody uses',
  '53400': 'raise max_replication_slots, or drop slots that nobody uses',
  '55006':
    'another connection reads from the slot: wait until the server has noticed that it is gone (wal_sender_timeout), or give the trigger a slot of its own',
  ECONNREFUSED: 'check host and port, and that the server runs',
  ENOTFOUND: 'check spec.triggers[].postgres.host',
  ETIMEDOUT: 'check host and port, and that a NetworkPolicy or firewall lets the gateways through',
  ECONNRESET: 'the server or something on the way ended the connection',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'put the authority into the key ca.crt of the Secret',
  SELF_SIGNED_CERT_IN_CHAIN: 'put the authority into the key ca.crt of the Secret',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'put the authority into the key ca.crt of the Secret',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'put the authority into the key ca.crt of the Secret',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'spec.triggers[].postgres.host must be a name that the certificate of the server is for',
};

const byMessage: [RegExp, string][] = [
  [/does not support SSL/i, 'set sslMode: disable, or ssl = on in postgresql.conf'],
  [/no password|SASL.*password|password must be/i, SIGN_IN],
  [/timeout expired/i, remedies.ETIMEDOUT as string],
];

/** The failure with the server that it concerns and what helps. Passwords are in none of these messages. */
export function explained(error: unknown, { host, port, database }: PostgresConfig): Error {
  const cause = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
  const message = cause instanceof Error ? cause.message : String(cause);
  const code = (cause as { code?: unknown } | undefined)?.code;
  const remedy =
    (typeof code === 'string' ? remedies[code] : undefined) ??
    byMessage.find(([pattern]) => pattern.test(message))?.[1];
  const text = `PostgreSQL ${host}:${port}/${database}: ${message}${remedy ? `; ${remedy}` : ''}`;
  return new Error(text, { cause: error });
}
