/**
 * Ends the process without `exit` events: they belong to the function's code, which had its chance, and this may run
 * inside one.
 */
export function exitNow(code: number): never {
  return (process as unknown as { reallyExit(code: number): never }).reallyExit(code);
}
