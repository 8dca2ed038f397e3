/** The notification that S3 sends when an object was put into a bucket, as JSON. */
export function objectCreated(bucket: string, key: string): string {
  const record = {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    eventName: 'ObjectCreated:Put',
    eventTime: '2026-01-02T03:04:05.678Z',
    responseElements: { 'x-amz-request-id': 'C3D13FE58DE4C810' },
    s3: {
      s3SchemaVersion: '1.0',
      bucket: { name: bucket },
      object: { key, size: 3, sequencer: '01' },
    },
  };
  return JSON.stringify({ Records: [record] });
}
