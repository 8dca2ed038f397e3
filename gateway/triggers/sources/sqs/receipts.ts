import {
  type BatchResultErrorEntry,
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Logger } from 'pino';

const BATCH = 10;
/** Deletions wait for others, so that one request does for several. */
const COLLECT_MS = 20;

export interface Receipt {
  readonly messageId: string;
  readonly handle: string;
}

interface Deletion extends PromiseWithResolvers<void> {
  readonly receipt: Receipt;
}

/** What was received and is not done: kept invisible to others, then deleted or given back. */
export class Receipts {
  readonly #client: SQSClient;
  readonly #queueUrl: string;
  readonly #log: Logger;
  readonly #held = new Set<Receipt>();
  #deletions: Deletion[] = [];
  #collecting: NodeJS.Timeout | undefined;

  constructor(client: SQSClient, queueUrl: string, log: Logger) {
    this.#client = client;
    this.#queueUrl = queueUrl;
    this.#log = log;
  }

  hold(receipt: Receipt): void {
    this.#held.add(receipt);
  }

  /** Deletes a message from the queue. Rejects when it is still there. */
  delete(receipt: Receipt): Promise<void> {
    this.#held.delete(receipt);
    const deletion = { receipt, ...Promise.withResolvers<void>() };
    this.#deletions.push(deletion);
    if (this.#deletions.length >= BATCH) void this.#flush();
    else this.#collecting ??= setTimeout(() => void this.#flush(), COLLECT_MS);
    return deletion.promise;
  }

  /** Keeps all that is held from others for so long from now on. */
  async extend(seconds: number): Promise<void> {
    await this.#setVisibility([...this.#held], seconds);
  }

  /** Lets others have all that is held. @returns how many that were */
  async giveBack(): Promise<number> {
    // The last first, for queues that put each at the front.
    const held = [...this.#held].reverse();
    this.#held.clear();
    await this.#setVisibility(held, 0);
    return held.length;
  }

  async #setVisibility(held: Receipt[], seconds: number): Promise<void> {
    const batches = Array.from({ length: Math.ceil(held.length / BATCH) }, (_, index) =>
      held.slice(index * BATCH, (index + 1) * BATCH),
    );
    const results = await Promise.allSettled(batches.map((batch) => this.#change(batch, seconds)));
    const failed = results.find((result) => result.status === 'rejected');
    // Some may come again, or later than they could; that is all.
    if (failed) this.#log.warn({ err: failed.reason }, 'the visibility of messages could not be changed');
  }

  async #change(batch: Receipt[], seconds: number): Promise<void> {
    const { Failed } = await this.#client.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: this.#queueUrl,
        Entries: batch.map(({ handle }, index) => ({
          Id: String(index),
          ReceiptHandle: handle,
          VisibilityTimeout: seconds,
        })),
      }),
    );
    // Such a message is deleted, or somebody else's.
    for (const { Id } of Failed ?? []) {
      const receipt = batch[Number(Id)];
      if (receipt) this.#held.delete(receipt);
    }
  }

  async #flush(): Promise<void> {
    clearTimeout(this.#collecting);
    this.#collecting = undefined;
    const batch = this.#deletions;
    this.#deletions = [];
    try {
      const { Failed = [] } = await this.#client.send(
        new DeleteMessageBatchCommand({
          QueueUrl: this.#queueUrl,
          Entries: batch.map(({ receipt }, index) => ({ Id: String(index), ReceiptHandle: receipt.handle })),
        }),
      );
      for (const failure of Failed) batch[Number(failure.Id)]?.reject(errorOf(failure));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}

const errorOf = ({ Code, Message }: BatchResultErrorEntry): Error => new Error(`${Code}: ${Message}`);
