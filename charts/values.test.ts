import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { notes, render } from './testing/render.ts';

describe('values that cannot be meant', () => {
  it.each([
    [['operatr={"replicas":3}'], "additional properties 'operatr' not allowed"],
    [['gateway.replica=3'], "additional properties 'replica' not allowed"],
    [['gateway.replicas="3"'], 'got string, want integer'],
    [['gateway.replicas=0'], 'minimum: got 0, want 1'],
    [['logLevel="loud"'], 'value must be one of'],
    [['redis.maxMemory="1Gi"'], "'1Gi' does not match pattern"],
    [['operator.image.digest="sha256:abc"'], 'does not match pattern'],
  ])('%s is refused by the schema', async (settings, message) => {
    await expect(render(settings)).rejects.toThrow(message);
  });

  it.each([
    [['redis.externalUrl="redis://x"'], 'redis.enabled is true, but redis.externalUrl'],
    [['redis.enabled=false'], 'redis.externalUrl or redis.existingSecret.name must say'],
    [
      ['redis.enabled=false', 'redis.externalUrl="redis://x"', 'redis.existingSecret.name="y"'],
      'are both set; set one',
    ],
    [['redis.enabled=false', 'redis.externalUrl="redis://:secret@x"'], 'holds credentials'],
    [['gateway.ingress.enabled=true'], 'gateway.ingress.host must be set'],
    [['gateway.ingress.host="x"'], 'gateway.ingress.enabled is false'],
    [['networkPolicies.metricsFrom=[{"podSelector":{}}]'], 'networkPolicies.enabled is false'],
  ])('%s is refused with a sentence', async (settings, message) => {
    await expect(render(settings)).rejects.toThrow(message);
  });

  it('are all named at once', async () => {
    const error = await render(['redis.enabled=false', 'gateway.ingress.enabled=true']).catch(
      (e: Error) => e.message,
    );
    expect(error).toMatch(/redis\.enabled is false[\s\S]*gateway\.ingress\.host must be set/);
  });
});

it('tells the first commands, with a function that can be pasted', async () => {
  const text = await notes();
  const pasted = /<<'EOF'\n([\s\S]*?)\nEOF\n/.exec(text)?.[1] ?? '';
  expect(parse(pasted)).toMatchObject({ kind: 'Function', metadata: { name: 'hello' } });
  expect(text).toContain('port-forward service/catnap-gateway 8080:80');
  const exposed = await notes(['gateway.publicUrl="https://fn.example"']);
  expect(exposed).toContain('curl https://fn.example/fn/default/hello');
});
