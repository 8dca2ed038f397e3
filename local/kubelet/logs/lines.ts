/** Log lines as they are kept, and which of them a reader wants. */

export interface LogLine {
  timestamp: string;
  /** With its line end, unless the line was cut in parts and this is not the last. */
  text: string;
}

export interface LogOptions {
  follow?: boolean;
  previous?: boolean;
  timestamps?: boolean;
  tailLines?: number;
  sinceMs?: number;
  limitBytes?: number;
  stream?: 'stdout' | 'stderr';
}

const FORM = /^(\S+) (stdout|stderr) ([FP]) (.*)$/s;

/** Undefined for a line that is not in the kept form or not wanted. */
export function parseLogLine(line: string, options: LogOptions = {}): LogLine | undefined {
  const match = FORM.exec(line);
  if (!match) return undefined;
  const [, timestamp = '', stream, tag, text = ''] = match;
  if (options.stream && stream !== options.stream) return undefined;
  if (options.sinceMs !== undefined && Date.parse(timestamp) < options.sinceMs) return undefined;
  return { timestamp, text: tag === 'F' ? `${text}\n` : text };
}

export function renderLine(line: LogLine, timestamps: boolean | undefined): string {
  return timestamps ? `${line.timestamp} ${line.text}` : line.text;
}

/** Reads the query of a log request; throws with a sentence that names the parameter. */
export function logOptionsFrom(query: URLSearchParams, nowMs: number): LogOptions {
  const sinceSeconds = wholeNumber(query, 'sinceSeconds');
  const sinceTime = query.get('sinceTime');
  if (sinceTime && Number.isNaN(Date.parse(sinceTime))) throw new Error('sinceTime is not an RFC 3339 time');
  if (sinceTime && sinceSeconds !== undefined) {
    throw new Error('at most one of sinceTime and sinceSeconds may be set');
  }
  const stream = query.get('stream')?.toLowerCase();
  return {
    follow: flag(query, 'follow'),
    previous: flag(query, 'previous'),
    timestamps: flag(query, 'timestamps'),
    tailLines: wholeNumber(query, 'tailLines'),
    limitBytes: wholeNumber(query, 'limitBytes'),
    sinceMs: sinceTime
      ? Date.parse(sinceTime)
      : sinceSeconds === undefined
        ? undefined
        : nowMs - sinceSeconds * 1_000,
    stream: stream === 'stdout' || stream === 'stderr' ? stream : undefined,
  };
}

function flag(query: URLSearchParams, name: string): boolean {
  return ['true', '1'].includes(query.get(name) ?? '');
}

function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new Error(`${name} must be a whole number of at least 0`);
  return Number(text);
}
