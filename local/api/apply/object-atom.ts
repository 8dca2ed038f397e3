/** The schema of a whole object as server-side apply sees it: its own, with the real type of `metadata`. */
import { objectMetaSchema } from '../schema/builtin/index.ts';
import type { JSONSchema } from '../schema/types.ts';
import { type Atom, atomOf } from './atoms.ts';

const cache = new WeakMap<JSONSchema, Atom>();
const typeMeta = { apiVersion: { type: 'string' }, kind: { type: 'string' } };

/** The atom of an object; a CRD says `metadata: {type: object}` and means ObjectMeta. */
export function objectAtom(schema: JSONSchema): Atom {
  const known = cache.get(schema);
  if (known !== undefined) return known;
  const properties = { ...typeMeta, ...schema.properties, metadata: objectMetaSchema() };
  const atom = atomOf({ ...schema, type: 'object', properties });
  cache.set(schema, atom);
  return atom;
}
