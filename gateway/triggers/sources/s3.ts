/** Notifications of S3 buckets: from the queue that the store sends them to, or posted to the gateway. */
import { once } from 'node:events';
import type { Static } from 'typebox';
import type { s3 } from '#crds/function/triggers/s3.ts';
import { decodedSource } from '../decoded-source.ts';
import type { CreateSource, TriggerSource } from '../source.ts';
import { decodeS3Notification } from './s3/notification.ts';
import { createSqsSource } from './sqs.ts';

/** Has nothing to do but to say that the trigger is there: what is posted goes past it, to any gateway. */
const postedTo: TriggerSource = {
  async run({ signal, connected }) {
    connected();
    if (!signal.aborted) await once(signal, 'abort');
  },
};

const fromQueue = s3SourceBehind(createSqsSource);

export const createS3Source: CreateSource<Static<typeof s3>> = (setup) => {
  const { sqs } = setup.config;
  return sqs === undefined ? postedTo : fromQueue({ ...setup, config: sqs });
};

/**
 * Makes a source of notifications from one of messages.
 *
 * @param createQueue the source that reads the queue which the bucket notifies
 */
export function s3SourceBehind<T>(createQueue: CreateSource<T>): CreateSource<T> {
  return decodedSource(createQueue, ({ data }) => decodeS3Notification(data));
}
