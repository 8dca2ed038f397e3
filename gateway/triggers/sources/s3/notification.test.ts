import { describe, expect, it } from 'vitest';
import { decodeS3Notification } from './notification.ts';

/** After "Event message structure" in the user guide of Amazon S3. */
const record = (overrides: object = {}, object: object = {}) => ({
  eventVersion: '2.1',
  eventSource: 'aws:s3',
  awsRegion: 'eu-west-1',
  eventTime: '2026-01-02T03:04:05.678Z',
  eventName: 'ObjectCreated:Put',
  userIdentity: { principalId: 'AIDAJDPLRKLG7UEXAMPLE' },
  requestParameters: { sourceIPAddress: '192.0.2.1' },
  responseElements: { 'x-amz-request-id': 'C3D13FE58DE4C810', 'x-amz-id-2': 'FMyUVURIY8' },
  s3: {
    s3SchemaVersion: '1.0',
    configurationId: 'all',
    bucket: { name: 'photos', ownerIdentity: { principalId: 'A3' }, arn: 'arn:aws:s3:::photos' },
    object: {
      key: 'a+b/%C3%A9.jpg',
      size: 1024,
      eTag: 'd41d',
      versionId: 'v1',
      sequencer: '0055AED6',
      ...object,
    },
  },
  ...overrides,
});
/** After "Amazon S3 event types" for EventBridge in the same guide. */
const bridge = (type: string, detail: object = {}) => ({
  version: '0',
  id: '17793124-05d4-b198-2fde-7ededc63b103',
  'detail-type': type,
  source: 'aws.s3',
  account: '111122223333',
  time: '2026-01-02T03:04:05Z',
  region: 'ca-central-1',
  resources: ['arn:aws:s3:::photos'],
  detail: {
    version: '0',
    bucket: { name: 'photos' },
    object: { key: 'a+b.jpg', size: 5, etag: 'b1', 'version-id': 'IYV3', sequencer: '00617F08299329D189' },
    'request-id': 'N4N7GDK58NMKJ12R',
    ...detail,
  },
});
const decode = (body: object) => decodeS3Notification(Buffer.from(JSON.stringify(body)));
const ids = (body: object) => decode(body).map(({ id }) => id);

describe('notifications of S3 itself', () => {
  it('become one event each', () => {
    const removed = record({ eventName: 'ObjectRemoved:DeleteMarkerCreated' });
    const events = decode({ Records: [record(), removed] });
    expect(events).toEqual([
      {
        id: expect.stringMatching(/^C3D13FE58DE4C810\.[0-9a-f]{16}$/),
        type: 'com.amazonaws.s3.ObjectCreated:Put',
        source: 'aws:s3.eu-west-1.photos',
        subject: 'a b/é.jpg',
        time: '2026-01-02T03:04:05.678Z',
        contentType: 'application/json',
        data: Buffer.from(JSON.stringify(record())),
        extensions: { bucket: 'photos', sequencer: '0055AED6' },
        key: 'photos/a b/é.jpg',
      },
      expect.objectContaining({ type: 'com.amazonaws.s3.ObjectRemoved:DeleteMarkerCreated' }),
    ]);
  });

  it('have ids that are the same when they come again, and differ by object, version and change', () => {
    const all = [
      record(),
      record({}, { key: 'other' }),
      record({}, { versionId: 'v2' }),
      record({}, { sequencer: '0055AED7' }),
      record({ eventName: 'ObjectCreated:Copy' }),
    ];
    expect(new Set(ids({ Records: all })).size).toBe(all.length);
    expect(ids({ Records: all })).toEqual(ids({ Records: all }));
  });

  it('are found in messages of SNS', () => {
    const inner = JSON.stringify({ Records: [record()] });
    expect(ids({ Type: 'Notification', MessageId: '1', Message: inner })).toEqual(
      ids({ Records: [record()] }),
    );
  });

  it('are none when S3 tests the way', () => {
    const test = {
      Service: 'Amazon S3',
      Event: 's3:TestEvent',
      Bucket: 'photos',
      RequestId: '5582815E1AEA5ADF',
    };
    expect(decode(test)).toEqual([]);
    expect(decode({ Type: 'Notification', Message: JSON.stringify(test) })).toEqual([]);
  });

  it('may lack all but name, bucket and key, and have keys that are not encoded well', () => {
    const [event] = decode({
      Records: [
        {
          eventName: 'ObjectCreated:Put',
          eventTime: 'now',
          s3: { bucket: { name: 'b' }, object: { key: '100%' } },
        },
      ],
    });
    expect(event).toMatchObject({ source: 'aws:s3..b', subject: '100%', extensions: { bucket: 'b' } });
    expect(event?.time).toBeUndefined();
  });
});

