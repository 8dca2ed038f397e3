import {
  AckPolicy,
  type ConsumerInfo,
  DeliverPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
} from '@nats-io/jetstream';
import type { TriggerSetup } from '../../source.ts';
import type { NatsConfig } from '../nats.ts';

export type JetStreamConfig = NonNullable<NatsConfig['jetStream']>;

const NANOS_PER_SECOND = 1_000_000_000;

/**
 * The durable consumer of the trigger: created when it does not exist, brought up to date when Catnap made it,
 * else taken as it is. Throws when that is of a kind that cannot be used.
 */
export async function ensureConsumer(
  manager: JetStreamManager,
  setup: TriggerSetup<NatsConfig>,
  jetStream: JetStreamConfig,
): Promise<ConsumerInfo> {
  const { stream } = jetStream;
  const name = jetStream.consumer ?? defaultName(setup);
  const description = `Catnap trigger ${setup.functionKey}/${setup.name}`;
  const settings = {
    ack_wait: jetStream.ackWaitSeconds * NANOS_PER_SECOND,
    max_ack_pending: jetStream.maxAckPending,
    ...(setup.config.subject === undefined ? {} : { filter_subject: setup.config.subject }),
  };
  const found = await find(manager, stream, name);
  if (!found) {
    return manager.consumers.add(stream, {
      ...settings,
      durable_name: name,
      description,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: jetStream.deliverPolicy === 'new' ? DeliverPolicy.New : DeliverPolicy.All,
    });
  }
  if (found.config.description === description) return manager.consumers.update(stream, name, settings);
  check(found);
  return found;
}

/** Names of Kubernetes have no underscore. Dots, which a consumer's name must not have, become one. */
const defaultName = ({ functionKey, name }: TriggerSetup<NatsConfig>): string =>
  `catnap_${functionKey}_${name}`.replaceAll(/[/.]/g, '_');

async function find(
  manager: JetStreamManager,
  stream: string,
  name: string,
): Promise<ConsumerInfo | undefined> {
  try {
    return await manager.consumers.info(stream, name);
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.ConsumerNotFound)
      return undefined;
    throw error;
  }
}

function check({ name, config }: ConsumerInfo): void {
  const hint = 'change it, or name another in nats.jetStream.consumer';
  if (config.deliver_subject)
    throw new Error(`consumer ${name} is a push consumer, which cannot be shared: ${hint}`);
  if (config.ack_policy !== AckPolicy.Explicit) {
    throw new Error(`consumer ${name} has ack policy ${config.ack_policy}, explicit is needed: ${hint}`);
  }
  if (!config.max_ack_pending || config.max_ack_pending < 1) {
    throw new Error(`consumer ${name} has no bound on messages in flight (max ack pending): ${hint}`);
  }
}
