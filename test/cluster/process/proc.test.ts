import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { MARK, markedProcesses, processMemory, processStart, startTime } from './proc.ts';

const stat = (state: string) => `42 (a) b (c) ${state} 1 42 42 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 777 0 0`;

it('reads the start time whatever the command is called', () => {
  expect(startTime(stat('S'))).toBe('777');
});

it('takes a zombie for ended', () => {
  expect(startTime(stat('Z'))).toBeUndefined();
});

it('finds processes by their mark, and no others', async () => {
  const child = (env: NodeJS.ProcessEnv) =>
    spawn('sleep', ['60'], { env: { PATH: process.env.PATH, ...env } });
  // Another name than the real one, which a running cluster has.
  const marked = child({ [`${MARK}_UNIT_TEST`]: 'x' });
  const plain = child({ OTHER: `${MARK}_UNIT_TEST=x` });
  try {
    await Promise.all([once(marked, 'spawn'), once(plain, 'spawn')]);
    const found = await markedProcesses(`${MARK}_UNIT_TEST`);
    expect(found).toEqual([marked.pid]);
    expect(await processStart(marked.pid as number)).toMatch(/^\d+$/);
    expect(await processMemory(marked.pid as number)).toBeGreaterThan(0);
  } finally {
    for (const process of [marked, plain]) {
      process.kill('SIGKILL');
      await once(process, 'exit');
    }
  }
  expect(await processStart(marked.pid as number)).toBeUndefined();
});
