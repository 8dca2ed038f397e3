/** The table of a chart's values, made of the `# --` comments in its values.yaml. */
import { isMap, isScalar, type Pair, parseDocument } from 'yaml';

export interface DocumentedValue {
  path: string;
  /** As YAML in one line. */
  default: string;
  description: string;
}

const MARK = '-- ';

/**
 * Every value that is not just a group of others, in file order.
 *
 * @throws Error that lists the values without a comment
 */
export function documentedValues(valuesYaml: string): DocumentedValue[] {
  const document = parseDocument(valuesYaml);
  if (!isMap(document.contents)) throw new Error('values.yaml holds no map');
  // The comment above the first key belongs to the document.
  const found = collect(
    document.contents.items,
    [],
    document.commentBefore ?? document.contents.commentBefore,
  );
  const missing = found.filter(({ description }) => description === '').map(({ path }) => path);
  if (missing.length > 0) throw new Error(`values without a "# --" comment: ${missing.join(', ')}`);
  return found;
}

function collect(items: Pair[], path: string[], firstComment?: string | null): DocumentedValue[] {
  return items.flatMap(({ key, value }, index) => {
    if (!isScalar(key)) return [];
    const here = [...path, String(key.value)];
    const own = index === 0 ? (key.commentBefore ?? firstComment) : key.commentBefore;
    const description = descriptionIn(own);
    if (isMap(value) && value.items.length > 0 && description === '') {
      return collect(value.items as Pair[], here, value.commentBefore);
    }
    const plain: unknown = (value as { toJSON(): unknown } | null)?.toJSON() ?? null;
    return [{ path: here.join('.'), default: JSON.stringify(plain), description }];
  });
}

function descriptionIn(comment: string | null | undefined): string {
  const lines = (comment ?? '').split('\n').map((line) => line.trim());
  const start = lines.findLastIndex((line) => line.startsWith(MARK));
  return start < 0 ? '' : lines.slice(start).join(' ').slice(MARK.length);
}

/** As a Markdown table. */
export function valuesTable(valuesYaml: string): string {
  const rows = documentedValues(valuesYaml).map(
    (value) => `| \`${value.path}\` | \`${value.default}\` | ${value.description.replaceAll('|', '\\|')} |`,
  );
  return ['| Value | Default | What it is |', '|---|---|---|', ...rows].join('\n');
}

/**
 * The text with everything between `<!-- NAME:begin -->` and `<!-- NAME:end -->` replaced.
 *
 * @throws Error when the markers are not there
 */
export function replaceBetweenMarkers(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the markers ${begin} and ${end} are missing`);
  return `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`;
}
