/** Which representation a client asks for. */
import { notAcceptable } from '../core/status-error.ts';

export type Shape = 'object' | 'table' | 'metadata';

export interface Representation {
  shape: Shape;
  encoding: 'json' | 'yaml';
}

export interface MediaType {
  type: string;
  parameters: Readonly<Record<string, string>>;
}

const ACCEPTED = ['application/json', 'application/yaml'];
const SHAPES: Readonly<Record<string, Shape>> = {
  Table: 'table',
  PartialObjectMetadata: 'metadata',
  PartialObjectMetadataList: 'metadata',
};
const PLAIN_JSON: Representation = { shape: 'object', encoding: 'json' };

/** The media types of an Accept header, the preferred first. */
export function parseAccept(header: string | undefined): MediaType[] {
  return (header ?? '')
    .split(',')
    .map(parseMediaType)
    .filter(({ type }) => type !== '')
    .map((it, index) => ({ it, index, quality: Number(it.parameters.q ?? 1) }))
    .sort((left, right) => right.quality - left.quality || left.index - right.index)
    .map(({ it }) => it);
}

/** @throws a 406 StatusError when the client accepts neither JSON nor YAML */
export function negotiate(header: string | undefined): Representation {
  if (!header || header === '*/*' || header === 'application/json') return PLAIN_JSON;
  for (const candidate of parseAccept(header)) {
    const representation = represent(candidate);
    if (representation) return representation;
  }
  throw notAcceptable(ACCEPTED);
}

function represent({ type, parameters }: MediaType): Representation | undefined {
  const encoding = encodingOf(type);
  if (!encoding) return undefined;
  if (parameters.as === undefined) return { shape: 'object', encoding };
  const shape = SHAPES[parameters.as];
  if (!shape || parameters.g !== 'meta.k8s.io' || parameters.v !== 'v1') return undefined;
  return { shape, encoding };
}

function encodingOf(type: string): 'json' | 'yaml' | undefined {
  if (type === 'application/json' || type === '*/*' || type === 'application/*') return 'json';
  return type === 'application/yaml' ? 'yaml' : undefined;
}

export function parseMediaType(text: string): MediaType {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim());
  const parameters: Record<string, string> = {};
  for (const part of rest) {
    const equals = part.indexOf('=');
    if (equals > 0) parameters[part.slice(0, equals)] = part.slice(equals + 1).replace(/^"|"$/g, '');
  }
  return { type: type.toLowerCase(), parameters };
}
