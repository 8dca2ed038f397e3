/** The wire format of Protocol Buffers: numbered fields, each a number or a run of bytes. */

export interface WireField {
  number: number;
  value: bigint | Uint8Array;
}

export class WireFormatError extends Error {}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;
const MAX_VARINT_BYTES = 10;

/** @throws WireFormatError when the bytes are no message */
export function* readFields(bytes: Uint8Array): Generator<WireField> {
  const reader = new Reader(bytes);
  while (!reader.done) {
    const key = Number(reader.varint());
    const number = key >>> 3;
    if (number === 0) throw new WireFormatError('field number 0');
    yield { number, value: reader.value(key & 7) };
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#position >= this.#bytes.length;
  }

  value(type: number): bigint | Uint8Array {
    switch (type) {
      case VARINT:
        return this.varint();
      case FIXED64:
        return this.#take(8);
      case LENGTH_DELIMITED:
        return this.#take(Number(this.varint()));
      case FIXED32:
        return this.#take(4);
      default:
        throw new WireFormatError(`wire type ${type} is not supported`);
    }
  }

  varint(): bigint {
    let result = 0n;
    for (let index = 0; index < MAX_VARINT_BYTES; index++) {
      const byte = this.#bytes[this.#position];
      if (byte === undefined) throw new WireFormatError('the message ends within a number');
      this.#position += 1;
      result |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte < 0x80) return BigInt.asIntN(64, result);
    }
    throw new WireFormatError('a number has too many bytes');
  }

  #take(length: number): Uint8Array {
    const end = this.#position + length;
    if (length < 0 || end > this.#bytes.length) throw new WireFormatError('the message ends within a field');
    const taken = this.#bytes.subarray(this.#position, end);
    this.#position = end;
    return taken;
  }
}
