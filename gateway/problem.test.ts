import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { failure, problems } from './errors.ts';
import { kebab, problemBody } from './problem.ts';

it('renders a problem document', () => {
  expect(JSON.parse(problemBody(failure('QueueFull', 'why'), 'r1'))).toEqual({
    type: 'https://catnap.dev/problems/queue-full',
    title: 'Too many calls wait for the function',
    status: 503,
    detail: 'why',
    instance: 'r1',
  });
});

it('documents every problem under its own heading, with its status, and no other', () => {
  const text = readFileSync(new URL('../docs/problems.md', import.meta.url), 'utf8');
  const documented = [...text.matchAll(/^## ([a-z-]+) \((\d{3})\)$/gm)].map(
    ([, type, status]) => `${type} ${status}`,
  );
  const known = Object.values(problems).map(({ code, status }) => `${kebab(code)} ${status}`);
  // The runtime's own answers are described there, too.
  expect(documented.toSorted()).toEqual([...known, 'handler-error 500'].toSorted());
});
