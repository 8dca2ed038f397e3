/** Headers of a message as extension attributes of its event. */
const MAX_HEADERS = 32;
const MAX_BYTES = 1_024;

/**
 * Each is the prefix and the name in lower case, without what CloudEvents do not allow in names. Those above 1 KiB,
 * and those after the 32nd, are left out.
 */
export function headerExtensions(
  prefix: string,
  headers: Iterable<readonly [name: string, value: string]>,
): Record<string, string> {
  const extensions: Record<string, string> = {};
  let count = 0;
  for (const [name, value] of headers) {
    const suffix = name.toLowerCase().replace(/[^a-z0-9]/g, '');
    if (!suffix || name.length + Buffer.byteLength(value) > MAX_BYTES) continue;
    if (++count > MAX_HEADERS) break;
    extensions[prefix + suffix] = value;
  }
  return extensions;
}
