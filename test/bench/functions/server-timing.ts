/** What the gateway says of a call that waited: see docs/http.md. */
import type { Exchange } from '#test/e2e/support/exchange.ts';

/** In ms. */
export type Timing = Partial<Record<'queue' | 'claim' | 'load' | 'function', number>>;

/** Empty for a call that met a free pod, and where there was no answer. */
export function timingOf(result: Exchange): Timing {
  return 'broken' in result ? {} : parseServerTiming(result.headers['server-timing']);
}

/** `queue;dur=9.8, claim;dur=8.9` */
export function parseServerTiming(header: string | string[] | undefined): Timing {
  const entries = [header ?? []]
    .flat()
    .join(',')
    .matchAll(/(queue|claim|load|function);dur=([0-9.]+)/g);
  return Object.fromEntries([...entries].map(([, name, value]) => [name, Number(value)]));
}
