/** String formats that the server checks; all others are ignored. */
import { isIP, isIPv4, isIPv6 } from 'node:net';

const UUID = (version: string, variant: string) =>
  new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?${variant}[0-9a-f]{3}-?[0-9a-f]{12}$`, 'i');
const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SHORT_NAME = new RegExp(`^${LABEL}$`);
const LONG_NAME = new RegExp(`^${LABEL}(\\.${LABEL})*$`);

const checks: Record<string, (text: string) => boolean> = {
  bsonobjectid: (text) => /^[0-9a-f]{24}$/i.test(text),
  uri: (text) => /^([a-z][a-z0-9+.-]*:[^\s]+|\/[^\s]*)$/i.test(text),
  email: (text) => /^[^\s@<>]+@[^\s@<>]+$/.test(text) || /<[^\s@<>]+@[^\s@<>]+>$/.test(text),
  hostname: isHostname,
  ipv4: isIPv4,
  ipv6: isIPv6,
  cidr: isCidr,
  mac: (text) =>
    /^([0-9a-f]{2}([:-][0-9a-f]{2}){5}([:-][0-9a-f]{2}){0,2}|([0-9a-f]{4}\.){2,3}[0-9a-f]{4})$/i.test(text),
  uuid: (text) => /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(text),
  uuid3: (text) => UUID('3', '[0-9a-f]').test(text),
  uuid4: (text) => UUID('4', '[89ab]').test(text),
  uuid5: (text) => UUID('5', '[89ab]').test(text),
  isbn: (text) => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  creditcard: isCreditCard,
  ssn: (text) => /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(text),
  hexcolor: (text) => /^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/.test(text),
  rgbcolor: isRgbColor,
  byte: (text) => text !== '' && text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text),
  password: () => true,
  date: (text) => /^\d{4}-\d{2}-\d{2}$/.test(text) && isRealDate(text),
  duration: (text) =>
    isGoDuration(text) ||
    /^\d+\s*(ns|us|µs|ms|s|m|h|d|w|nano|micro|milli|second|minute|hour|day|week)s?$/i.test(text),
  datetime: isDateTime,
  'k8s-short-name': (text) => text.length <= 63 && SHORT_NAME.test(text),
  'k8s-long-name': (text) => text.length <= 253 && LONG_NAME.test(text),
};
Object.setPrototypeOf(checks, null);

/** Whether the format is one that the server checks; dashes do not count but in `k8s-` formats. */
export function isKnownFormat(format: string): boolean {
  return normalize(format) !== undefined;
}

/** Whether the text has the format; true for formats that are not checked. */
export function hasFormat(format: string, text: string): boolean {
  const name = normalize(format);
  return name === undefined || checks[name]?.(text) !== false;
}

function normalize(format: string): string | undefined {
  if (format in checks) return format;
  const plain = format.replaceAll('-', '');
  return plain in checks ? plain : undefined;
}

function isHostname(text: string): boolean {
  return (
    text.length <= 253 &&
    /^([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/.test(
      text,
    )
  );
}

function isCidr(text: string): boolean {
  const [address = '', bits = '', ...rest] = text.split('/');
  const version = isIP(address);
  return (
    version !== 0 && rest.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128)
  );
}

function isIsbn10(text: string): boolean {
  const digits = text.replace(/[\s-]/g, '');
  if (!/^\d{9}[\dX]$/.test(digits)) return false;
  const sum = [...digits].reduce(
    (total, digit, index) => total + (10 - index) * (digit === 'X' ? 10 : Number(digit)),
    0,
  );
  return sum % 11 === 0;
}

function isIsbn13(text: string): boolean {
  const digits = text.replace(/[\s-]/g, '');
  if (!/^\d{13}$/.test(digits)) return false;
  const sum = [...digits].reduce(
    (total, digit, index) => total + Number(digit) * (index % 2 === 0 ? 1 : 3),
    0,
  );
  return sum % 10 === 0;
}

function isCreditCard(text: string): boolean {
  const digits = text.replace(/\D/g, '');
  if (digits.length < 12 || digits.length > 19) return false;
  const sum = [...digits].toReversed().reduce((total, digit, index) => {
    const doubled = Number(digit) * (index % 2 === 0 ? 1 : 2);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return sum % 10 === 0;
}

function isRgbColor(text: string): boolean {
  const parts = /^rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)$/.exec(text);
  return parts?.slice(1).every((part) => Number(part) <= 255) ?? false;
}

function isRealDate(day: string): boolean {
  const time = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}

/** RFC 3339, of which the server's library wants the time zone and at most nine digits of a second. */
function isDateTime(text: string): boolean {
  const parts = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/.exec(
    text,
  );
  if (!parts?.[1]) return false;
  const [hours, minutes, seconds] = parts.slice(2, 5).map(Number) as [number, number, number];
  return isRealDate(parts[1]) && hours <= 23 && minutes <= 59 && seconds <= 59;
}

/** Durations as Go's time.ParseDuration reads them. */
export function isGoDuration(text: string): boolean {
  return /^[+-]?(0|((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$/.test(text);
}
