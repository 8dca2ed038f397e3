import type { Static } from 'typebox';
import type { mqtt } from '#crds/function/triggers/mqtt.ts';
import type { CreateSource } from '../source.ts';

export type MqttConfig = Static<typeof mqtt>;

/** Messages of an MQTT broker; with QoS 1 and 2 at least once. */
export const createMqttSource: CreateSource<MqttConfig> = (setup) => {
  let runner: Promise<import('./mqtt/consumer.ts').MqttConsumer> | undefined;
  return {
    async run(context) {
      // Loaded by the first trigger that needs it; kept over runs, as its knowledge of the session is.
      runner ??= import('./mqtt/consumer.ts').then(({ MqttConsumer }) => new MqttConsumer(setup));
      await (await runner).run(context);
    },
  };
};
