import type { PostgresConfig } from './connect.ts';

/** The database as the `source` of events. */
export function sourceOf({ host, port, database }: PostgresConfig): string {
  const address = host.includes(':') ? `[${host}]` : host;
  return `postgresql://${address}:${port}/${encodeURIComponent(database)}`;
}
