import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

it('every alert has a heading of its name in the page that its runbook_url leads to', () => {
  const alerts: { alert: string }[] = parse(read('catnap/files/alerts.yaml'));
  const headings = read('../docs/troubleshooting.md').matchAll(/^## (Catnap\w+)$/gm);
  expect([...headings].map(([, name]) => name)).toEqual(alerts.map(({ alert }) => alert));
});