it('MinIO names events with s3:, which is dropped', () => {
  const [event] = decode({
    EventName: 's3:ObjectCreated:Put',
    Key: 'photos/x',
    Records: [record({ eventName: 's3:ObjectCreated:Put', eventSource: 'minio:s3', awsRegion: '' })],
  });
  expect(event).toMatchObject({ type: 'com.amazonaws.s3.ObjectCreated:Put', source: 'minio:s3..photos' });
});

describe('messages of EventBridge', () => {
  it('are events like the others', () => {
    const message = bridge('Object Created', { reason: 'PutObject' });
    expect(decode(message)).toEqual([
      {
        id: expect.stringMatching(/^N4N7GDK58NMKJ12R\.[0-9a-f]{16}$/),
        type: 'com.amazonaws.s3.ObjectCreated:Put',
        source: 'aws:s3.ca-central-1.photos',
        subject: 'a+b.jpg',
        time: '2026-01-02T03:04:05Z',
        contentType: 'application/json',
        data: Buffer.from(JSON.stringify(message)),
        extensions: { bucket: 'photos', sequencer: '00617F08299329D189' },
        key: 'photos/a+b.jpg',
      },
    ]);
  });

  it.each([
    ['Object Created', { reason: 'CompleteMultipartUpload' }, 'ObjectCreated:CompleteMultipartUpload'],
    ['Object Created', { reason: 'CopyObject' }, 'ObjectCreated:Copy'],
    ['Object Created', { reason: 'POST Object' }, 'ObjectCreated:Post'],
    [
      'Object Deleted',
      { reason: 'DeleteObject', 'deletion-type': 'Permanently Deleted' },
      'ObjectRemoved:Delete',
    ],
    [
      'Object Deleted',
      { reason: 'Lifecycle Expiration', 'deletion-type': 'Delete Marker Created' },
      'LifecycleExpiration:DeleteMarkerCreated',
    ],
    ['Object Restore Completed', {}, 'ObjectRestore:Completed'],
    ['Object Tags Added', {}, 'ObjectTagging:Put'],
    ['Object Frozen Solid', {}, 'ObjectFrozenSolid'],
  ])('%s %j is %s', (type, detail, name) => {
    expect(decode(bridge(type, detail))[0]?.type).toBe(`com.amazonaws.s3.${name}`);
  });
});

it.each([
  ['no JSON', 'it is not JSON'],
  ['[]', 'it is not a JSON object'],
  ['{}', 'neither Records nor'],
  ['{"Records":[{"eventName":"x"}]}', 'a record lacks'],
  ['{"Records":[null]}', 'a record lacks'],
  ['{"source":"aws.s3","detail":{}}', 'lacks detail.bucket.name'],
  [
    `{"Type":"Notification","Message":${JSON.stringify('{"Type":"Notification","Message":"{\\"Type\\":\\"Notification\\",\\"Message\\":\\"{}\\"}"}')}}`,
    'neither Records nor',
  ],
])('%s: %s', (body, message) => {
  expect(() => decodeS3Notification(body)).toThrow(message);
});
