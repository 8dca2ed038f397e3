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
  const scan = new Scan();
  for (const [token, colon] of text.matchAll(TOKEN)) {
    scan.take(token, colon);
    if (scan.found.size === MAX_FOUND) break;
  }
  return [...scan.found];
}

class Scan {
  readonly found = new Set<string>();
  readonly #stack: Frame[] = [];
  /** The path of the value that comes next. */
  #next = '';

  take(token: string, colon: string | undefined): void {
    switch (token) {
      case '{':
        this.#stack.push({ path: this.#next, index: 0, names: new Set() });
        break;
      case '[':
        this.#stack.push({ path: this.#next, index: 0 });
        this.#next += '[0]';
        break;
      case '}':
      case ']':
        this.#stack.pop();
        break;
      case ',':
        this.#nextItem();
        break;
      default:
        if (colon) this.#field(JSON.parse(token.slice(0, -colon.length)) as string);
    }
  }

  #nextItem(): void {
    const frame = this.#stack.at(-1);
    if (!frame || frame.names) return;
    frame.index += 1;
    this.#next = `${frame.path}[${frame.index}]`;
  }

  #field(name: string): void {
    const frame = this.#stack.at(-1);
    if (!frame?.names) return;
    this.#next = frame.path ? `${frame.path}.${name}` : name;
    if (frame.names.has(name)) this.found.add(this.#next);
    frame.names.add(name);
  }
}
