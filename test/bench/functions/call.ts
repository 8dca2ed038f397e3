/** One call at a time, timed as a caller sees it: over a kept connection, from the request to the end of the answer. */
import { Agent } from 'node:http';
import { type Exchange, type ExchangeOptions, exchange } from '#test/e2e/support/exchange.ts';
import { type Bed, pathOf } from '../bed.ts';

export interface TimedCall {
  ms: number;
  /** The body; empty when there was no answer. */
  text: string;
  /** `503 queue-full`, or how the exchange broke; absent when the answer was as expected. */
  failure?: string;
  exchange: Exchange;
}

export interface CallOptions extends Partial<ExchangeOptions> {
  /** Status of a good answer; 200 unless told otherwise. */
  expected?: number;
}

export interface Caller {
  call(functionName: string, options?: CallOptions): Promise<TimedCall>;
  /** To any path of the gateway. */
  send(path: string, options?: CallOptions): Promise<TimedCall>;
  close(): void;
}

const GIVE_UP_MS = 60_000;

export function createCaller(bed: Bed): Caller {
  const agent = new Agent({ keepAlive: true });
  const base = `http://${bed.gateway.host}:${bed.gateway.port}`;
  const send: Caller['send'] = async (path, { expected = 200, ...options } = {}) => {
    const started = performance.now();
    const result = await exchange(`${base}${path}`, { agent, timeoutMs: GIVE_UP_MS, ...options });
    const ms = performance.now() - started;
    const failure = failureOf(result, expected);
    const text = 'broken' in result ? '' : result.text;
    return { ms, text, exchange: result, ...(failure ? { failure } : {}) };
  };
  return {
    send,
    call: (functionName, options) => send(pathOf(bed, functionName), options),
    close: () => agent.destroy(),
  };
}

function failureOf(result: Exchange, expected: number): string | undefined {
  if ('broken' in result) return result.broken;
  return result.status === expected ? undefined : describeAnswer(result.status, result.text);
}

/** The status, with the type of the problem where the body is a problem document. */
export function describeAnswer(status: number, body: string): string {
  const type = /"type":"[^"]*\/([\w-]+)"/.exec(body)?.[1];
  return type ? `${status} ${type}` : String(status);
}
