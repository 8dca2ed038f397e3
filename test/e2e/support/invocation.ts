/** Asynchronous calls, from the 202 to the result. */
import { waitFor } from '#test/harness/wait-for.ts';
import { call } from './http.ts';
import type { TestNamespace } from './namespace.ts';

export interface Invocation {
  id: string;
  status: string;
  attempts: number;
  reason?: string;
  response?: { status: number; body: string };
}

const TIMEOUT_MS = 60_000;

/** Makes an asynchronous call; returns the path of its invocation. Throws unless it was acknowledged. */
export async function accept(
  space: TestNamespace,
  functionName: string,
  body: string,
  query = '',
): Promise<string> {
  const answer = await space.call(functionName, query, {
    method: 'POST',
    headers: { prefer: 'respond-async' },
    body,
    timeoutMs: 10_000,
  });
  const location = answer.headers.get('location');
  if (answer.status !== 202 || !location) throw new Error(`${answer.status} ${answer.text}`);
  return location;
}

/** Waits until the call has ended. */
export function finished(space: TestNamespace, location: string): Promise<Invocation> {
  return waitFor(
    async () => {
      const answer = await call(`${space.platform.gatewayUrl}${location}`);
      if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
      const invocation = JSON.parse(answer.text) as Invocation;
      if (!['succeeded', 'failed', 'cancelled'].includes(invocation.status)) throw new Error(answer.text);
      return invocation;
    },
    { timeoutMs: TIMEOUT_MS, describe: `the end of ${location}`, intervalMs: 100 },
  );
}
