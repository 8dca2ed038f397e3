/** Resource quantities: decimal numbers with an SI, binary or exponent suffix. */

const FORM = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d+)?$/;
const DECIMAL: Record<string, number> = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const BINARY: Record<string, bigint> = {
  Ki: 1n << 10n,
  Mi: 1n << 20n,
  Gi: 1n << 30n,
  Ti: 1n << 40n,
  Pi: 1n << 50n,
  Ei: 1n << 60n,
};
/** More digits than any quantity needs, but not so many that arithmetic on them could hurt. */
const MAX_LENGTH = 64;
const MAX_EXPONENT = 100;

/** Whether a text is a quantity. */
export function isQuantity(text: string): boolean {
  if (text.length > MAX_LENGTH) return false;
  const exponent = /[eE]([+-]?\d+)$/.exec(text)?.[1];
  return FORM.test(text) && Math.abs(Number(exponent ?? 0)) <= MAX_EXPONENT;
}

/** The exact value: `digits` divided by 10 to the power of `scale`. Throws for what is no quantity. */
export function parseQuantity(text: string): { digits: bigint; scale: number } {
  const parts = isQuantity(text) ? FORM.exec(text) : null;
  if (!parts) throw new SyntaxError(`${JSON.stringify(text)} is not a quantity`);
  const [, sign, number = '', suffix = ''] = parts;
  const [whole = '', fraction = ''] = number.split('.');
  const plain = BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n);
  const binary = BINARY[suffix];
  if (binary !== undefined) return { digits: plain * binary, scale: fraction.length };
  const power = DECIMAL[suffix] ?? (suffix === '' ? 0 : Number(suffix.slice(1)));
  const scale = fraction.length - power;
  return scale >= 0 ? { digits: plain, scale } : { digits: plain * 10n ** BigInt(-scale), scale: 0 };
}

/** -1, 0 or 1 as `a` is less than, equal to or greater than `b`. */
export function compareQuantities(a: string, b: string): number {
  const left = parseQuantity(a);
  const right = parseQuantity(b);
  const scale = Math.max(left.scale, right.scale);
  const difference =
    left.digits * 10n ** BigInt(scale - left.scale) - right.digits * 10n ** BigInt(scale - right.scale);
  if (difference === 0n) return 0;
  return difference > 0n ? 1 : -1;
}

const DECIMAL_SUFFIXES = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/**
 * The one form in which a value is written: no fraction, the largest suffix of the family it was written in,
 * rounded up to the nano. Throws for what is no quantity.
 */
export function canonicalQuantity(text: string): string {
  const { digits, scale } = parseQuantity(text);
  const suffix = FORM.exec(text)?.[3] ?? '';
  const nanos = ceilDivide(digits * 10n ** 9n, 10n ** BigInt(scale));
  const size = nanos < 0n ? -nanos : nanos;
  if (suffix in BINARY && size >= 1024n * 10n ** 9n) return binaryForm(ceilDivide(nanos, 10n ** 9n));
  return decimalForm(nanos, /^[eE]/.test(suffix));
}

function ceilDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value > quotient * by ? quotient + 1n : quotient;
}

function binaryForm(value: bigint): string {
  let mantissa = value;
  let index = 0;
  while (mantissa !== 0n && mantissa % 1024n === 0n && index < BINARY_SUFFIXES.length - 1) {
    mantissa /= 1024n;
    index++;
  }
  return `${mantissa}${BINARY_SUFFIXES[index]}`;
}

function decimalForm(nanos: bigint, exponential: boolean): string {
  if (nanos === 0n) return '0';
  let mantissa = nanos;
  let index = 0;
  while (mantissa % 1000n === 0n && index < DECIMAL_SUFFIXES.length - 1) {
    mantissa /= 1000n;
    index++;
  }
  if (!exponential) return `${mantissa}${DECIMAL_SUFFIXES[index]}`;
  return index === 3 ? String(mantissa) : `${mantissa}e${(index - 3) * 3}`;
}
