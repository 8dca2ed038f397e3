import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { crdTemplate } from './crd-template.ts';
import { generatedFiles } from './generate.ts';
import { documentedValues, replaceBetweenMarkers, valuesTable } from './values-table.ts';

const read = (relative: string) => readFileSync(new URL(relative, import.meta.url), 'utf8');

it('the generated files of the chart are up to date (else: npm run generate)', () => {
  const drifted = generatedFiles().filter(({ path, content }) => readFileSync(path, 'utf8') !== content);
  expect(drifted.map(({ path }) => path)).toEqual([]);
});

describe('the schema of values', () => {
  interface Schema {
    $ref?: string;
    properties?: Record<string, Schema>;
    additionalProperties?: boolean | Schema;
    definitions?: Record<string, Schema>;
  }
  const schema = JSON.parse(read('catnap/values.schema.json')) as Schema;
  const resolve = (node: Schema | undefined): Schema | undefined =>
    node?.$ref ? schema.definitions?.[node.$ref.replace('#/definitions/', '')] : node;
  const leaves = (node: Schema, path: string): string[] =>
    Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
      const here = path === '' ? name : `${path}.${name}`;
      const resolved = resolve(child) ?? {};
      return [here, ...leaves(resolved, here)];
    });

  it('knows each value of the chart, and no other', () => {
    const values = documentedValues(read('catnap/values.yaml')).map(({ path }) => path);
    const known = leaves(schema, '').filter((path) => path !== 'global');
    expect(values.filter((path) => !known.includes(path))).toEqual([]);
    const isPart = (path: string) =>
      values.some((value) => value === path || value.startsWith(`${path}.`) || path.startsWith(`${value}.`));
    expect(known.filter((path) => !isPart(path))).toEqual([]);
  });

  it('is closed wherever it lists properties', () => {
    const open: string[] = [];
    const visit = (node: Schema, path: string) => {
      if (node.properties && node.additionalProperties !== false) open.push(path);
      for (const [name, child] of Object.entries({ ...node.properties, ...node.definitions }))
        visit(child, `${path}/${name}`);
    };
    visit(schema, '');
    expect(open).toEqual([]);
  });
});

describe('the values table', () => {
  it('takes groups apart, keeps documented maps whole, and joins lines', () => {
    const yaml =
      '# file\n\n# -- A name.\nname: ""\ngroup:\n  # -- First | line\n  # second.\n  map: { a: 1 }\n';
    expect(documentedValues(yaml)).toEqual([
      { path: 'name', default: '""', description: 'A name.' },
      { path: 'group.map', default: '{"a":1}', description: 'First | line second.' },
    ]);
    expect(valuesTable(yaml)).toContain('First \\| line second.');
  });

  it('insists on a comment for each value', () => {
    expect(() => documentedValues('a:\n  b: 1\n  # -- Yes.\n  c: 2\nd: 3\n')).toThrow('comment: a.b, d');
  });

  it('insists on its markers', () => {
    expect(replaceBetweenMarkers('x<!-- t:begin -->old<!-- t:end -->y', 't', 'new')).toBe(
      'x<!-- t:begin -->\nnew\n<!-- t:end -->y',
    );
    expect(() => replaceBetweenMarkers('nothing', 't', 'new')).toThrow('are missing');
  });
});

describe('the CRD template', () => {
  it('refuses what Helm would evaluate, and what it does not know', () => {
    const crd = 'apiVersion: a\nkind: b\nmetadata:\n  name: c\nspec:\n  x: "{{ y }}"\n';
    expect(() => crdTemplate(crd)).toThrow('holds "{{"');
    expect(() => crdTemplate('kind: b\n')).toThrow('does not begin with');
  });
});
