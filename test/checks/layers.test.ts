import { describe, expect, it } from 'vitest';
import { type Import, importsOf, shippedImports } from './imports.ts';

/** What each folder may import besides itself and packages. */
const allowed: Record<string, string[]> = {
  crds: [],
  kube: ['crds'],
  operator: ['crds', 'kube'],
  gateway: ['crds', 'kube'],
  'runtime-image': [],
  local: ['crds', 'kube', 'runtime-image/build.ts'],
};
const ownFolders = [...Object.keys(allowed), 'test', 'charts'];
const imports = shippedImports(Object.keys(allowed));

const isOurs = (target: string) => ownFolders.some((folder) => target.startsWith(`${folder}/`));
const within = (target: string, place: string) => target === place || target.startsWith(`${place}/`);
const tell = ({ file, target }: Import) => `${file} imports ${target}`;

describe('the folders import in one direction', () => {
  it.each(Object.entries(allowed))('%s', (folder, others) => {
    const mine = imports.filter(({ file }) => within(file, folder));
    expect(mine.length).toBeGreaterThan(0);
    const wrong = mine.filter(
      ({ target }) => isOurs(target) && ![folder, ...others].some((place) => within(target, place)),
    );
    expect(wrong.map(tell)).toEqual([]);
  });

  it('the API server and the kubelet of the embedded cluster know nothing of each other', () => {
    const wrong = imports.filter(
      ({ file, target }) =>
        (within(file, 'local/api') && within(target, 'local/kubelet')) ||
        (within(file, 'local/kubelet') && within(target, 'local/api')),
    );
    expect(wrong.map(tell)).toEqual([]);
  });

  it('what runs in function pods is free of the Kubernetes client, and of all packages but the archive readers', () => {
    const packages = imports
      .filter(({ file, target }) => within(file, 'runtime-image/nodejs26') && !isOurs(target))
      .map(({ target }) => target)
      .filter((target) => !target.startsWith('node:'));
    expect([...new Set(packages)].filter((name) => !['tar', 'yauzl'].includes(name))).toEqual([]);
  });
});

it('finds every form of import', () => {
  const text = `
import a from './a.ts';
import type {
  B,
} from '#runtime/b.ts';
export { c } from "../c.ts";
import 'node:d';
const e = await import('#kube/e.ts');
`;
  expect(importsOf('local/up/x.ts', text).map(({ target }) => target)).toEqual([
    'local/up/a.ts',
    'runtime-image/b.ts',
    'local/c.ts',
    'node:d',
    'kube/e.ts',
  ]);
});
