const factors: Record<string, number> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** The number a Kubernetes quantity stands for (cores or bytes), or undefined if it is none. */
export function parseQuantity(value: unknown): number | undefined {
  const match = /^([0-9]+(?:\.[0-9]+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/.exec(String(value));
  return match ? Number(match[1]) * (factors[match[2] ?? ''] ?? Number.NaN) : undefined;
}
