import type { IPublishPacket } from 'mqtt-packet';
import { expect, it } from 'vitest';
import { MqttSession } from './session.ts';

const packet = (changes: Partial<IPublishPacket> = {}): IPublishPacket => ({
  cmd: 'publish',
  topic: 'a',
  payload: Buffer.from('text'),
  qos: 1,
  dup: false,
  retain: false,
  messageId: 7,
  ...changes,
});

it('knows a message again that the broker repeats', () => {
  const session = new MqttSession();
  const id = session.identify(packet());
  expect(session.identify(packet({ dup: true }))).toBe(id);
});

it('takes a packet identifier that is used again for another message', () => {
  const session = new MqttSession();
  const id = session.identify(packet());
  expect(session.identify(packet({ dup: true, payload: Buffer.from('other') }))).not.toBe(id);
  const second = session.identify(packet());
  expect(session.identify(packet())).not.toBe(second);
  session.acknowledged(packet());
  expect(session.identify(packet({ dup: true }))).not.toBe(second);
});

it('forgets everything when the broker knows of no session', () => {
  const session = new MqttSession();
  const id = session.identify(packet());
  session.acknowledged(packet({ qos: 2, messageId: 8 }));
  session.reset();
  expect(session.identify(packet({ dup: true }))).not.toBe(id);
  expect(session.isReceived(packet({ qos: 2, messageId: 8 }))).toBe(false);
});

it('remembers a QoS 2 message from its acknowledgement to its release', () => {
  const session = new MqttSession();
  const message = packet({ qos: 2 });
  expect(session.isReceived(message)).toBe(false);
  session.acknowledged(message);
  expect(session.isReceived(message)).toBe(true);
  expect(session.isReceived(packet())).toBe(false);
  session.released(7);
  expect(session.isReceived(message)).toBe(false);
});
