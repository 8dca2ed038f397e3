/**
 * Notifications of buckets as events, in the terms of the CloudEvents adapter for S3:
 * https://github.com/cloudevents/spec/blob/main/cloudevents/adapters/aws-s3.md
 */
import { createHash } from 'node:crypto';
import type { TriggerEvent } from '#gateway/triggers/source.ts';
import { fromEventBridge } from './event-bridge.ts';

/** What happened to one object. */
export interface ObjectChange {
  /** As in records, without `s3:`: `ObjectCreated:Put`. */
  readonly name: string;
  /** Who tells it and where: `aws:s3.eu-west-1`. */
  readonly origin: string;
  readonly time: string | undefined;
  readonly bucket: string;
  /** Decoded. */
  readonly key: string;
  readonly versionId: string | undefined;
  /** Orders changes of one object: hex digits, to be compared as text after zeros are added on the right. */
  readonly sequencer: string | undefined;
  readonly requestId: string | undefined;
  /** As it came in. */
  readonly data: object;
}

type Json = Readonly<Record<string, unknown>>;

/** The notifications that a message may carry inside of each other: SNS in SQS, S3 in SNS. */
const MAX_DEPTH = 2;
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/**
 * The events in a notification of AWS S3 (sent by itself, through SNS or through EventBridge), MinIO or another
 * store that speaks like them: one for each record, none for the test that S3 sends when it is set up.
 *
 * @throws Error that says what is not as it should be
 */
export function decodeS3Notification(body: Buffer | string): TriggerEvent[] {
  return changesIn(parse(body), 0).map(eventOf);
}

function parse(body: Buffer | string): Json {
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch (error) {
    throw new Error('it is not JSON', { cause: error });
  }
  if (!isObject(value)) throw new Error('it is not a JSON object');
  return value;
}

function changesIn(notification: Json, depth: number): ObjectChange[] {
  if (Array.isArray(notification.Records)) return notification.Records.map(fromRecord);
  if (notification.Event === 's3:TestEvent') return [];
  if (notification.source === 'aws.s3' && isObject(notification.detail))
    return [fromEventBridge(notification)];
  if (notification.Type === 'Notification' && typeof notification.Message === 'string' && depth < MAX_DEPTH) {
    return changesIn(parse(notification.Message), depth + 1);
  }
  throw new Error('it has neither Records nor the form of an SNS or EventBridge message about S3');
}

function fromRecord(record: unknown): ObjectChange {
  const { s3, eventName, eventSource, awsRegion, eventTime, responseElements } = objectOf(record);
  const { bucket, object } = objectOf(s3);
  const { name } = objectOf(bucket);
  const { key, versionId, sequencer } = objectOf(object);
  if (typeof eventName !== 'string' || typeof name !== 'string' || typeof key !== 'string') {
    throw new Error('a record lacks eventName, s3.bucket.name or s3.object.key');
  }
  return {
    name: eventName.replace(/^s3:/, ''),
    origin: `${text(eventSource) ?? 'aws:s3'}.${text(awsRegion) ?? ''}`,
    time: text(eventTime),
    bucket: name,
    key: formDecoded(key),
    versionId: text(versionId),
    sequencer: text(sequencer),
    requestId: text(objectOf(responseElements)['x-amz-request-id']),
    data: record as object,
  };
}

function eventOf(change: ObjectChange): TriggerEvent {
  const { name, origin, time, bucket, key, versionId, sequencer, requestId } = change;
  // One request may change many objects, and one object many times: only all of it tells them apart.
  const digest = createHash('sha256')
    .update(JSON.stringify([name, bucket, key, versionId, sequencer, time]))
    .digest('hex')
    .slice(0, 16);
  return {
    id: requestId === undefined ? digest : `${requestId}.${digest}`,
    type: `com.amazonaws.s3.${name}`,
    source: encodeURI(`${origin}.${bucket}`),
    subject: key,
    ...(time !== undefined && RFC_3339.test(time) ? { time } : {}),
    contentType: 'application/json',
    data: Buffer.from(JSON.stringify(change.data)),
    extensions: { bucket, ...(sequencer === undefined ? {} : { sequencer }) },
    key: `${bucket}/${key}`,
  };
}

/** Keys in records are encoded as in HTML forms. */
function formDecoded(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return key;
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectOf(value: unknown): Json {
  return isObject(value) ? value : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
