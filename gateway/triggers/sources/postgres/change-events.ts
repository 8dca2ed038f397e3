/** Turns the messages of pgoutput into events. */
import { type Pgoutput, PgoutputPlugin } from 'pg-logical-replication';
import type { TriggerEvent } from '#gateway/triggers/source.ts';
import { columnParser } from './column-values.ts';
import { formatLsn, parseLsn } from './lsn.ts';

/** What a message of the output plugin means for the trigger. */
export type Step =
  | { readonly kind: 'begin' }
  | { readonly kind: 'rows'; readonly events: readonly TriggerEvent[] }
  /** `end` is where the next record starts. */
  | { readonly kind: 'commit'; readonly end: bigint }
  | undefined;

interface Transaction {
  readonly lsn: string;
  readonly xid: string;
  readonly time: string;
  rows: number;
}

/** @param key that all events have, since rows keep the order of their transactions */
export function createDecoder({ source, key }: { source: string; key: string }): (message: Buffer) => Step {
  const plugin = new PgoutputPlugin({ protoVersion: 1, publicationNames: [] });
  let transaction: Transaction | undefined;

  const eventOf = (type: string, relation: Pgoutput.MessageRelation, rows: object): TriggerEvent => {
    if (transaction === undefined) throw new Error('the server sent a row outside of a transaction');
    const { schema, name: table } = relation;
    const { lsn, xid, time } = transaction;
    // Sent again, a transaction has the same position and the same rows in the same order.
    const id = `${lsn}.${transaction.rows++}`;
    return {
      id,
      type: `dev.catnap.postgres.${type}`,
      source,
      subject: `${schema}.${table}`,
      time,
      contentType: 'application/json',
      data: Buffer.from(JSON.stringify({ operation: type, schema, table, ...rows })),
      extensions: { lsn, xid },
      key,
    };
  };

  return (buffer) => {
    const message = plugin.parse(buffer) as Pgoutput.Message;
    switch (message.tag) {
      case 'begin':
        transaction = {
          lsn: formatLsn(parseLsn(message.commitLsn ?? '0/0')),
          xid: String(message.xid >>> 0),
          time: timeOf(message.commitTime),
          rows: 0,
        };
        return { kind: 'begin' };
      case 'commit':
        transaction = undefined;
        return { kind: 'commit', end: parseLsn(message.commitEndLsn ?? '0/0') };
      case 'relation':
        // The plugin keeps this object, and parses rows with what it says.
        for (const column of message.columns) column.parser = columnParser(column.typeOid);
        return undefined;
      case 'insert':
        return rows(eventOf('insert', message.relation, { new: message.new }));
      case 'update':
        return rows(
          eventOf('update', message.relation, { new: message.new, old: message.old ?? message.key }),
        );
      case 'delete':
        return rows(eventOf('delete', message.relation, { old: message.old ?? message.key }));
      case 'truncate':
        return rows(...message.relations.map((relation) => eventOf('truncate', relation, {})));
      default:
        return undefined;
    }
  };
}

function rows(...events: TriggerEvent[]): Step {
  return { kind: 'rows', events };
}

/** @param microseconds since 1970 */
function timeOf(microseconds: unknown): string {
  const whole = BigInt(microseconds as bigint);
  const date = new Date(Number(whole / 1_000n)).toISOString();
  return date.replace('Z', `${String(whole % 1_000n).padStart(3, '0')}Z`);
}
