import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Packet } from 'mqtt-packet';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { MqttWire } from './wire.ts';

/** The end of a connection that a broker would hold. */
function newConnection() {
  const sent: Buffer[] = [];
  const socket = new Duplex({
    read() {},
    write(chunk, _, done) {
      sent.push(chunk);
      done();
    },
  });
  const received: Packet[] = [];
  const wire = new MqttWire(socket as Socket, 5, (packet) => received.push(packet));
  return { socket, sent, received, wire };
}

const PINGREQ = Buffer.from([0xc0, 0]);
const PINGRESP = Buffer.from([0xd0, 0]);

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }));
afterEach(() => void vi.useRealTimers());

it('ends when the broker falls silent', async () => {
  const { wire, socket, sent } = newConnection();
  const closed = expect(wire.closed).rejects.toThrow('does not answer in time');
  await vi.advanceTimersByTimeAsync(30_000);
  expect(sent).toEqual([PINGREQ, PINGREQ]);
  socket.push(PINGRESP);
  await vi.waitFor(() => expect(socket.readableLength).toBe(0));
  await vi.advanceTimersByTimeAsync(45_000);
  expect(socket.destroyed).toBe(false);
  await vi.advanceTimersByTimeAsync(15_000);
  await closed;
  expect(socket.destroyed).toBe(true);
});

it('pings on while it does not read', async () => {
  const { wire, socket, sent } = newConnection();
  wire.pause();
  await vi.advanceTimersByTimeAsync(300_000);
  expect(socket.destroyed).toBe(false);
  expect(sent.length).toBe(20);
  wire.resume();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(socket.destroyed).toBe(false);
  const ended = wire.end();
  socket.push(null);
  await ended;
  await wire.closed;
});

it('ends when what comes is not MQTT', async () => {
  const { wire, socket } = newConnection();
  socket.push('HTTP/1.1 400 Bad Request\r\n\r\n');
  await expect(wire.closed).rejects.toThrow('not MQTT');
});
