import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { notes, render } from './testing/render.ts';

const EXTERNAL = ['redis.enabled=false', 'redis.externalUrl="redis://x"'];

describe('values that cannot be meant', () => {
  it.each([
    [['operatr={"replicas":3}'], "additional properties 'operatr' not allowed"],
    [['gateway.replica=3'], "additional properties 'replica' not allowed"],
    [['gateway.replicas="3"'], 'got string, want integer'],
    [['gateway.replicas=0'], 'minimum: got 0, want 1'],
    [['logLevel="loud"'], 'value must be one of'],
    [['redis.maxMemory="1Gi"'], "'1Gi' does not match pattern"],
    [['redis.appendFsync="no"'], 'value must be one of'],
    [['operator.image.digest="sha256:abc"'], 'does not match pattern'],
    [['operator.resources={"requests":{"memroy":"1Mi"}}'], "'memroy' not allowed"],
    [['gateway.tolerations=[{"kye":"x"}]'], "'kye' not allowed"],
    [['gateway.affinity={"antiAffinity":{}}'], "'antiAffinity' not allowed"],
    [['gateway.httpRoute.parentRefs=[{"namespace":"x"}]'], "missing property 'name'"],
    [['networkPolicies.metricsFrom=[{}]'], 'minProperties'],
    [['redis.sentinel.nodes=["sentinel"]'], 'does not match pattern'],
    [['metrics.serviceMonitor.interval="30"'], 'does not match pattern'],
    [['functions.pools.minSize=0'], 'minimum: got 0, want 1'],
    [['functions.isolates.spareThreads=65'], 'maximum: got 65, want 64'],
  ])('%s is refused by the schema', async (settings, message) => {
    await expect(render(settings)).rejects.toThrow(message);
  });

  it.each([
    [['redis.externalUrl="redis://x"'], 'redis.enabled is true, but redis.externalUrl names another'],
    [['redis.sentinel.nodes=["a:1"]'], 'redis.enabled is true, but redis.sentinel.nodes names another'],
    [['redis.enabled=false'], 'redis.existingSecret.name or redis.sentinel.nodes must say'],
    [
      [...EXTERNAL, 'redis.existingSecret.name="y"'],
      'redis.externalUrl and redis.existingSecret.name are set; set one',
    ],
    [[...EXTERNAL, 'redis.sentinel.nodes=["a:1"]'], 'redis.externalUrl and redis.sentinel.nodes are set'],
    [['redis.enabled=false', 'redis.externalUrl="redis://:secret@x"'], 'holds credentials'],
    [['redis.passwordSecret.name="p"'], "the chart's own Redis makes its password"],
    [
      ['redis.enabled=false', 'redis.existingSecret.name="y"', 'redis.passwordSecret.name="p"'],
      'only redis.externalUrl and redis.sentinel.nodes need it',
    ],
    [['redis.sentinel.tls=true'], 'redis.sentinel.nodes is empty'],
    [[...EXTERNAL, 'redis.sentinel.passwordSecret.name="p"'], 'redis.sentinel.nodes is empty'],
    [[...EXTERNAL, 'redis.tls.caSecret.name="ca"'], 'not spoken to over TLS; use rediss://'],
    [
      ['redis.enabled=false', 'redis.sentinel.nodes=["a:1"]', 'redis.tls.caSecret.name="ca"'],
      'or redis.sentinel.tls=true',
    ],
    [['gateway.ingress.enabled=true'], 'gateway.ingress.host must be set'],
    [['gateway.ingress.host="x"'], 'gateway.ingress.enabled is false'],
    [['gateway.httpRoute.enabled=true'], 'gateway.httpRoute.parentRefs must name a Gateway'],
    [['gateway.httpRoute.hostnames=["x"]'], 'gateway.httpRoute.enabled is false'],
    [
      ['networkPolicies={"enabled":false,"metricsFrom":[{"podSelector":{}}]}'],
      'networkPolicies.enabled is false',
    ],
    [['functions.pools.minSize=31'], 'functions.pools.minSize is larger than functions.pools.maxSize'],
    [['metrics.podMonitor.enabled=true'], 'name Prometheus in networkPolicies.metricsFrom'],
    [
      [
        'metrics={"podMonitor":{"enabled":true},"serviceMonitor":{"enabled":true}}',
        'networkPolicies.enabled=false',
      ],
      'count everything twice',
    ],
    [['metrics.prometheusRule.runbookUrl="https://x.example"'], 'metrics.prometheusRule.enabled is false'],
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

describe('the notes', () => {
  it('tell the first commands, with a function that can be pasted', async () => {
    const text = await notes();
    const pasted = /<<'EOF'\n([\s\S]*?)\nEOF\n/.exec(text)?.[1] ?? '';
    expect(parse(pasted)).toMatchObject({ kind: 'Function', metadata: { name: 'hello' } });
    expect(text).toContain('helm test catnap -n catnap-system --logs');
    expect(text).toContain('port-forward service/catnap-gateway 8080:80');
    expect(text).not.toContain('WARNING');
    const exposed = await notes(['gateway.publicUrl="https://fn.example"']);
    expect(exposed).toContain('curl https://fn.example/fn/default/hello');
    expect(exposed).not.toContain('port-forward');
  });

  it.each([
    ['redis.persistence.enabled=false', 'are lost with the Redis pod'],
    ['networkPolicies.enabled=false', "can reach the gateway's control port"],
    ['functions.networkPolicy.enabled=false', 'call functions past the gateway'],
    ['gateway.httpRoute={"enabled":true,"parentRefs":[{"name":"g"}]}', 'gateway.publicUrl is empty'],
  ])('warn of %s', async (setting, warning) => {
    expect(await notes([setting])).toContain(warning);
  });
});
