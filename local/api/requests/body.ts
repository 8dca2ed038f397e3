/** Reads request bodies, bounded, and decodes them. */
import type { IncomingMessage } from 'node:http';
import { parse as parseYaml } from 'yaml';
import { badRequest, tooLarge, unsupportedMediaType } from '../core/status-error.ts';
import { parseMediaType } from './negotiation.ts';
import { decodeProtobuf, PROTOBUF_TYPE } from './protobuf/decode.ts';

/** The limit of kube-apiserver. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

const DECODABLE = ['application/json', 'application/yaml'];

/** @throws a 413 StatusError above the limit; the rest of the body is not read */
export async function readBody(request: IncomingMessage, limit = MAX_BODY_BYTES): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}

export interface DecodedBody {
  value: unknown;
  /** The JSON text, for the search for repeated fields; absent for YAML, whose parser refuses them. */
  text?: string;
}

/** @throws a 415 StatusError for other media types, 400 for text that does not parse */
export function decodeBody(body: Buffer, contentType: string | undefined): DecodedBody {
  const type = contentType ? parseMediaType(contentType).type : 'application/json';
  if (type === PROTOBUF_TYPE) return { value: decodeProtobuf(body) };
  const text = body.toString('utf8');
  if (type === 'application/json') return { value: parseJson(text), text };
  if (type === 'application/yaml' || type === 'application/apply-patch+yaml')
    return { value: decodeYaml(text) };
  throw unsupportedMediaType(DECODABLE);
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(`couldn't parse the body as JSON: ${(error as Error).message}`);
  }
}

function decodeYaml(text: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    throw badRequest(`error decoding YAML: ${(error as Error).message}`);
  }
}
