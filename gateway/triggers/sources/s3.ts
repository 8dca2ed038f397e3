/** Notifications of S3 buckets that come through a queue. Those that the store posts come by webhook. */
import { decodedSource } from '#gateway/triggers/decoded-source.ts';
import type { CreateSource } from '#gateway/triggers/source.ts';
import { decodeS3Notification } from './s3/notification.ts';

/**
 * Makes a source of notifications from one of messages.
 *
 * @param createQueue the source that reads the queue which the bucket notifies
 */
export function s3SourceBehind<T>(createQueue: CreateSource<T>): CreateSource<T> {
  return decodedSource(createQueue, ({ data }) => decodeS3Notification(data));
}
