/** The publication and the replication slot of a trigger: made when they are missing, checked when not. */
import type { Client } from 'pg';
import type { PostgresConfig } from './connect.ts';
import { parseLsn } from './lsn.ts';
import { slotName } from './slot-name.ts';

type Changes = NonNullable<PostgresConfig['changes']>;

export interface Slot {
  readonly name: string;
  readonly publication: string;
  /** Everything before this position was confirmed. */
  readonly confirmed: bigint;
}

/**
 * @throws Error that names the remedy when the server or the slot cannot be used; what pg throws when the
 *   user may not do it
 */
export async function prepareSlot(
  client: Client,
  { functionKey, name }: { functionKey: string; name: string },
  changes: Changes,
): Promise<Slot> {
  await checkWalLevel(client);
  const derived = slotName(functionKey, name);
  const publication = changes.publication ?? derived;
  // First: decoding looks the publication up as it was at the position of each change.
  if (changes.tables !== undefined) await ensurePublication(client, publication, changes.tables);
  else await checkPublication(client, publication);
  const slot = changes.slot ?? derived;
  const confirmed = await ensureSlot(client, slot);
  return { name: slot, publication, confirmed };
}

async function checkWalLevel(client: Client): Promise<void> {
  const { rows } = await client.query<{ wal_level: string }>('SHOW wal_level');
  const level = rows[0]?.wal_level;
  if (level === 'logical') return;
  throw new Error(
    `wal_level is ${level}, and changes need logical; set wal_level = logical in postgresql.conf and restart the server`,
  );
}

async function checkPublication(client: Client, name: string): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_publication WHERE pubname = $1', [name]);
  if (rowCount === 1) return;
  throw new Error(
    `there is no publication "${name}"; create it (CREATE PUBLICATION), or name tables instead of a publication`,
  );
}

async function ensurePublication(client: Client, name: string, tables: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ exists: boolean; tables: string[] }>(
    `SELECT EXISTS (SELECT FROM pg_publication WHERE pubname = $1) AS exists,
            ARRAY(SELECT schemaname || '.' || tablename FROM pg_publication_tables WHERE pubname = $1) AS tables`,
    [name],
  );
  const [found] = rows;
  const list = tables.map((table) => table.split('.').map(quoted).join('.')).join(', ');
  if (!found?.exists) {
    const kinds = "publish = 'insert, update, delete'";
    await client.query(
      `CREATE PUBLICATION ${quoted(name)} FOR TABLE ${list} WITH (${kinds}, publish_via_partition_root)`,
    );
  } else if (found.tables.toSorted().join('\n') !== [...tables].sort().join('\n')) {
    await client.query(`ALTER PUBLICATION ${quoted(name)} SET TABLE ${list}`);
  }
}

interface SlotRow {
  plugin: string | null;
  database: string | null;
  here: boolean | null;
  confirmed: string | null;
  wal_status: string | null;
}

async function ensureSlot(client: Client, name: string): Promise<bigint> {
  const found = await findSlot(client, name);
  if (found !== undefined) return usable(name, found);
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [name]);
  const created = await findSlot(client, name);
  if (created === undefined) throw new Error(`the replication slot "${name}" was dropped just now`);
  return usable(name, created);
}

async function findSlot(client: Client, name: string): Promise<SlotRow | undefined> {
  const { rows } = await client.query<SlotRow>(
    `SELECT plugin, database, database = current_database() AS here, wal_status,
            confirmed_flush_lsn::text AS confirmed
       FROM pg_replication_slots WHERE slot_name = $1`,
    [name],
  );
  return rows[0];
}

function usable(name: string, { plugin, database, here, confirmed, wal_status }: SlotRow): bigint {
  const drop = `SELECT pg_drop_replication_slot('${name}')`;
  if (plugin !== 'pgoutput' || !here || confirmed === null) {
    throw new Error(
      `the replication slot "${name}" exists, with plugin ${plugin ?? 'none'} in database ${database ?? 'none'}; set slot to another name, or drop it: ${drop}`,
    );
  }
  if (wal_status === 'lost') {
    throw new Error(
      `the server has thrown away changes that were not delivered, because the replication slot "${name}" was more than max_slot_wal_keep_size behind; drop it, and the trigger goes on with what changes from then on: ${drop}`,
    );
  }
  return parseLsn(confirmed);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
