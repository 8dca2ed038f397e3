import { describe, expect, inject, it } from 'vitest';
import { waitFor } from '#test/harness/wait-for.ts';
import { inline } from './support/function.ts';
import { problem } from './support/http.ts';
import { useNamespace } from './support/namespace.ts';
import { requires } from './support/requires.ts';

/** On the embedded cluster a pod is a plain process of this machine, in no container. */
const contained = inject('platform').cluster !== 'local';

describe('the container of a function', () => {
  const space = useNamespace('containers');

  it('has no rights, no token and a read-only root', async (context) => {
    requires(context, contained, 'containers');
    const test = space();
    const code = `
      import { existsSync, readFileSync, writeFileSync } from 'node:fs';
      const attempt = (path) => {
        try { writeFileSync(path, 'x'); return 'written'; } catch (error) { return error.code; }
      };
      export const handler = () => ({
        user: process.getuid(),
        status: readFileSync('/proc/self/status', 'utf8'),
        token: existsSync('/var/run/secrets/kubernetes.io/serviceaccount/token'),
        root: attempt('/x'),
        code: attempt('/function/x'),
        scratch: attempt('/tmp/x'),
      });
    `;
    await test.deploy('looks', inline(code));
    const seen = JSON.parse((await test.call('looks')).text);
    expect(seen).toMatchObject({ token: false, root: 'EROFS', code: 'EROFS', scratch: 'written' });
    expect(seen.user).toBeGreaterThan(0);
    expect(seen.status).toMatch(/^CapEff:\s+0+$/m);
    expect(seen.status).toMatch(/^CapBnd:\s+0+$/m);
    expect(seen.status).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(seen.status).toMatch(/^Seccomp:\s+2$/m);
  });

  it('gets the CPU that it is given', async (context) => {
    requires(context, contained, 'containers');
    const test = space();
    const code = `
      import { readFileSync } from 'node:fs';
      const read = (path) => readFileSync('/sys/fs/cgroup/' + path, 'utf8').trim();
      export const handler = () => {
        try { return read('cpu.max'); } catch {}
        return read('cpu/cpu.cfs_quota_us') + ' ' + read('cpu/cpu.cfs_period_us');
      };
    `;
    await test.deploy('slice', inline(code, { resources: { limits: { cpu: '400m' } } }));
    expect((await test.call('slice')).text).toBe('40000 100000');
  });

  it('is ended when it takes more memory than it may, is replaced, and tells why', async (context) => {
    requires(context, contained, 'containers');
    const test = space();
    const code = `
      const kept = [];
      export const handler = (event) => {
        for (let mb = 0; mb < Number(event.query.mb ?? 0); mb++) kept.push(Buffer.alloc(2 ** 20, 1));
        return 'ok';
      };
    `;
    await test.deploy('greedy', inline(code, { resources: { limits: { memory: '128Mi' } } }));
    const killed = await test.call('greedy', '?mb=500', { method: 'POST' });
    expect(killed.status, killed.text).toBe(502);
    expect(problem(killed).type).toBe('https://catnap.dev/problems/pod-failed');
    const next = await test.call('greedy');
    expect(next.status, next.text).toBe(200);
    await waitFor(async () => /OutOfMemory/.test(await test.run('get', 'events')), {
      timeoutMs: 20_000,
      describe: 'an event that says why',
      intervalMs: 250,
    });
  });
});
