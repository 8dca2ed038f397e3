/** RE2 expressions, as schemas and CEL rules contain them, in terms of JavaScript's. */

const cache = new Map<string, RegExp>();
const MAX_CACHED = 1000;

/** Compiles an RE2 expression. Throws SyntaxError for what RE2 does not know either. */
export function goRegExp(source: string): RegExp {
  const known = cache.get(source);
  if (known !== undefined) return known;
  const compiled = compile(source);
  if (cache.size >= MAX_CACHED) cache.clear();
  cache.set(source, compiled);
  return compiled;
}

/** Whether the expression matches anywhere in the text. */
export function matches(source: string, text: string): boolean {
  return goRegExp(source).test(text);
}

function compile(source: string): RegExp {
  const leading = /^\(\?([imsU]+)\)/.exec(source);
  const flags = (leading?.[1] ?? '').replace('U', '');
  const body = leading ? source.slice(leading[0].length) : source;
  return new RegExp(new Translator(body).run(), `u${flags}`);
}

const POSIX: Record<string, string> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7F',
  blank: '\\t ',
  cntrl: '\\x00-\\x1F\\x7F',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`\\{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};

/** Classes that RE2 keeps to ASCII. */
const ASCII_CLASSES: Record<string, string> = {
  d: '0-9',
  w: '0-9A-Za-z_',
  s: '\\t\\n\\f\\r ',
};

class Translator {
  private readonly source: string;
  private at = 0;
  private inClass = false;

  constructor(source: string) {
    this.source = source;
  }

  run(): string {
    let out = '';
    while (this.at < this.source.length) out += this.next();
    return out;
  }

  private next(): string {
    const rest = this.source.slice(this.at);
    if (rest[0] === '\\') return this.escape(rest);
    if (this.inClass) return this.classChar(rest);
    if (rest[0] === '[') return this.openClass(rest);
    if (rest.startsWith('(?P<')) return this.take(4, '(?<');
    if (rest.startsWith('(?=') || rest.startsWith('(?!') || /^\(\?<[=!]/.test(rest)) {
      throw new SyntaxError(`invalid or unsupported Perl syntax: \`${rest.slice(0, 3)}\``);
    }
    if (rest[0] === '{' && !/^\{\d+(,\d*)?\}/.test(rest)) return this.take(1, '\\{');
    if (rest[0] === '{') return this.take(rest.indexOf('}') + 1);
    if (rest[0] === '}' || rest[0] === ']') return this.take(1, `\\${rest[0]}`);
    return this.takeChar(rest);
  }

  private take(length: number, as = this.source.slice(this.at, this.at + length)): string {
    this.at += length;
    return as;
  }

  private takeChar(rest: string): string {
    return this.take((rest.codePointAt(0) ?? 0) > 0xffff ? 2 : 1);
  }

  private openClass(rest: string): string {
    this.inClass = true;
    const start = /^\[\^?\]?/.exec(rest)?.[0] ?? '[';
    return this.take(start.length, start.endsWith(']') ? `${start.slice(0, -1)}\\]` : start);
  }

  private classChar(rest: string): string {
    const posix = /^\[:(\^?)([a-z]+):\]/.exec(rest);
    const body = posix?.[2] === undefined ? undefined : POSIX[posix[2]];
    if (posix && body !== undefined) return this.take(posix[0].length, posix[1] ? `\\P{ASCII}${body}` : body);
    if (rest[0] === ']') {
      this.inClass = false;
      return this.take(1);
    }
    return rest[0] === '[' ? this.take(1, '\\[') : this.takeChar(rest);
  }

  private escape(rest: string): string {
    const code = rest[1] ?? '';
    if (code === '') throw new SyntaxError('trailing backslash at end of expression');
    if (code === 'A') return this.take(2, '(?<![\\s\\S])');
    if (code === 'z') return this.take(2, '(?![\\s\\S])');
    if (code === 'a') return this.take(2, '\\x07');
    if (code === 'Q') return this.quoted(rest);
    const single = /^\\([pP])([A-Z])/.exec(rest);
    if (single) return this.take(3, `\\${single[1]}{${single[2]}}`);
    const hex = /^\\x\{([0-9A-Fa-f]+)\}/.exec(rest);
    if (hex) return this.take(hex[0].length, `\\u{${hex[1]}}`);
    const ascii = ASCII_CLASSES[code.toLowerCase()];
    if (ascii !== undefined) return this.asciiClass(code, ascii);
    if (/[1-9]/.test(code)) throw new SyntaxError(`invalid escape sequence: \`\\${code}\``);
    // JavaScript allows an escape only where it is needed, RE2 before all punctuation.
    if (/[!"#%&',:;<=>@_`~ ]/.test(code)) return this.take(2, code);
    return code === '-' && !this.inClass ? this.take(2, '-') : this.take(2);
  }

  private asciiClass(code: string, body: string): string {
    const positive = code === code.toLowerCase();
    if (this.inClass) return this.take(2, positive ? body : `\\${code}`);
    return this.take(2, `[${positive ? '' : '^'}${body}]`);
  }

  private quoted(rest: string): string {
    const end = rest.indexOf('\\E');
    const literal = rest.slice(2, end < 0 ? undefined : end);
    const escaped = literal.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    return this.take(end < 0 ? rest.length : end + 2, escaped);
  }
}
