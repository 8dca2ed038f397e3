import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TriggerEvent } from '#gateway/triggers/source.ts';
import { slotName } from '#gateway/triggers/sources/postgres/slot-name.ts';
import { createPostgresSource } from '#gateway/triggers/sources/postgres.ts';
import { createTriggerUser, startPostgres, type TestPostgres } from '#test/harness/brokers/postgres.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import { keepRunning, runSource, type SourceRun } from './source-run.ts';

type Config = Parameters<typeof createPostgresSource>[0]['config'];

let server: TestPostgres;
const runs: Pick<SourceRun, 'stop'>[] = [];
let tables = 0;
let credentials: Awaited<ReturnType<typeof createTriggerUser>>;

beforeAll(async () => {
  server = await startPostgres(['wal_sender_timeout = 2s', 'max_replication_slots = 20']);
  credentials = await createTriggerUser(server);
  // The first time, it is installed.
}, 6 * 60_000);
afterEach(async () => {
  await Promise.all(runs.splice(0).map((run) => run.stop().catch(() => {})));
});
afterAll(() => server?.stop());

const sourceFor = (name: string, config: Partial<Config>, secret: Record<string, string> = credentials) =>
  createPostgresSource({
    functionKey: 'shop/orders',
    name,
    config: { host: '127.0.0.1', port: server.port, database: 'postgres', sslMode: 'disable', ...config },
    credentials: secret,
  });
const start = (...args: Parameters<typeof runSource>): SourceRun => {
  const run = runSource(...args);
  runs.push(run);
  return run;
};
const table = async (columns = 'id int PRIMARY KEY, note text') => {
  const name = `t${++tables}`;
  await server.sql(`CREATE TABLE shop.${name} (${columns})`);
  await server.sql(`ALTER TABLE shop.${name} OWNER TO catnap`);
  return `shop.${name}`;
};
/** A transaction that has written its rows for a while when it commits. */
const slowInsert = (name: string) =>
  server.sql(`DO $$ BEGIN INSERT INTO ${name} VALUES (1), (2); PERFORM pg_sleep(0.3); END $$`);
const contents = (events: readonly TriggerEvent[]) => events.map(({ data }) => JSON.parse(data.toString()));
const newIds = (events: readonly TriggerEvent[]) => contents(events).map((change) => change.new.id);
const confirmed = async (trigger: string) => {
  const [row] = await server.sql<{ behind: string }>(
    `SELECT (pg_current_wal_lsn() - confirmed_flush_lsn)::text AS behind
       FROM pg_replication_slots WHERE slot_name = $1`,
    [slotName('shop/orders', trigger)],
  );
  return Number(row?.behind);
};

const nobodyConnected = () =>
  waitFor(
    async () => {
      const rows = await server.sql("SELECT FROM pg_stat_activity WHERE application_name = 'catnap'");
      return rows.length === 0;
    },
    { timeoutMs: 5_000, describe: 'no connection to be left' },
  );

