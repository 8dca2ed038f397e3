/** Reads the Prometheus text format, as far as the platform writes it. */

/** All samples of this exact name that carry these labels, added up; 0 when there are none. */
export function sumOf(text: string, name: string, labels: Record<string, string> = {}): number {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  let sum = 0;
  for (const line of text.split('\n')) {
    const [, sample, , shown = '', value] = /^([a-zA-Z0-9_:]+)(\{(.*)\})? (\S+)/.exec(line) ?? [];
    if (sample !== name || !wanted.every((label) => shown.includes(label))) continue;
    sum += Number(value);
  }
  return sum;
}
