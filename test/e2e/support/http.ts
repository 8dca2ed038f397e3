/** Calls over real HTTP, with everything a test may want to look at. */

export interface CallOptions {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
  timeoutMs?: number;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  ms: number;
}

/** Makes a call and reads the whole answer. Rejects when there is none in time (30 s unless told otherwise). */
export async function call(url: string, options: CallOptions = {}): Promise<Answer> {
  const { timeoutMs = 30_000, ...init } = options;
  const started = performance.now();
  const response = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, ms: performance.now() - started };
}

/** The problem document of an error answer. */
export function problem(answer: Answer): { type: string; title: string; status: number; detail: string } {
  const type = answer.headers.get('content-type');
  if (type !== 'application/problem+json') throw new Error(`not a problem document: ${type}: ${answer.text}`);
  return JSON.parse(answer.text);
}

export interface LoadResult<T> {
  /** What the work returned. */
  result: T;
  calls: number;
  /** Answers other than 200, and calls without an answer, in words. */
  failures: string[];
}

/**
 * Calls from `connections` loops without a pause while the work runs, and until `minimumCalls` were made.
 * `observe` sees every good answer.
 */
export async function underLoad<T>(
  url: string,
  options: {
    connections: number;
    minimumCalls?: number;
    call?: CallOptions;
    observe?: (answer: Answer) => void;
  },
  work: () => Promise<T>,
): Promise<LoadResult<T>> {
  const { connections, minimumCalls = 50, observe } = options;
  const failures: string[] = [];
  let calls = 0;
  let working = true;

  async function loop(): Promise<void> {
    while (working || calls < minimumCalls) {
      calls++;
      await call(url, options.call).then(
        (answer) => {
          if (answer.status === 200) observe?.(answer);
          else failures.push(`${answer.status} ${answer.text.slice(0, 300)}`);
        },
        (error) => failures.push(`${error} ${(error as Error).cause ?? ''}`),
      );
    }
  }

  const loops = Array.from({ length: connections }, loop);
  let result: T;
  try {
    result = await work();
  } finally {
    working = false;
    await Promise.all(loops);
  }
  return { result, calls, failures };
}
