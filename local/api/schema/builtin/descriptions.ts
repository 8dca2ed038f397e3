/** What the generated models say about their fields, from their type declarations. Read when asked for. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { modelPath } from './models.ts';

export interface ModelText {
  description: string;
  /** Fields that every object of the model has. */
  required: readonly string[];
  /** Descriptions by field. */
  fields: Readonly<Record<string, string>>;
}

const require = createRequire(import.meta.url);
const cache = new Map<string, ModelText>();

/** The texts of a model. */
export function describeModel(model: string): ModelText {
  const known = cache.get(model);
  if (known !== undefined) return known;
  const text = parse(
    readFileSync(require.resolve(`${modelPath(model)}.js`).replace(/\.js$/, '.d.ts'), 'utf8'),
  );
  cache.set(model, text);
  return text;
}

const FIELD = /^ {4}(?:\/\*\*\n((?: {4}\*.*\n)*?) {4}\*\/\n {4})?'([^']+)'(\?)?:/gm;

function parse(source: string): ModelText {
  const body = source.slice(source.indexOf('export declare class'));
  const header = /\/\*\*\n((?:\*.*\n)*?)\*\/\nexport declare class/.exec(source)?.[1] ?? '';
  const fields: Record<string, string> = {};
  const required: string[] = [];
  for (const [, comment, name = '', optional] of body.matchAll(FIELD)) {
    if (comment !== undefined) fields[name] = clean(comment);
    if (optional === undefined) required.push(name);
  }
  return { description: clean(header), required, fields };
}

function clean(comment: string): string {
  return comment
    .split('\n')
    .map((line) => line.replace(/^\s*\*\s?/, ''))
    .join('\n')
    .replace(/\\(['"])/g, '$1')
    .trim();
}
