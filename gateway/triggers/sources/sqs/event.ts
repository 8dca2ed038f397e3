import type { Message, MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { TriggerEvent } from '../../source.ts';
import { attributesText, extensionsOf } from '../attributes.ts';
import type { SqsConfig } from '../sqs.ts';

export function eventOf(message: Message, { queueUrl }: SqsConfig): TriggerEvent {
  const { SentTimestamp, MessageGroupId, SequenceNumber } = message.Attributes ?? {};
  const attributes = Object.entries(message.MessageAttributes ?? {}).map(
    ([name, value]) => [name, textOf(value)] as const,
  );
  return {
    id: message.MessageId ?? '',
    type: 'dev.catnap.sqs.message',
    source: queueUrl,
    time: SentTimestamp ? new Date(Number(SentTimestamp)).toISOString() : undefined,
    contentType: attributes.find(([name]) => name.toLowerCase() === 'content-type')?.[1],
    data: Buffer.from(message.Body ?? ''),
    extensions: extensionsOf({
      sqsgroupid: MessageGroupId,
      sqssequencenumber: SequenceNumber,
      sqsattributes: attributesText(Object.fromEntries(attributes)),
    }),
    // Groups of a standard queue share it fairly and have no order.
    key: queueUrl.endsWith('.fifo') ? MessageGroupId : undefined,
  };
}

/** Binary values as base64. */
const textOf = ({ StringValue, BinaryValue }: MessageAttributeValue): string =>
  StringValue ?? Buffer.from(BinaryValue ?? []).toString('base64');
