/**
 * The replication protocol below the messages of the output plugin:
 * https://www.postgresql.org/docs/current/protocol-replication.html
 */
import type { Client } from 'pg';
import { formatLsn } from './lsn.ts';

const XLOG_DATA = 0x77;
const XLOG_HEADER_BYTES = 25;
const KEEP_ALIVE = 0x6b;
const STANDBY_STATUS = 0x72;
const STANDBY_STATUS_BYTES = 34;
/** Milliseconds from 1970 to 2000, where PostgreSQL's time begins. */
const EPOCH_MS = 946_684_800_000;
/** How often progress is told; without any, a status goes out each fifth time. */
const STATUS_MS = 1_000;
/** Far below `wal_sender_timeout`, which is 60 s as delivered. */
const QUIET_STATUSES = 5;
/** The server answers each status, so this much silence means that nobody is there. */
const SILENCE_MS = 60_000;

export interface ReplicationOptions {
  readonly slot: string;
  readonly publication: string;
  readonly from: bigint;
  /** Gets one message of the output plugin. */
  onMessage(message: Buffer): void;
  /** Everything that concerns the slot before this position was sent. */
  onKeepAlive(walEnd: bigint): void;
  /** Up to where the server may forget. */
  confirmed(): bigint;
  onStart(): void;
}

export interface ReplicationStream {
  /** Rejects when the stream breaks; never resolves. */
  readonly broken: Promise<never>;
  /** Reads no more for now; what has arrived is still handed over. Statuses go on. */
  pause(): void;
  resume(): void;
  /** Tells the server now how far it is confirmed. */
  confirm(): void;
  stop(): void;
}

/** What pg has and its types lack. */
type CopyConnection = Client['connection'] & { sendCopyFromChunk(chunk: Buffer): void };

/** Starts to stream on a connection that was made for replication. */
export function startReplication(client: Client, options: ReplicationOptions): ReplicationStream {
  const connection = client.connection as CopyConnection;
  const { promise: broken, reject } = Promise.withResolvers<never>();
  broken.catch(() => {});
  let heardAt = performance.now();
  let paused = false;
  let told = options.from;
  let quiet = 0;

  const confirm = (askForAnswer = false) => {
    told = options.confirmed();
    quiet = 0;
    connection.sendCopyFromChunk(statusMessage(told, askForAnswer));
  };
  const onTime = () => {
    if (!paused && performance.now() - heardAt > SILENCE_MS) {
      reject(new Error(`the server was silent for ${SILENCE_MS / 1_000} s`));
    } else if (++quiet >= QUIET_STATUSES) confirm(!paused);
    else if (told !== options.confirmed()) confirm();
  };
  const onData = ({ chunk }: { chunk: Buffer }) => {
    heardAt = performance.now();
    try {
      if (chunk[0] === XLOG_DATA) options.onMessage(chunk.subarray(XLOG_HEADER_BYTES));
      else if (chunk[0] === KEEP_ALIVE) {
        options.onKeepAlive(chunk.readBigUInt64BE(1));
        if (chunk[17] === 1) confirm();
      }
    } catch (error) {
      reject(error);
    }
  };
  const timer = setInterval(onTime, STATUS_MS);
  connection.on('copyData', onData);
  connection.once('replicationStart', options.onStart);
  client
    .query(
      `START_REPLICATION SLOT "${options.slot}" LOGICAL ${formatLsn(options.from)} (proto_version '1', publication_names '${quotedList(options.publication)}')`,
    )
    .then(() => reject(new Error('the server ended the replication')), reject);

  return {
    broken,
    pause() {
      paused = true;
      connection.stream.pause();
    },
    resume() {
      if (!paused) return;
      paused = false;
      heardAt = performance.now();
      connection.stream.resume();
    },
    confirm: () => confirm(),
    stop() {
      clearInterval(timer);
      connection.off('copyData', onData);
      connection.off('replicationStart', options.onStart);
    },
  };
}

/**
 * "Standby status update". The position is where the next record starts: one more byte, and a transaction
 * whose commit is that record would count as delivered.
 */
export function statusMessage(position: bigint, askForAnswer: boolean): Buffer {
  const message = Buffer.alloc(STANDBY_STATUS_BYTES);
  message[0] = STANDBY_STATUS;
  // Written, flushed and applied.
  for (const offset of [1, 9, 17]) message.writeBigUInt64BE(position, offset);
  message.writeBigInt64BE(BigInt(Date.now() - EPOCH_MS) * 1_000n, 25);
  message[33] = askForAnswer ? 1 : 0;
  return message;
}

/** A list of one identifier within a literal. */
function quotedList(name: string): string {
  return `"${name.replaceAll('"', '""')}"`.replaceAll("'", "''");
}
