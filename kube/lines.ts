/** Splits a byte stream into lines without ever holding more than a bound. */
import { transportError, transportReasons } from './errors.ts';

const NEWLINE = 0x0a;

/**
 * Yields each line without its newline; empty lines are skipped.
 *
 * @throws KubeError InvalidResponse for a line above `maxBytes`, or when the stream ends within a line
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<string, void, undefined> {
  let parts: Uint8Array[] = [];
  let held = 0;
  const take = (last: Uint8Array): string => {
    const line = parts.length === 0 ? Buffer.from(last) : Buffer.concat([...parts, last]);
    parts = [];
    held = 0;
    return line.toString('utf8');
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      checkLength(held + end - start, maxBytes);
      const line = take(chunk.subarray(start, end)).trim();
      if (line !== '') yield line;
      start = end + 1;
    }
    if (start < chunk.length) {
      parts.push(chunk.subarray(start));
      held += chunk.length - start;
      checkLength(held, maxBytes);
    }
  }
  if (held > 0 && take(new Uint8Array()).trim() !== '') {
    throw transportError(transportReasons.connectionFailed, 'The watch ended in the middle of a line');
  }
}

function checkLength(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) {
    throw transportError(
      transportReasons.invalidResponse,
      `The watch sent a line of more than ${maxBytes} bytes`,
    );
  }
}
