/** After this many failures in a row nothing good is to come. */
const TOO_MANY = 10;

/**
 * Throws when the last calls failed, one as the other: what is measured is broken, not slow.
 *
 * @param failures of calls in their order; undefined for good ones
 */
export function refuseHopeless(failures: (string | undefined)[]): void {
  const last = failures.slice(-TOO_MANY);
  if (last.length < TOO_MANY || last.includes(undefined)) return;
  throw new Error(`${TOO_MANY} calls in a row failed, the last with: ${last.at(-1)}`);
}