describe('listen', () => {
  it('hands over notifications of its channels, in order', async () => {
    const run = start(sourceFor('listen', { listen: { channels: ['orders', 'Odd "name"'] } }));
    await run.whenConnected();
    await server.sql("SELECT pg_notify('other', 'x')");
    await server.sql(`SELECT pg_notify('Odd "name"', 'plain')`);
    for (let n = 1; n <= 3; n++) await server.sql("SELECT pg_notify('orders', $1)", [`{"n":${n}}`]);
    const events = await run.received(4);
    expect(events.map(({ data }) => data.toString())).toEqual(['plain', '{"n":1}', '{"n":2}', '{"n":3}']);
    expect(events[1]).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      type: 'dev.catnap.postgres.notification',
      source: `postgresql://127.0.0.1:${server.port}/postgres`,
      subject: 'orders',
      contentType: 'application/json',
      extensions: { channel: 'orders', pid: expect.stringMatching(/^\d+$/) },
      key: 'orders',
    });
    expect(events[0]).toMatchObject({ subject: 'Odd "name"', contentType: 'text/plain' });
    await waitFor(() => run.lag === 0, { timeoutMs: 2_000, describe: 'nothing to wait' });
    await run.stop();
  });

  it('reads no more while a thousand wait, and goes on afterwards', async () => {
    const gate = Promise.withResolvers<void>();
    const run = start(sourceFor('slow', { listen: { channels: ['flood'] } }), () => gate.promise);
    await run.whenConnected();
    await server.sql(`SELECT pg_notify('flood', n || repeat('x', 7000)) FROM generate_series(1, 3000) n`);
    await waitFor(() => (run.lag ?? 0) >= 1_000, { timeoutMs: 10_000, describe: 'a thousand to wait' });
    expect(run.lag).toBeLessThan(1_100);
    gate.resolve();
    const events = await run.received(3_000);
    expect(events.map(({ data }) => Number.parseInt(data.toString(), 10))).toEqual(
      Array.from({ length: 3_000 }, (_, index) => index + 1),
    );
    await run.stop();
  });

  it('stops at once, leaving nothing, also while it does not read', async () => {
    const run = start(sourceFor('stuck', { listen: { channels: ['stuck'] } }), () => new Promise(() => {}));
    await run.whenConnected();
    await server.sql("SELECT pg_notify('stuck', n || repeat('x', 7000)) FROM generate_series(1, 3000) n");
    await waitFor(() => (run.lag ?? 0) >= 1_000, { timeoutMs: 10_000, describe: 'a thousand to wait' });
    await run.stop();
    await nobodyConnected();
  });

  it('fails when the server goes away, and hears again after a new start', async () => {
    const run = start(sourceFor('listen', { listen: { channels: ['again'] } }));
    await run.whenConnected();
    await server.kill();
    await expect(run.finished).rejects.toThrow(/PostgreSQL 127\.0\.0\.1:\d+\/postgres: /);
    await server.start();
    const next = start(sourceFor('listen', { listen: { channels: ['again'] } }));
    await next.whenConnected();
    await server.sql("NOTIFY again, 'back'");
    expect((await next.received(1)).map(({ data }) => data.toString())).toEqual(['back']);
  });
});

