/** Calls to the tour function. */

export interface Call {
  status: number;
  body: string;
  ms: number;
}

const TIMEOUT_MS = 30_000;

export async function call(url: string): Promise<Call> {
  const started = performance.now();
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  const body = await response.text();
  return { status: response.status, body, ms: performance.now() - started };
}

/** Calls and throws, with the answer, on anything but 200. */
export async function callOk(url: string): Promise<Call> {
  const answer = await call(url);
  if (answer.status !== 200)
    throw new Error(`${url} answered ${answer.status}: ${answer.body.slice(0, 500)}`);
  return answer;
}

/** The value below which `share` (0 to 1) of the values lie. */
export function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
