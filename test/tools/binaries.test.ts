import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { helmPath, kubectlPath } from './binaries.ts';

const run = promisify(execFile);

it('has a kubectl and a helm that run', { timeout: 30_000 }, async () => {
  const [kubectl, helm] = await Promise.all([kubectlPath(), helmPath()]);
  expect((await run(kubectl, ['version', '--client'])).stdout).toMatch(/Client Version: v1\.35\./);
  expect((await run(helm, ['version', '--short'])).stdout).toMatch(/^v4\./);
});