describe('changes', () => {
  it('hands over inserts, updates and deletes with their rows, and confirms them', async () => {
    const name = await table(
      'id int PRIMARY KEY, big bigint, at timestamptz, doc jsonb, list text[], ok boolean',
    );
    const run = start(sourceFor('rows', { changes: { tables: [name] } }));
    await run.whenConnected();
    await server.sql(
      `INSERT INTO ${name} VALUES (1, 9007199254740993, '2026-01-02 03:04:05.000006+00', '{"a":[1]}', '{x,y}', true)`,
    );
    await server.sql(`UPDATE ${name} SET ok = NULL WHERE id = 1`);
    await server.sql(`UPDATE ${name} SET id = 2 WHERE id = 1`);
    await server.sql(`DELETE FROM ${name}`);
    const events = await run.received(4);
    const row = {
      id: 1,
      big: '9007199254740993',
      at: '2026-01-02 03:04:05.000006+00',
      doc: { a: [1] },
      list: ['x', 'y'],
      ok: true,
    };
    const about = { schema: 'shop', table: name.split('.')[1] };
    expect(contents(events)).toEqual([
      { operation: 'insert', ...about, new: row },
      { operation: 'update', ...about, new: { ...row, ok: null }, old: null },
      { operation: 'update', ...about, new: { ...row, id: 2, ok: null }, old: { id: 1 } },
      { operation: 'delete', ...about, old: { id: 2 } },
    ]);
    expect(events[0]).toMatchObject({
      id: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+\.0$/),
      type: 'dev.catnap.postgres.insert',
      source: `postgresql://127.0.0.1:${server.port}/postgres`,
      subject: name,
      time: expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      contentType: 'application/json',
      extensions: {
        lsn: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/),
        xid: expect.stringMatching(/^\d+$/),
      },
      key: slotName('shop/orders', 'rows'),
    });
    await waitFor(async () => (await confirmed('rows')) === 0, {
      timeoutMs: 10_000,
      describe: 'all to be confirmed',
    });
    await run.stop();
  });

  it('hands over old rows where the table says so, and truncates of a publication that has them', async () => {
    const name = await table();
    await server.sql(`ALTER TABLE ${name} REPLICA IDENTITY FULL`);
    await server.sql(`CREATE PUBLICATION mine FOR TABLE ${name}`);
    const run = start(sourceFor('full', { changes: { publication: 'mine', slot: 'mine' } }));
    await run.whenConnected();
    await server.sql(`INSERT INTO ${name} VALUES (1, 'a')`);
    await server.sql(`UPDATE ${name} SET note = 'b'`);
    await server.sql(`TRUNCATE ${name}`);
    const [, update, truncate] = contents(await run.received(3));
    expect([update.old, update.new]).toEqual([
      { id: 1, note: 'a' },
      { id: 1, note: 'b' },
    ]);
    expect(truncate).toMatchObject({ operation: 'truncate', table: name.split('.')[1] });
  });

  it('keeps the order of transactions, interleaved ones by their commit', async () => {
    const name = await table();
    const run = start(sourceFor('order', { changes: { tables: [name] } }));
    await run.whenConnected();
    const slow = slowInsert(name);
    await server.sql(`INSERT INTO ${name} VALUES (3)`);
    await slow;
    await server.sql(`INSERT INTO ${name} SELECT generate_series(10, 509)`);
    const ids = newIds(await run.received(503));
    expect(ids).toEqual([3, 1, 2, ...Array.from({ length: 500 }, (_, index) => index + 10)]);
    expect(new Set(run.events.map(({ id }) => id)).size).toBe(503);
  });

  it('confirms not one byte of a transaction that is not delivered', async () => {
    const name = await table();
    const source = sourceFor('exact', { changes: { tables: [name] } });
    // The first to commit only; the record that follows is the commit of the others.
    const run = start(source, (events) =>
      newIds(events)[0] === 3 ? Promise.resolve() : new Promise(() => {}),
    );
    await run.whenConnected();
    const slow = slowInsert(name);
    await server.sql(`INSERT INTO ${name} VALUES (3)`);
    await slow;
    await run.received(1);
    await waitFor(() => run.lag === 2, { timeoutMs: 5_000, describe: 'two to wait' });
    await run.stop();
    await nobodyConnected();
    const next = start(source);
    expect(newIds(await next.received(2))).toEqual([1, 2]);
  });

  it('confirms nothing that is not delivered, and answers the server meanwhile', async () => {
    const name = await table();
    const source = sourceFor('held', { changes: { tables: [name] } });
    const gate = Promise.withResolvers<void>();
    const run = start(source, () => gate.promise);
    await run.whenConnected();
    const before = await confirmed('held');
    // So long that one read of the socket has few of them.
    await server.sql(`INSERT INTO ${name} SELECT n, repeat('x', 1000) FROM generate_series(1, 2000) n`);
    await waitFor(() => (run.lag ?? 0) >= 1_000, { timeoutMs: 10_000, describe: 'rows to wait' });
    expect(run.lag).toBeLessThan(1_100);
    // Well beyond wal_sender_timeout, which is what would end the connection.
    const until = Date.now() + 2_500;
    await waitFor(() => Date.now() > until, { timeoutMs: 5_000, describe: 'the time limit of the server' });
    expect(await confirmed('held')).toBeGreaterThan(before);
    gate.reject(new Error('stopped'));
    await expect(run.finished).rejects.toThrow('stopped');
    const next = start(source);
    expect(newIds(await next.received(2_000))).toEqual(
      Array.from({ length: 2_000 }, (_, index) => index + 1),
    );
    await waitFor(async () => (await confirmed('held')) === 0 && next.lag === 0, {
      timeoutMs: 10_000,
      describe: 'all to be confirmed',
    });
  });

  it('loses nothing when the server is killed and started again', async () => {
    const name = await table();
    const run = keepRunning(sourceFor('crash', { changes: { tables: [name] } }));
    runs.push(run);
    await run.whenConnected();
    await server.sql(`INSERT INTO ${name} SELECT generate_series(1, 50)`);
    await server.kill();
    await server.start();
    await server.sql(`INSERT INTO ${name} SELECT generate_series(51, 100)`);
    const distinct = () => [...new Map(run.events.map((event) => [event.id, event])).values()];
    await waitFor(() => distinct().length === 100, {
      timeoutMs: 20_000,
      describe: 'every row',
      intervalMs: 20,
    });
    expect(newIds(distinct())).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
  });

  it('lets the log go also while only other tables change', async () => {
    const [name, other] = [await table(), await table()];
    const run = start(sourceFor('idle', { changes: { tables: [name] } }));
    await run.whenConnected();
    await server.sql(`INSERT INTO ${other} SELECT generate_series(1, 1000)`);
    await waitFor(async () => (await confirmed('idle')) === 0, {
      timeoutMs: 15_000,
      describe: 'the position to follow',
    });
    expect(run.events).toEqual([]);
  });

  it('follows the list of tables', async () => {
    const [first, second] = [await table(), await table()];
    const run = start(sourceFor('tables', { changes: { tables: [first] } }));
    await run.whenConnected();
    await run.stop();
    const next = start(sourceFor('tables', { changes: { tables: [second] } }));
    await next.whenConnected();
    await server.sql(`INSERT INTO ${first} VALUES (1)`);
    await server.sql(`INSERT INTO ${second} VALUES (2)`);
    expect(newIds(await next.received(1))).toEqual([2]);
  });

  it('says so when somebody else reads from the slot', async () => {
    const changes = { tables: [await table()] };
    const run = start(sourceFor('taken', { changes }));
    await run.whenConnected();
    await expect(start(sourceFor('taken', { changes })).finished).rejects.toThrow(
      /slot .* is active.*another connection reads from the slot/,
    );
  });
});

