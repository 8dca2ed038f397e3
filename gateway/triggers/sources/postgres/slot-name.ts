import { createHash } from 'node:crypto';

/** Names in PostgreSQL have at most 63 bytes. */
const MAX_LENGTH = 63;
const HASH_LENGTH = 8;

/**
 * The slot, and the publication for `tables`, of a trigger: `catnap_NAMESPACE_FUNCTION_TRIGGER_HASH`, cut to
 * what PostgreSQL takes. The hash keeps names apart that are alike but for what is cut or replaced.
 */
export function slotName(functionKey: string, trigger: string): string {
  const whole = `${functionKey}/${trigger}`;
  const hash = createHash('sha256').update(whole).digest('hex').slice(0, HASH_LENGTH);
  const readable = `catnap_${whole.replaceAll(/[^a-z0-9]/g, '_')}`;
  return `${readable.slice(0, MAX_LENGTH - HASH_LENGTH - 1)}_${hash}`;
}
