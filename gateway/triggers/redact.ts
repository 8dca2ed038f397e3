/** Words of errors, fit to be shown: bounded, and without any credential of the trigger. */

const MAX_LENGTH = 500;
/** Shorter ones are words of any sentence. */
const MIN_SECRET = 4;

/** @param credentials what the trigger's Secret holds */
export function redactedMessage(error: unknown, credentials: Readonly<Record<string, string>>): string {
  let text = error instanceof Error ? error.message || error.name : String(error);
  if (error instanceof AggregateError && !error.message) text = error.errors.map(String).join('; ');
  for (const secret of Object.values(credentials)) {
    for (const form of [secret, secret.trim(), encodeURIComponent(secret.toWellFormed())]) {
      if (form.length >= MIN_SECRET) text = text.replaceAll(form, '***');
    }
  }
  text = text.replace(/\s+/g, ' ').trim();
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH - 1)}…` : text;
}
