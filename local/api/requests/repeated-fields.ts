/** Finds fields that a JSON text sets more than once, which JSON.parse passes over in silence. */

interface Frame {
  path: string;
  /** Present for objects. */
  names?: Set<string>;
  index: number;
}

/** A string, or a character that shapes the value; everything else has no bearing on names. */
const TOKEN = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\],]/g;
const MAX_FOUND = 64;

/**
 * Paths such as `spec.containers[0].image`, each once, in the order of the text, at most 64.
 * @param text valid JSON
 */
export function repeatedFields(text: string): string[] {
  const found = new Set<string>();
  const stack: Frame[] = [];
  // The path of the value that comes next.
  let next = '';
  for (const [token, colon] of text.matchAll(TOKEN)) {
    const frame = stack.at(-1);
    if (token === '{') {
      stack.push({ path: next, index: 0, names: new Set() });
    } else if (token === '[') {
      stack.push({ path: next, index: 0 });
      next = `${next}[0]`;
    } else if (token === '}' || token === ']') {
      stack.pop();
    } else if (token === ',') {
      next = afterComma(frame, next);
    } else if (colon && frame?.names) {
      next = fieldPath(frame, JSON.parse(token.slice(0, -colon.length)));
      const name = next;
      if (frame.names.has(name)) found.add(name);
      frame.names.add(name);
      if (found.size === MAX_FOUND) break;
    }
  }
  return [...found];
}

function afterComma(frame: Frame | undefined, next: string): string {
  if (!frame || frame.names) return next;
  frame.index += 1;
  return `${frame.path}[${frame.index}]`;
}

function fieldPath({ path }: Frame, name: string): string {
  return path ? `${path}.${name}` : name;
}
