import { isIP } from 'node:net';
import { Consumer, type SASLMechanismValue } from '@platformatic/kafka';
import type { Static } from 'typebox';
import type { kafka } from '#crds/function/triggers/kafka.ts';
import { withinTime } from '#gateway/within-time.ts';
import type { TriggerSetup } from '../../source.ts';
import { tlsSettings } from '../tls.ts';

export type KafkaSetup = TriggerSetup<Static<typeof kafka>>;

/** The group keeps a member that went silent for so long; a gateway that takes over waits for that. */
const SESSION_MS = 10_000;
const HEARTBEAT_MS = 2_000;
const CLOSE_MS = 5_000;
export const MAX_FETCH_BYTES = 8 * 1024 * 1024;
/** Less than there is room for, so that one answer has records of many partitions. */
const MAX_PARTITION_BYTES = 128 * 1024;

/** A member of the group, not yet connected. */
export function createConsumer({ functionKey, name, config, credentials }: KafkaSetup): Consumer {
  const { brokers, group, tls, sasl } = config;
  return new Consumer({
    clientId: 'catnap',
    groupId: group ?? `catnap.${functionKey.replace('/', '.')}.${name}`,
    bootstrapBrokers: [...brokers],
    ...(tls && {
      tls: tlsSettings(credentials),
      tlsServerName: !brokers.some((broker) => isIP(hostOf(broker))),
    }),
    ...(sasl && { sasl: { mechanism: sasl.toUpperCase() as SASLMechanismValue, ...userOf(credentials) } }),
    connectTimeout: 5_000,
    requestTimeout: 20_000,
    timeout: 10_000,
    retries: 3,
    retryDelay: 250,
    metadataMaxAge: 60_000,
    autocreateTopics: false,
    sessionTimeout: SESSION_MS,
    rebalanceTimeout: SESSION_MS,
    heartbeatInterval: HEARTBEAT_MS,
    heartbeatStallTimeout: SESSION_MS,
    autocommit: false,
    maxBytes: MAX_FETCH_BYTES,
    maxBytesPerPartition: MAX_PARTITION_BYTES,
    maxWaitTime: 1_000,
    highWaterMark: 256,
  });
}

/**
 * Leaves the group and closes every connection; brokers that do not answer are not waited for beyond five seconds.
 * When it fails it is done again: a client that is not closed stays in the group, joins it again when the brokers
 * are back, and takes records that nobody hears of.
 */
export async function closeConsumer(consumer: Consumer): Promise<void> {
  const closed = consumer.close(true).catch(async () => {
    // The connection that was to be used is gone now, and the brokers need not be told.
    await consumer.close(true);
  });
  await withinTime(CLOSE_MS, closed);
}

const hostOf = (broker: string) => broker.slice(0, broker.lastIndexOf(':')).replace(/^\[(.*)\]$/, '$1');

function userOf(credentials: KafkaSetup['credentials']): { username: string; password: string } {
  const { username, password } = credentials;
  if (!username || !password) {
    throw new Error('kafka.sasl needs username and password in the Secret of secretRef.');
  }
  return { username, password };
}
