/** The function that is called: answers at once, and tells when its last call came. */
import { type Bed, pathOf } from '../../bed.ts';
import { createCaller } from '../../functions/call.ts';

/** The clock is the machine's, which every process on it reads alike. */
export const CODE = `
let count = 0;
let at = 0n;
let wake = () => {};
const after = async (seen) => {
  while (count <= seen) await new Promise((resolve) => { wake = resolve; });
  return { count, at: String(at) };
};
export const handler = ({ rawQuery }) => {
  if (rawQuery !== '') return after(Number(rawQuery));
  count += 1;
  at = process.hrtime.bigint();
  wake();
  return 'ok';
};`;

export interface Arrival {
  /** Calls that have come so far. */
  count: number;
  /** When the last of them came, as process.hrtime has it. */
  at: bigint;
}

export interface Witness {
  /** The last call, once more have come than these. */
  after(count: number): Promise<Arrival>;
  close(): void;
}

export function watchCalls(bed: Bed, functionName: string): Witness {
  const caller = createCaller(bed);
  return {
    async after(seen) {
      const { text, failure } = await caller.send(pathOf(bed, functionName, `/?${seen}`));
      if (failure) throw new Error(`no event reached ${functionName}: ${failure}`);
      const { count, at } = JSON.parse(text) as { count: number; at: string };
      return { count, at: BigInt(at) };
    },
    close: () => caller.close(),
  };
}
