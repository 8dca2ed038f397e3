import { createHash } from 'node:crypto';
import type { IConnectPacket } from 'mqtt-packet';
import type { TriggerSetup } from '../../source.ts';
import type { MqttConfig } from '../mqtt.ts';
import { KEEPALIVE_SECONDS } from './wire.ts';

/** A session that outlives the connection: the broker keeps messages of QoS 1 and 2 for it. */
export function connectPacket(setup: TriggerSetup<MqttConfig>, version: 4 | 5): IConnectPacket {
  const { config, credentials } = setup;
  const { username, password } = credentials;
  return {
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: version,
    clientId: config.clientId ?? defaultClientId(setup),
    clean: false,
    keepalive: KEEPALIVE_SECONDS,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: Buffer.from(password) }),
    ...(version === 5
      ? {
          properties: {
            sessionExpiryInterval: config.sessionExpirySeconds,
            receiveMaximum: config.maxInFlight,
          },
        }
      : {}),
  };
}

/** 23 letters and digits: what every broker of MQTT 3.1.1 has to take. */
function defaultClientId({ functionKey, name }: TriggerSetup<MqttConfig>): string {
  const digest = createHash('sha256').update(`${functionKey}/${name}`).digest('hex');
  return `catnap${digest.slice(0, 17)}`;
}
