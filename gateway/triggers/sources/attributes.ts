/** They travel as one HTTP header, and headers of a call may have 15 KiB in all. */
const MAX_LENGTH = 4_096;

/**
 * What the sender attached to a message, as the JSON text of one extension attribute; undefined when there is
 * nothing, or more than 4096 characters.
 */
export function attributesText(attributes: Readonly<Record<string, unknown>>): string | undefined {
  if (Object.keys(attributes).length === 0) return undefined;
  const text = JSON.stringify(attributes);
  return text.length > MAX_LENGTH ? undefined : text;
}

/** The given extensions without those that are undefined. */
export function extensionsOf(
  extensions: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(extensions).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
