import type { IPublishPacket } from 'mqtt-packet';
import type { TriggerEvent } from '../../source.ts';
import { attributesText, extensionsOf } from '../attributes.ts';
import type { MqttConfig } from '../mqtt.ts';

export function eventOf(
  { topic, payload, qos, retain, properties }: IPublishPacket,
  id: string,
  config: MqttConfig,
  now: Date,
): TriggerEvent {
  return {
    id,
    type: 'dev.catnap.mqtt.message',
    source: config.url,
    subject: topic,
    time: now.toISOString(),
    contentType: properties?.contentType,
    data: Buffer.from(payload as Buffer),
    extensions: extensionsOf({
      mqttqos: String(qos),
      mqttretained: retain ? 'true' : undefined,
      mqttuserproperties: attributesText(properties?.userProperties ?? {}),
    }),
    key: config.ordering === 'topic' ? topic : undefined,
  };
}
