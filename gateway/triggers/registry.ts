/**
 * Every source by the name of its field in `spec.triggers`. Each is loaded when the first trigger needs it: a
 * gateway without Kafka triggers does not load the Kafka client.
 */
import type { LastRuns } from './last-runs.ts';
import type { CreateSource } from './source.ts';

/** What sources may need besides their settings. */
export interface SourceServices {
  readonly lastRuns: LastRuns;
}

// biome-ignore lint/suspicious/noExplicitAny: the settings are as the schema of each source says.
type Load = (services: SourceServices) => Promise<CreateSource<any>>;

const sources: Readonly<Record<string, Load>> = {
  cron: async ({ lastRuns }) => (await import('./sources/cron.ts')).cronSource(lastRuns),
  kafka: async () => (await import('./sources/kafka.ts')).createKafkaSource,
  kubernetes: async () => (await import('./sources/kubernetes.ts')).createKubernetesSource,
  mqtt: async () => (await import('./sources/mqtt.ts')).createMqttSource,
  nats: async () => (await import('./sources/nats.ts')).createNatsSource,
  postgres: async () => (await import('./sources/postgres.ts')).createPostgresSource,
  rabbitmq: async () => (await import('./sources/rabbitmq.ts')).createRabbitmqSource,
  redisStream: async () => (await import('./sources/redisStream.ts')).createRedisStreamSource,
  s3: async () => (await import('./sources/s3.ts')).createS3Source,
  sqs: async () => (await import('./sources/sqs.ts')).createSqsSource,
};

export const sourceTypes: readonly string[] = Object.keys(sources);

/** @throws Error when this gateway has no source of that type */
export async function loadSource(type: string, services: SourceServices): Promise<CreateSource<unknown>> {
  const load = Object.hasOwn(sources, type) ? sources[type] : undefined;
  if (load === undefined) {
    throw new Error(`This gateway has no source "${type}"; it may be older than the operator.`);
  }
  return load(services);
}
