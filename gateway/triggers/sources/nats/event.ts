import type { MsgHdrs } from '@nats-io/transport-node';
import type { TriggerEvent } from '../../source.ts';
import { attributesText, extensionsOf } from '../attributes.ts';
import type { NatsConfig } from '../nats.ts';

export interface NatsMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers?: MsgHdrs;
}

/** Where a message of a stream lies. */
export interface StreamPosition {
  readonly stream: string;
  readonly sequence: number;
  readonly timestampNanos: bigint;
}

/** @param position or, of core NATS, an id made up */
export function eventOf(
  message: NatsMessage,
  position: StreamPosition | string,
  config: NatsConfig,
  time: Date,
): TriggerEvent {
  const server = config.servers[0];
  const stream = typeof position === 'string' ? undefined : position;
  const headers = headersOf(message.headers);
  const { 'content-type': contentType, ...others } = headers;
  return {
    id: typeof position === 'string' ? position : streamId(position),
    type: 'dev.catnap.nats.message',
    source: stream ? `${server}/${encodeURIComponent(stream.stream)}` : `${server}`,
    subject: message.subject,
    time: time.toISOString(),
    contentType,
    data: Buffer.from(message.data.buffer, message.data.byteOffset, message.data.byteLength),
    extensions: extensionsOf({
      natsstream: stream?.stream,
      natssequence: stream?.sequence.toString(),
      natsheaders: attributesText(others),
    }),
    key: config.ordering === 'subject' ? message.subject : undefined,
  };
}

/** With the time of arrival: a stream that is deleted and created again counts from 1 again. */
export const streamId = ({ stream, sequence, timestampNanos }: StreamPosition): string =>
  `${stream}:${sequence}:${timestampNanos}`;

/** The last value of each header, by lower-case name. */
function headersOf(headers: MsgHdrs | undefined): Record<string, string> {
  const entries: [string, string][] = [];
  for (const name of headers?.keys() ?? []) {
    const value = headers?.values(name).at(-1);
    if (value !== undefined) entries.push([name.toLowerCase(), value]);
  }
  return Object.fromEntries(entries);
}
