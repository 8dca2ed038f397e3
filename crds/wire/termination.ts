/** Reads what a runtime wrote before it gave up: for conditions, events and problem documents alike. */
import type { TerminationMessage } from './environment.ts';

/** Messages come from user code and images; what people read must stay readable. */
export const MAX_MESSAGE_LENGTH = 900;
const MAX_PATH_LENGTH = 256;

/** The runtime's own words with file and line, or undefined if the text is something else. */
export function runtimeWords(text: string | undefined): string | undefined {
  const own = parseTerminationMessage(text);
  if (!own) return undefined;
  const place = own.file ? ` (${own.file}${own.line ? `:${own.line}` : ''})` : '';
  return clip(own.message) + place;
}

/** The runtime's termination message, or undefined if this is something else (foreign images write freely). */
export function parseTerminationMessage(text: string | undefined): TerminationMessage | undefined {
  if (!text?.startsWith('{')) return undefined;
  try {
    const { reason, message, file, line } = JSON.parse(text) as Partial<Record<string, unknown>>;
    if ((reason !== 'LoadFailed' && reason !== 'Blocked') || typeof message !== 'string') return undefined;
    return {
      reason,
      message,
      ...(typeof file === 'string' ? { file: file.slice(0, MAX_PATH_LENGTH) } : {}),
      ...(Number.isSafeInteger(line) ? { line: line as number } : {}),
    };
  } catch {
    return undefined;
  }
}

/** The beginning of a text that is too long. */
export function clip(text: string): string {
  return text.length <= MAX_MESSAGE_LENGTH ? text : `${text.slice(0, MAX_MESSAGE_LENGTH - 1)}…`;
}
