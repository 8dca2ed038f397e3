/** Texts of table cells. */
import { type ApiObject, isRecord } from '../core/objects.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

/** How each range of durations is written: up to `below`, whole `unit`s and, where given, the rest in `rest`. */
const RANGES: { below: number; unit: [number, string]; rest?: [number, string] }[] = [
  { below: 2 * MINUTE, unit: [SECOND, 's'] },
  { below: 10 * MINUTE, unit: [MINUTE, 'm'], rest: [SECOND, 's'] },
  { below: 3 * HOUR, unit: [MINUTE, 'm'] },
  { below: 8 * HOUR, unit: [HOUR, 'h'], rest: [MINUTE, 'm'] },
  { below: 2 * DAY, unit: [HOUR, 'h'] },
  { below: 8 * DAY, unit: [DAY, 'd'], rest: [HOUR, 'h'] },
  { below: 2 * YEAR, unit: [DAY, 'd'] },
  { below: 8 * YEAR, unit: [YEAR, 'y'], rest: [DAY, 'd'] },
];

/** A duration as kubectl writes it: 5m30s, 3h, 2d4h. */
export function humanDuration(ms: number): string {
  if (ms <= -2 * SECOND) return '<invalid>';
  if (ms < 0) return '0s';
  const range = RANGES.find(({ below }) => ms < below);
  if (!range) return `${Math.floor(ms / YEAR)}y`;
  const [size, name] = range.unit;
  const whole = `${Math.floor(ms / size)}${name}`;
  if (!range.rest) return whole;
  const [restSize, restName] = range.rest;
  const rest = Math.floor((ms % size) / restSize);
  return rest === 0 ? whole : `${whole}${rest}${restName}`;
}

/** Time since an RFC 3339 timestamp. */
export function since(time: unknown, now: Date): string {
  if (typeof time !== 'string' || time === '') return '<unknown>';
  const at = Date.parse(time);
  return Number.isNaN(at) ? '<unknown>' : humanDuration(now.getTime() - at);
}

export function age(object: ApiObject, now: Date): string {
  return since(object.metadata.creationTimestamp, now);
}

/** `a=b,c=d` in the order of keys, or `<none>`. */
export function labelText(labels: unknown): string {
  if (!isRecord(labels) || Object.keys(labels).length === 0) return '<none>';
  return Object.keys(labels)
    .sort()
    .map((key) => `${key}=${labels[key]}`)
    .join(',');
}

export function orNone(text: string | undefined): string {
  return text ? text : '<none>';
}

/** The names and images of a pod template's containers. */
export function containerColumns(containers: readonly unknown[]): [names: string, images: string] {
  const of = (field: string) =>
    containers.map((it) => (isRecord(it) ? String(it[field] ?? '') : '')).join(',');
  return [of('name'), of('image')];
}
