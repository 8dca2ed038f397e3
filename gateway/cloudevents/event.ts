/** A CloudEvent 1.0 (https://github.com/cloudevents/spec) and the rules for its attributes. */

export interface CloudEvent {
  readonly id: string;
  readonly type: string;
  /** URI reference. */
  readonly source: string;
  readonly subject?: string;
  /** RFC 3339. */
  readonly time?: string;
  readonly contentType?: string;
  /** URI. */
  readonly dataSchema?: string;
  readonly data: Buffer;
  /** Extension attributes: lower-case letters and digits. */
  readonly extensions?: Readonly<Record<string, string>>;
}

const ATTRIBUTE_NAME = /^[a-z0-9]{1,64}$/;
const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;
/** Of one attribute; headers of requests are bounded anyway. */
const MAX_ATTRIBUTE = 4_096;

/** Attributes by their name in the specification, from whatever form they came in. */
export type Attributes = ReadonlyMap<string, string>;

/**
 * Makes an event of its attributes and its data.
 *
 * @throws EventError that says what is wrong with which attribute
 */
export function eventOf(attributes: Attributes, data: Buffer, contentType: string | undefined): CloudEvent {
  const required = (name: string): string => {
    const value = attributes.get(name);
    if (value === undefined || value === '') throw new EventError(`Attribute ${name} is missing or empty.`);
    return value;
  };
  const version = required('specversion');
  if (version !== '1.0') throw new EventError(`specversion is "${cut(version)}"; only "1.0" is supported.`);
  for (const [name, value] of attributes) checkAttribute(name, value);
  const extensions = [...attributes].filter(([name]) => !CORE.has(name));
  const optional = {
    subject: attributes.get('subject'),
    time: attributes.get('time'),
    dataSchema: attributes.get('dataschema'),
    contentType,
  };
  return {
    id: required('id'),
    type: required('type'),
    source: required('source'),
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    data,
    ...(extensions.length > 0 && { extensions: Object.fromEntries(extensions) }),
  };
}

function checkAttribute(name: string, value: string): void {
  if (!ATTRIBUTE_NAME.test(name)) {
    throw new EventError(`"${cut(name)}" is no attribute name: use lower-case letters and digits.`);
  }
  if (value.length > MAX_ATTRIBUTE) {
    throw new EventError(`Attribute ${name} has more than ${MAX_ATTRIBUTE} characters.`);
  }
  if (name === 'time' && !(RFC3339.test(value) && !Number.isNaN(Date.parse(value)))) {
    throw new EventError(`Attribute time is "${cut(value)}"; it must be as in RFC 3339.`);
  }
  if (name === 'source' && /\s/.test(value)) {
    throw new EventError('Attribute source must be a URI reference, without spaces.');
  }
}

const CORE: ReadonlySet<string> = new Set(
  'specversion id type source subject time dataschema datacontenttype'.split(' '),
);

/** All attributes of an event but the content type, by their name in the specification. */
export function* attributesOf(event: CloudEvent): Generator<[string, string]> {
  yield ['specversion', '1.0'];
  yield ['id', event.id];
  yield ['type', event.type];
  yield ['source', event.source];
  if (event.subject !== undefined) yield ['subject', event.subject];
  if (event.time !== undefined) yield ['time', event.time];
  if (event.dataSchema !== undefined) yield ['dataschema', event.dataSchema];
  for (const [name, value] of Object.entries(event.extensions ?? {})) {
    if (ATTRIBUTE_NAME.test(name) && !CORE.has(name) && name !== 'data') yield [name, value];
  }
}

/** What does not make a CloudEvent; the message is for whoever sent it. */
export class EventError extends Error {
  override readonly name = 'EventError';
}

export function cut(text: string): string {
  return text.length > 64 ? `${text.slice(0, 64)}…` : text;
}
