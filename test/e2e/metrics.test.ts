import { describe, expect, inject, it } from 'vitest';
import { waitFor } from '#test/harness/wait-for.ts';
import { inline } from './support/function.ts';
import { call } from './support/http.ts';
import { useNamespace } from './support/namespace.ts';

const { controlUrl } = inject('platform');

describe.skipIf(!controlUrl)('metrics', () => {
  const space = useNamespace('metrics');

  /** Samples of the function by their name, without labels. */
  async function series(name: string): Promise<Map<string, number>> {
    const answer = await call(`${controlUrl}/metrics`);
    expect(answer.headers.get('content-type')).toContain('text/plain');
    const mine = answer.text
      .split('\n')
      .filter((line) => line.includes(`function="${name}"`) && line.includes(`namespace="${space().name}"`));
    return new Map(
      mine.map((line) => [line.slice(0, line.indexOf('{')), Number(line.slice(line.lastIndexOf(' ')))]),
    );
  }

  it('of a function appear with it, count its calls, and vanish with it', async () => {
    const test = space();
    await test.deploy(
      'counted',
      inline("export const handler = () => 'ok';", { scaling: { idleSeconds: 2 } }),
    );
    await test.untilAsleep('counted');
    for (let calls = 0; calls < 3; calls++) expect((await test.call('counted')).status).toBe(200);
    const found = await series('counted');
    expect(found.get('faas_invocations_total')).toBe(3);
    expect(found.get('faas_coldstarts_total')).toBe(1);
    expect(found.get('http_server_request_duration_seconds_count')).toBe(3);
    await test.run('delete', 'fn', 'counted');
    await waitFor(async () => (await series('counted')).size === 0, {
      timeoutMs: 10_000,
      describe: 'no series',
    });
  });
});
