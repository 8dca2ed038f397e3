import Type from 'typebox';
import { cron } from './cron.ts';
import { kafka } from './kafka.ts';
import { kubernetes } from './kubernetes.ts';
import { mqtt } from './mqtt.ts';
import { nats } from './nats.ts';
import { postgres } from './postgres.ts';
import { rabbitmq } from './rabbitmq.ts';
import { redisStream } from './redisStream.ts';
import { s3 } from './s3.ts';
import { sqs } from './sqs.ts';

/** Every source that a trigger can have, by the name of its field. */
export const triggerSources = {
  cron: Type.Optional(cron),
  kafka: Type.Optional(kafka),
  kubernetes: Type.Optional(kubernetes),
  mqtt: Type.Optional(mqtt),
  nats: Type.Optional(nats),
  postgres: Type.Optional(postgres),
  rabbitmq: Type.Optional(rabbitmq),
  redisStream: Type.Optional(redisStream),
  s3: Type.Optional(s3),
  sqs: Type.Optional(sqs),
};
