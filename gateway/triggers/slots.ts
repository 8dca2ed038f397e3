/**
 * Functions with triggers are dealt out in slots, so that what gateways have to agree on stays small however
 * many triggers there are. All triggers of a function are in one slot.
 */
import { hash, preferred } from '#gateway/rendezvous.ts';

const SLOTS = 512;

/** The slot of a function, by its `namespace/name`. */
export function slotOf(functionKey: string): number {
  return hash('slot', functionKey) % SLOTS;
}

/** The gateway that should own a slot, of those that live; undefined when there are none. */
export function preferredGateway(slot: number, gateways: readonly string[]): string | undefined {
  return preferred(`slot ${slot}`, gateways, (id) => id);
}
