import { Client } from 'pg';
import { startPostgres } from '#test/harness/brokers/postgres.ts';
import { EVENT, type EventServer, type Family } from './family.ts';

const credentials = { username: 'catnap', password: 'of-catnap' };

/** Logical replication of a row for each transaction; all rows of a trigger have one order. */
export const postgres: Family = { type: 'postgres', count: 20_000, start };

async function start(): Promise<EventServer> {
  const server = await startPostgres();
  const { username: user, password } = credentials;
  await server.sql(`CREATE ROLE ${user} LOGIN REPLICATION PASSWORD '${password}'`);
  const access = { host: '127.0.0.1', port: server.port, database: 'postgres' };
  const client = new Client({ ...access, user, password });
  await client.connect();
  return {
    credentials,
    async open(table) {
      await server.sql(`CREATE TABLE ${table} (id serial PRIMARY KEY, content text)`);
      await server.sql(`ALTER TABLE ${table} OWNER TO ${user}`);
      await server.sql(`CREATE PUBLICATION ${table} FOR TABLE ${table}`);
      // Rows that are there before their slot are no events.
      await server.sql(`SELECT pg_create_logical_replication_slot('${table}', 'pgoutput')`);
      return { ...access, sslMode: 'disable', changes: { publication: table, slot: table } };
    },
    async publish(table, count) {
      await client.query(
        `DO $$ BEGIN FOR n IN 1..${count} LOOP INSERT INTO ${table} (content) VALUES ('${EVENT}'); COMMIT; END LOOP; END $$`,
      );
    },
    async stop() {
      await client.end();
      await server.stop();
    },
  };
}