describe('a slot that cannot be used is named with what helps', () => {
  it('when it belongs to something else', async () => {
    await server.sql("SELECT pg_create_logical_replication_slot('other', 'test_decoding')");
    const changes = { tables: [await table()], slot: 'other' };
    await expect(start(sourceFor('other', { changes })).finished).rejects.toThrow(
      /slot "other" exists, with plugin test_decoding.*set slot to another name, or drop it/,
    );
  });

  it('when the server gave it up', async () => {
    const name = await table();
    const source = sourceFor('lost', { changes: { tables: [name] } });
    const run = start(source);
    await run.whenConnected();
    await run.stop();
    await nobodyConnected();
    await server.sql("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'");
    await server.sql('SELECT pg_reload_conf()');
    for (let segments = 0; segments < 3; segments++) {
      await server.sql(`INSERT INTO ${name} VALUES ($1)`, [segments]);
      await server.sql('SELECT pg_switch_wal()');
    }
    await server.sql('CHECKPOINT');
    await server.sql('ALTER SYSTEM RESET max_slot_wal_keep_size');
    await server.sql('SELECT pg_reload_conf()');
    await expect(start(source).finished).rejects.toThrow(
      /thrown away changes.*SELECT pg_drop_replication_slot\('catnap_shop_orders_lost_[0-9a-f]{8}'\)/,
    );
  });
});

describe('what is wrong is named with its remedy', () => {
  const failure = (config: Partial<Config>, secret?: Record<string, string>) =>
    expect(start(sourceFor('wrong', config, secret)).finished).rejects;
  const listen = { channels: ['x'] };

  it.each([
    ['a wrong password', { username: 'catnap', password: 'wrong' }],
    ['an unknown user', { username: 'nobody', password: 'secret' }],
    ['no credentials', {}],
  ])('%s', async (_, secret) => {
    await failure({ listen }, secret).toThrow(/keys username and password of the Secret/);
  });

  it('a user that may not replicate', async () => {
    await server.sql("CREATE ROLE plain LOGIN PASSWORD 'secret'");
    const publication = `p${Date.now()}`;
    await server.sql(`CREATE PUBLICATION ${publication}`);
    const secret = { username: 'plain', password: 'secret' };
    await failure({ changes: { publication } }, secret).toThrow(/grant the user.*REPLICATION/);
  });

  it('database, publication, table and address', async () => {
    await failure({ listen, database: 'absent' }).toThrow(/postgres\.database/);
    await failure({ changes: { publication: 'absent' } }).toThrow(/no publication "absent"; create it/);
    await failure({ changes: { tables: ['shop.absent'] } }).toThrow(/changes\.tables/);
    await failure({ listen, port: 1 }).toThrow(/ECONNREFUSED.*check host and port/);
    await failure({ listen, host: 'absent.invalid' }).toThrow(/postgres\.host/);
  });

  it('a certificate by an authority that is not known; with ca.crt it is', async () => {
    const verified = { listen, host: 'localhost', sslMode: 'verify-full' as const };
    await failure(verified).toThrow(/ca\.crt/);
    const run = start(sourceFor('tls', verified, { ...credentials, 'ca.crt': server.ca }));
    await run.whenConnected();
    await run.stop();
  });
});
