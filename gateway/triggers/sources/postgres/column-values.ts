/** Values of columns as JSON: what JSON has a form for in that form, all else as PostgreSQL writes it. */
import { types } from 'pg';

type Parse = (text: string) => unknown;

const asText: Parse = (text) => text;
const asBoolean: Parse = (text) => text === 't';
/** JSON knows neither NaN nor the infinities. */
const asNumber: Parse = (text) => (Number.isFinite(Number(text)) ? Number(text) : text);

/** By object id of the type, which is fixed for built-in ones (`pg_type.dat`). */
const parsers = new Map<number, Parse>([
  [16, asBoolean],
  [21, asNumber],
  [23, asNumber],
  [26, asNumber],
  [700, asNumber],
  [701, asNumber],
  [114, JSON.parse],
  [3802, JSON.parse],
  // Arrays of boolean, smallint, integer, text, varchar and uuid.
  ...[1000, 1005, 1007, 1009, 1015, 2951].map((oid): [number, Parse] => [oid, types.getTypeParser(oid)]),
]);

/**
 * How the text of a column of this type becomes a JSON value. Numbers of 64 bits and more stay text, since
 * JSON readers round them; dates and times stay text, since they may have no time zone.
 */
export function columnParser(typeOid: number): Parse {
  return parsers.get(typeOid) ?? asText;
}
