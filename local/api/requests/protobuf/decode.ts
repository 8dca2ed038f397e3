/** Decodes bodies of type application/vnd.kubernetes.protobuf into the JSON they stand for. */
import { StatusError } from '../../core/status-error.ts';
import { type FieldDescriptor, messageDescriptor } from './messages.ts';
import { readFields, type WireField, WireFormatError } from './wire.ts';

export const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf';

/** Four bytes in front of every body. */
const MAGIC = Buffer.from('k8s\0');
/** Deeper than any object that is described here. */
const MAX_DEPTH = 32;

type Json = Record<string, unknown>;

/**
 * The object of a body, with the empty fields that protobuf carries and JSON leaves out.
 * @throws StatusError 415 for kinds and fields that this server cannot take in this form, 400 for a body
 * that is no message
 */
export function decodeProtobuf(body: Uint8Array): Json {
  if (!MAGIC.equals(body.subarray(0, MAGIC.length))) throw malformed('it does not begin with the k8s prefix');
  try {
    const envelope = decodeMessage('Unknown', body.subarray(MAGIC.length), 0);
    const { apiVersion = '', kind = '' } = (envelope.typeMeta ?? {}) as {
      apiVersion?: string;
      kind?: string;
    };
    if (!messageDescriptor(kind)) throw unsupported(`kind ${JSON.stringify(kind)}`);
    const raw = Buffer.from(String(envelope.raw ?? ''), 'base64');
    return { apiVersion, kind, ...decodeMessage(kind, raw, 0) };
  } catch (error) {
    if (error instanceof WireFormatError) throw malformed(error.message);
    throw error;
  }
}

function malformed(why: string): StatusError {
  return new StatusError(400, 'BadRequest', `couldn't parse the body as protobuf: ${why}`);
}

function unsupported(what: string): StatusError {
  const message = `${what} is not understood as ${PROTOBUF_TYPE}; accepted media types for it are: application/json, application/yaml`;
  return new StatusError(415, 'UnsupportedMediaType', message);
}

function decodeMessage(name: string, bytes: Uint8Array, depth: number): Json {
  if (depth > MAX_DEPTH) throw new WireFormatError('messages are nested too deeply');
  const descriptor = messageDescriptor(name);
  if (!descriptor) throw new WireFormatError(`unknown message ${name}`);
  const message: Json = {};
  for (const { number, value } of readFields(bytes)) {
    const field = descriptor.get(number);
    if (field) addField(message, field, value, depth);
    // What carries nothing can be passed over; what carries something must not be lost in silence.
    else if (!isZero(value)) throw unsupported(`field ${number} of ${name}`);
  }
  return message;
}

function isZero(value: WireField['value']): boolean {
  return typeof value === 'bigint' ? value === 0n : value.length === 0;
}

function addField(
  message: Json,
  { name, type, form }: FieldDescriptor,
  value: WireField['value'],
  depth: number,
) {
  if (name === '.') {
    Object.assign(message, decodeMessage(type, bytesOf(value), depth + 1));
  } else if (form === 'list') {
    const list = (message[name] ?? []) as unknown[];
    list.push(decodeValue(type, value, depth));
    message[name] = list;
  } else if (form === 'map') {
    const entries = Object.entries((message[name] ?? {}) as Json);
    // An own property also for a key such as __proto__.
    message[name] = Object.fromEntries([...entries, decodeEntry(type, bytesOf(value), depth)]);
  } else {
    const decoded = decodeValue(type, value, depth);
    // Go writes texts that are not set as empty ones, where JSON leaves them out.
    if (decoded !== undefined && decoded !== '') message[name] = decoded;
  }
}

/** A map is a list of entries with key 1 and value 2. */
function decodeEntry(type: string, bytes: Uint8Array, depth: number): [string, unknown] {
  let key = '';
  let value: unknown = decodeValue(type, new Uint8Array(), depth);
  for (const field of readFields(bytes)) {
    if (field.number === 1) key = text(bytesOf(field.value));
    if (field.number === 2) value = decodeValue(type, field.value, depth);
  }
  return [key, value];
}

function decodeValue(type: string, value: WireField['value'], depth: number): unknown {
  switch (type) {
    case 'string':
      return text(bytesOf(value));
    case 'int':
      return Number(numberOf(value));
    case 'bool':
      return numberOf(value) !== 0n;
    case 'bytes':
      return Buffer.from(bytesOf(value)).toString('base64');
    case 'Time':
      return decodeTime(bytesOf(value));
    case 'Quantity':
      return textField(bytesOf(value), 1);
    case 'IntOrString':
      return decodeIntOrString(bytesOf(value));
    case 'RawJson':
      return decodeRawJson(bytesOf(value));
    default:
      return decodeMessage(type, bytesOf(value), depth + 1);
  }
}

function bytesOf(value: WireField['value']): Uint8Array {
  if (typeof value === 'bigint') throw new WireFormatError('a number where bytes are expected');
  return value;
}

function numberOf(value: WireField['value']): bigint {
  if (typeof value !== 'bigint') throw new WireFormatError('bytes where a number is expected');
  return value;
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

function textField(bytes: Uint8Array, wanted: number): string {
  for (const { number, value } of readFields(bytes)) if (number === wanted) return text(bytesOf(value));
  return '';
}

/** Seconds since 1970, or nothing for a time that is not set. */
function decodeTime(bytes: Uint8Array): string | undefined {
  for (const { number, value } of readFields(bytes)) {
    if (number !== 1) continue;
    const date = new Date(Number(numberOf(value)) * 1_000);
    if (Number.isNaN(date.getTime())) throw new WireFormatError('a time out of range');
    return `${date.toISOString().slice(0, 19)}Z`;
  }
  return undefined;
}

/** Type 0 is the number in field 2, type 1 the text in field 3. */
function decodeIntOrString(bytes: Uint8Array): number | string {
  let kind = 0n;
  let number = 0n;
  for (const field of readFields(bytes)) {
    if (field.number === 1) kind = numberOf(field.value);
    if (field.number === 2) number = numberOf(field.value);
  }
  return kind === 1n ? textField(bytes, 3) : Number(number);
}

function decodeRawJson(bytes: Uint8Array): unknown {
  for (const { number, value } of readFields(bytes)) {
    if (number !== 1) continue;
    try {
      return JSON.parse(text(bytesOf(value)));
    } catch (error) {
      throw new WireFormatError(`fieldsV1 is no JSON: ${(error as Error).message}`);
    }
  }
  return undefined;
}
