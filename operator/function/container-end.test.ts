import { expect, it } from 'vitest';
import { memoryEnd, terminationText } from './container-end.ts';

/** As kubelet and containerd of Kubernetes 1.35 report them. */
const heapTail = `
<--- Last few GCs --->
rr[1:0x40d5b000]      775 ms: Incremental Mark-Compact (reduce) 61.0 (63.1) -> 60.2 (62.1) MB
FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory
----- Native stack trace -----

 1: 0x840e50  [node]
 2: 0x8410bd node::OOMErrorHandler(char const*, v8::OOMDetails const&) [node]
 3: 0xcd68bb  [node]
`;

it.each([
  ['killed by the kernel', { exitCode: 137, reason: 'OOMKilled' }, 'container'],
  ['a child of which the kernel killed', { exitCode: 1, reason: 'OOMKilled' }, 'container'],
  ['whose heap is full, as the first process', { exitCode: 139, reason: 'Error', message: heapTail }, 'heap'],
  ['whose heap is full, under an init', { exitCode: 134, reason: 'Error', message: heapTail }, 'heap'],
  ['killed by somebody else', { exitCode: 137, reason: 'Error' }, undefined],
  ['that crashed in native code', { exitCode: 139, reason: 'Error', message: 'oops' }, undefined],
  ['that only speaks of it', { exitCode: 1, reason: 'Error', message: heapTail }, undefined],
])('tells whether a container ran out of memory: one %s', (_, ended, expected) => {
  expect(memoryEnd(ended)).toBe(expected);
});

it('keeps the end of what a container said, which says why it ended', () => {
  const text = terminationText({ exitCode: 1, reason: 'Error', message: `${'x'.repeat(4_000)} at last` });
  expect(text).toMatch(/^exited with code 1 \(Error\): …x+ at last$/);
  expect(text.length).toBeLessThan(1_000);
});
