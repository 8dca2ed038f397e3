/** One HTTP exchange, told apart by how it ended. */
import { type Agent, type IncomingMessage, request } from 'node:http';

export interface ExchangeOptions {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  /** Keeps connections; without one the exchange has a connection of its own. */
  agent?: Agent;
  timeoutMs: number;
}

export type Exchange = Answered | Broken;

export interface Answered {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
}

/** No answer, or half of one. */
export interface Broken {
  /** `refused`, `reset` before any byte of the answer, `cut off` within it, `timeout`, else the error's code. */
  broken: string;
  /** A kept connection that the server closed before it answered a byte, so perhaps before the request came. */
  wasIdle: boolean;
}

/** Never rejects. */
export function exchange(url: string, options: ExchangeOptions): Promise<Exchange> {
  const { method = 'GET', headers, body, agent, timeoutMs } = options;
  return new Promise((resolve) => {
    let answering = false;
    const sent = request(url, { method, headers, agent: agent ?? false });
    const overdue = setTimeout(() => {
      resolve({ broken: 'timeout', wasIdle: false });
      sent.destroy();
    }, timeoutMs);
    const end = (result: Exchange) => {
      clearTimeout(overdue);
      resolve(result);
    };
    const breakOff = (error: NodeJS.ErrnoException) => {
      const kind = kindOf(error);
      end({
        broken: answering ? 'cut off' : kind,
        wasIdle: !answering && kind === 'reset' && sent.reusedSocket,
      });
    };
    sent.once('error', breakOff);
    sent.once('response', (response) => {
      answering = true;
      response.once('error', breakOff);
      readText(response).then(
        (text) => end({ status: response.statusCode ?? 0, headers: response.headers, text }),
        breakOff,
      );
    });
    sent.end(body);
  });
}

async function readText(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return text;
}

const KINDS: Record<string, string> = { ECONNREFUSED: 'refused', ECONNRESET: 'reset', EPIPE: 'reset' };

const kindOf = ({ code = 'unknown' }: NodeJS.ErrnoException) => KINDS[code] ?? code;
