/** Requests and responses as bytes: the length of a JSON head (4 bytes), the head, the body as it is. */

export interface StoredRequest {
  readonly method: string;
  readonly path: string;
  readonly requestId: string;
  /** Flat list as sent to the pod. */
  readonly headers: string[];
  /** The URL that the caller wants to be told at how the call ended. */
  readonly callback?: string;
  /** Calls in a row of which each tells of the one before; absent for one that somebody made. */
  readonly hops?: number;
}

export interface StoredResponse {
  readonly status: number;
  /** Flat list as answered to a caller. */
  readonly headers: string[];
  /** The body was larger than what is kept. */
  readonly bodyDropped?: boolean;
}

export function encodeMessage(head: StoredRequest | StoredResponse, body: Buffer): Buffer {
  const json = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([length, json, body]);
}

export function decodeMessage<Head extends StoredRequest | StoredResponse>(
  bytes: Buffer,
): { head: Head; body: Buffer } {
  const end = 4 + bytes.readUInt32BE(0);
  return { head: JSON.parse(bytes.toString('utf8', 4, end)) as Head, body: bytes.subarray(end) };
}
