import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { reasons } from '#crds/wire/reasons.ts';

it('explains every reason in docs/reasons.md, and none besides', () => {
  const text = readFileSync(new URL('../docs/reasons.md', import.meta.url), 'utf8');
  const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  expect(headings.sort()).toEqual(Object.values(reasons).sort());
});
