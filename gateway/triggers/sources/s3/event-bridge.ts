/**
 * Messages of Amazon EventBridge about S3, in the terms of S3's own notifications:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
 */
import type { ObjectChange } from './notification.ts';

interface Detail {
  bucket?: { name?: unknown };
  object?: { key?: unknown; 'version-id'?: unknown; sequencer?: unknown };
  reason?: unknown;
  'deletion-type'?: unknown;
  'request-id'?: unknown;
}

/** @throws Error when bucket or key is missing */
export function fromEventBridge(message: Readonly<Record<string, unknown>>): ObjectChange {
  const detail = message.detail as Detail;
  const bucket = text(detail.bucket?.name);
  const key = text(detail.object?.key);
  if (bucket === undefined || key === undefined) {
    throw new Error('a message of EventBridge lacks detail.bucket.name or detail.object.key');
  }
  return {
    name: nameOf(text(message['detail-type']) ?? '', detail),
    origin: `aws:s3.${text(message.region) ?? ''}`,
    time: text(message.time),
    bucket,
    key,
    versionId: text(detail.object?.['version-id']),
    sequencer: text(detail.object?.sequencer),
    // Restores and the like have no request; the message's own id stays the same when it is sent again.
    requestId: text(detail['request-id']) ?? text(message.id),
    data: message,
  };
}

const created: Record<string, string> = {
  PutObject: 'Put',
  'POST Object': 'Post',
  CopyObject: 'Copy',
  CompleteMultipartUpload: 'CompleteMultipartUpload',
};

const names: Record<string, string> = {
  'Object Restore Initiated': 'ObjectRestore:Post',
  'Object Restore Completed': 'ObjectRestore:Completed',
  'Object Restore Expired': 'ObjectRestore:Delete',
  'Object Storage Class Changed': 'LifecycleTransition',
  'Object Access Tier Changed': 'IntelligentTiering',
  'Object ACL Updated': 'ObjectAcl:Put',
  'Object Tags Added': 'ObjectTagging:Put',
  'Object Tags Deleted': 'ObjectTagging:Delete',
};

function nameOf(type: string, detail: Detail): string {
  const reason = text(detail.reason) ?? '';
  if (type === 'Object Created') return `ObjectCreated:${created[reason] ?? 'Put'}`;
  if (type !== 'Object Deleted') return names[type] ?? type.replaceAll(' ', '');
  const family = reason === 'Lifecycle Expiration' ? 'LifecycleExpiration' : 'ObjectRemoved';
  return `${family}:${detail['deletion-type'] === 'Delete Marker Created' ? 'DeleteMarkerCreated' : 'Delete'}`;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
