import type { Socket } from 'node:net';
import { generate, type Packet, parser } from 'mqtt-packet';

export const KEEPALIVE_SECONDS = 30;
const GOODBYE_MS = 1_000;

/** Packets over one socket, with pings; ends when either side closes it or the broker falls silent. */
export class MqttWire {
  readonly version: 4 | 5;
  readonly #socket: Socket;
  readonly #closing = Promise.withResolvers<void>();
  #heard = performance.now();
  #held = false;

  /** @param onPacket gets all packets but answers to pings, one after the other */
  constructor(socket: Socket, version: 4 | 5, onPacket: (packet: Packet) => void) {
    this.#socket = socket;
    this.version = version;
    const reading = parser({ protocolVersion: version });
    reading.on('packet', (packet) => {
      this.#heard = performance.now();
      if (packet.cmd !== 'pingresp') onPacket(packet);
    });
    reading.on('error', (error: Error) => this.fail(new Error(`not MQTT: ${error.message}`)));
    socket.on('data', (data: Buffer) => void reading.parse(data));
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new Error('the broker closed the connection')));
    const pinging = setInterval(() => this.#ping(), (KEEPALIVE_SECONDS * 1_000) / 2);
    this.#closing.promise.catch(() => {}).finally(() => clearInterval(pinging));
  }

  /** Rejects when the connection is lost; resolves when {@link end} was called before. */
  get closed(): Promise<void> {
    return this.#closing.promise;
  }

  get open(): boolean {
    return this.#socket.writable;
  }

  /** Whether nothing more is read for now. */
  get paused(): boolean {
    return this.#socket.isPaused();
  }

  /** Does nothing when the connection is gone. */
  send(packet: Packet): void {
    if (!this.open) return;
    // Acknowledgements that come from calls of one round of the event loop leave together.
    if (this.#socket.writableCorked === 0) {
      this.#socket.cork();
      setImmediate(() => this.#socket.uncork());
    }
    this.#socket.write(generate(packet, { protocolVersion: this.version }));
  }

  fail(error: Error): void {
    this.#closing.reject(error);
    this.#socket.destroy();
  }

  /** Stops reading, so that the broker has to hold messages back. Pings go on, and go without answers. */
  pause(): void {
    this.#socket.pause();
  }

  /** Reads again, unless {@link hold} was called. */
  resume(): void {
    if (!this.#held) this.#socket.resume();
  }

  /** Stops reading until the end. */
  hold(): void {
    this.#held = true;
    this.pause();
  }

  /** Takes leave of the broker, which then sends no will and keeps the session. */
  async end(): Promise<void> {
    this.#closing.resolve();
    if (this.#socket.destroyed) return;
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    const impatience = setTimeout(() => this.#socket.destroy(), GOODBYE_MS);
    this.send({ cmd: 'disconnect' });
    this.#socket.end();
    this.#socket.resume();
    await closed;
    clearTimeout(impatience);
  }

  #ping(): void {
    const silentMs = performance.now() - this.#heard;
    if (this.paused) this.#heard = performance.now();
    else if (silentMs > KEEPALIVE_SECONDS * 1_500) this.fail(new Error('the broker does not answer in time'));
    this.send({ cmd: 'pingreq' });
  }
}
