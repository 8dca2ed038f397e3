/** Tells how a call ended: calls a function of the same namespace, or POSTs to a URL. */

import { splitKey } from '#crds/wire/names.ts';
import type { Seal } from '#crds/wire/seal.ts';
import type { FunctionTable } from '#gateway/functions/function-table.ts';
import type { Destination } from '#gateway/functions/limits.ts';
import { requestId } from '#gateway/http/request-id.ts';
import { startTrace } from '#gateway/http/trace-context.ts';
import type { Metrics } from '#gateway/metrics/metrics.ts';
import type { Intake } from '../intake.ts';
import { decodeMessage, type StoredResponse } from '../message.ts';
import { hasEnded, type Records } from '../records.ts';
import { webhookSecret } from '../secrets.ts';
import { type CloudEvent, outcomeEvent } from './cloud-event.ts';
import type { Destinations, Told } from './outcome-queue.ts';
import type { Posted, Poster } from './poster.ts';
import { signatureHeaders } from './signature.ts';

export interface TellerOptions {
  readonly records: Records;
  readonly intake: Intake;
  readonly table: FunctionTable;
  readonly poster: Poster;
  readonly seal: Seal;
  readonly encryptionKey: Buffer;
  readonly metrics: Pick<Metrics, 'asyncOutcomes'>;
}

export class Teller {
  private readonly options: TellerOptions;

  constructor(options: TellerOptions) {
    this.options = options;
  }

  async tell(id: string, destinations: Destinations, hops: number): Promise<Told> {
    const { records, seal } = this.options;
    const record = await records.get(id);
    if (record === undefined) return 'done';
    if (!hasEnded(record.state)) return 'unfinished';
    const sealed = await records.response(id);
    const stored = sealed && decodeMessage<StoredResponse>(seal.open(sealed, `response:${id}`));
    const response = stored && { ...stored.head, body: stored.body };
    const event = outcomeEvent({ id, record, response });
    if (event === undefined) return 'done';
    const destination = record.state === 'succeeded' ? destinations.onSuccess : destinations.onFailure;
    return destination ? this.send(splitKey(record.function).namespace, event, destination, hops) : 'done';
  }

  private async send(
    namespace: string,
    event: CloudEvent,
    { function: name, url }: Destination,
    hops: number,
  ): Promise<Told> {
    const kind = name === undefined ? 'url' : 'function';
    const told =
      name === undefined
        ? await this.post(namespace, event, url ?? '')
        : await this.call(`${namespace}/${name}`, event, hops);
    const result = told === 'done' ? 'told' : 'failed';
    this.options.metrics.asyncOutcomes.inc({ destination: kind, result });
    return told;
  }

  private async post(namespace: string, { id, headers, body }: CloudEvent, url: string): Promise<Told> {
    const { poster, encryptionKey } = this.options;
    const seconds = Math.floor(Date.now() / 1_000);
    const signature = signatureHeaders(webhookSecret(encryptionKey, namespace), id, seconds, body);
    const posted: Posted = await poster.post(url, [...headers, ...signature, 'user-agent', 'catnap'], body);
    if (posted.kind === 'accepted') return 'done';
    return posted.kind === 'refused' ? { refused: posted.detail } : { failed: posted.detail };
  }

  private async call(functionKey: string, event: CloudEvent, hops: number): Promise<Told> {
    const { intake, table, seal } = this.options;
    const fn = table.get(functionKey);
    if (fn === undefined) return { failed: `There is no function ${functionKey}.` };
    // The same each time, so that it is called once however often it is tried.
    const id = `i${seal.fingerprint(`${event.id}\n${functionKey}`, 'outcome')}`;
    const trace = startTrace();
    const request = {
      method: 'POST',
      path: '/',
      requestId: requestId(undefined),
      headers: [...event.headers, 'traceparent', trace, 'host', 'catnap'],
      hops: hops + 1,
    };
    const parcel = intake.pack({ id, fn, request, body: event.body, delayMs: 0 });
    const outcome = await intake.submit(parcel);
    return outcome === 'full' ? { failed: `The backlog of ${functionKey} is full.` } : 'done';
  }
}
