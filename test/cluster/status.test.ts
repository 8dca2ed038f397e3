import { expect, it } from 'vitest';
import { formatStatuses } from './status.ts';

it('shows what runs, what does not, and the memory of all', () => {
  const text = formatStatuses([
    { name: 'etcd', pid: 12, usable: true, memoryBytes: 10 * 2 ** 20 },
    { name: 'apiserver', pid: 13, usable: false, memoryBytes: 2 ** 20 },
    { name: 'scheduler', usable: false, memoryBytes: 0 },
    { name: 'in containers (3)', usable: true, memoryBytes: 2 ** 20 },
  ]);
  expect(text.split('\n').map((line) => line.trim().replace(/ +/g, ' '))).toEqual([
    'etcd 12 ready 10.0 MiB',
    'apiserver 13 not ready 1.0 MiB',
    'scheduler stopped 0.0 MiB',
    'in containers (3) 1.0 MiB',
    'total 12.0 MiB',
  ]);
});
