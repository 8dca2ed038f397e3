import { readFileSync } from 'node:fs';
import type { Deployment, StatefulSet } from 'kubernetes-types/apps/v1.js';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { containerOf, envOf, type Manifest, pick, render, templateOf } from './testing/render.ts';

const read = (relative: string) => readFileSync(new URL(relative, import.meta.url), 'utf8');

/** Node.js' own. */
const NODE = ['NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS'];

describe('configuration', () => {
  it.each([
    [[]],
    [['redis.enabled=false', 'redis.externalUrl="rediss://r"', 'redis.passwordSecret.name="p"']],
    [['redis.enabled=false', 'redis.existingSecret.name="s"', 'redis.tls.caSecret.name="ca"']],
    [
      [
        'redis.enabled=false',
        'redis.sentinel={"nodes":["a:1"],"tls":true,"passwordSecret":{"name":"s"}}',
        'redis.passwordSecret.name="p"',
        'redis.tls.caSecret.name="ca"',
      ],
    ],
  ])('sets only variables that the programs read: %s', async (settings) => {
    const manifests = await render(settings);
    for (const component of ['operator', 'gateway']) {
      const names = Object.keys(envOf(pick(manifests, 'Deployment', component)));
      const source = read(`../${component}/config.ts`) + read('../crds/wire/redis-address.ts');
      const isRead = (name: string) => source.includes(`env.${name}`) || source.includes(`'${name}'`);
      expect(names.filter((name) => !NODE.includes(name) && !isRead(name))).toEqual([]);
    }
  });

  it('ends the heap before the container, by an option that Node.js takes from its environment', async () => {
    const manifests = await render();
    for (const component of ['operator', 'gateway']) {
      const options = envOf(pick(manifests, 'Deployment', component)).NODE_OPTIONS as string;
      expect(options).toBe('--max-old-space-size-percentage=65');
      expect(process.allowedNodeEnvironmentFlags.has(options.replace(/=.*/, ''))).toBe(true);
    }
  });

  it('says whether pods announce themselves and whether functions get policies', async () => {
    const settings = ['functions={"networkPolicy":{"enabled":false},"announcements":{"enabled":false}}'];
    for (const [manifests, url, policy] of [
      [await render(), 'http://catnap-gateway-announce.catnap-system.svc:8091', 'true'],
      [await render(settings), '', 'false'],
    ] as const) {
      const env = envOf(pick(manifests, 'Deployment', 'operator'));
      expect(env).toMatchObject({ CATNAP_ANNOUNCE_URL: url, CATNAP_FUNCTION_NETWORK_POLICY: policy });
      const services = manifests.filter(({ metadata }) => metadata.name === 'catnap-gateway-announce');
      expect(services).toHaveLength(url ? 1 : 0);
      expect(JSON.stringify(pick(manifests, 'NetworkPolicy', '-gateway')).includes('"announce"')).toBe(
        url !== '',
      );
    }
  });

  it('says how many warm pods there are', async () => {
    for (const [settings, sizes] of [
      [[], ['1', '30', '200']],
      [['functions.pools={"minSize":2,"maxSize":5,"total":20}'], ['2', '5', '20']],
    ] as const) {
      const env = envOf(pick(await render([...settings]), 'Deployment', 'operator'));
      expect([env.CATNAP_POOL_MIN, env.CATNAP_POOL_MAX, env.CATNAP_POOL_TOTAL]).toEqual(sizes);
    }
  });

  it('says how many threads hosts keep ready', async () => {
    const manifests = await render(['functions.isolates.spareThreads=32']);
    expect(envOf(pick(manifests, 'Deployment', 'operator')).CATNAP_ISOLATE_SPARES).toBe('32');
  });

  it('probes paths and ports that the programs serve', async () => {
    const manifests = await render();
    const served = read('../kube/probes.ts');
    const ports = { operator: 8081, gateway: 8090 };
    for (const [component, port] of Object.entries(ports)) {
      const container = containerOf(pick(manifests, 'Deployment', component));
      for (const [probe, path] of [
        [container?.startupProbe, '/livez'],
        [container?.livenessProbe, '/livez'],
        [container?.readinessProbe, '/readyz'],
      ] as const) {
        expect(probe?.httpGet?.path).toBe(path);
        expect(served).toContain(`app.get('${path}'`);
        const named = container?.ports?.find(({ name }) => name === probe?.httpGet?.port);
        expect(named?.containerPort).toBe(port);
      }
    }
  });

  it('gives a gateway time to pause, drain and end', async () => {
    const gateway = pick<Deployment>(await render(['gateway.drainSeconds=120']), 'Deployment', 'gateway');
    const pause = containerOf(gateway)?.lifecycle?.preStop?.sleep?.seconds ?? 0;
    expect(pause).toBeGreaterThan(0);
    expect(envOf(gateway).CATNAP_DRAIN_SECONDS).toBe('120');
    expect(templateOf(gateway).spec?.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(pause + 120 + 5);
  });

  it.each(['operator', 'gateway'])(
    'never has fewer of the %s than it should during a rollout, and spreads them without insisting',
    async (component) => {
      const deployment = pick<Deployment>(await render(), 'Deployment', component);
      expect(deployment.spec).toMatchObject({
        replicas: 2,
        minReadySeconds: 5,
        strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      });
      const spread = templateOf(deployment).spec?.topologySpreadConstraints ?? [];
      expect(spread.map(({ topologyKey, whenUnsatisfiable }) => [topologyKey, whenUnsatisfiable])).toEqual([
        ['kubernetes.io/hostname', 'ScheduleAnyway'],
        ['topology.kubernetes.io/zone', 'ScheduleAnyway'],
      ]);
      expect(spread[0]?.labelSelector?.matchLabels).toEqual(deployment.spec?.selector.matchLabels);
    },
  );

  it('has disruption budgets that never block a drain for ever', async () => {
    const manifests = await render(['gateway.replicas=1']);
    const budgets = manifests.filter(({ kind }) => kind === 'PodDisruptionBudget');
    expect(budgets).toHaveLength(2);
    for (const budget of budgets as unknown as PodDisruptionBudget[]) {
      expect(budget.spec).toMatchObject({ maxUnavailable: 1 });
      expect(budget.spec).not.toHaveProperty('minAvailable');
    }
  });

  it('names the networks that gateways may POST to', async () => {
    const settings = ['gateway.outboundNetworks=["10.96.0.0/12","fd00::/8"]'];
    const gateway = pick<Deployment>(await render(settings), 'Deployment', 'gateway');
    expect(envOf(gateway).CATNAP_OUTBOUND_NETWORKS).toBe('10.96.0.0/12,fd00::/8');
    expect(envOf(pick<Deployment>(await render(), 'Deployment', 'gateway'))).not.toHaveProperty(
      'CATNAP_OUTBOUND_NETWORKS',
    );
  });

  it('writes large numbers as numbers', async () => {
    const gateway = pick<Deployment>(
      await render(['gateway.maxBodyBytes=10737418240']),
      'Deployment',
      'gateway',
    );
    expect(envOf(gateway).CATNAP_MAX_BODY_BYTES).toBe('10737418240');
  });

  it.each([
    [[], 'http://catnap-gateway.catnap-system.svc'],
    [['gateway.service.port=8080'], 'http://catnap-gateway.catnap-system.svc:8080'],
    [['gateway.ingress={"enabled":true,"host":"fn.example"}'], 'http://fn.example'],
    [['gateway.ingress={"enabled":true,"host":"fn.example","tlsSecret":"t"}'], 'https://fn.example'],
    [['gateway.publicUrl="https://other.example/x"'], 'https://other.example/x'],
  ])('tells the operator where callers reach the gateway: %s', async (settings, url) => {
    const operator = pick<Deployment>(await render(settings), 'Deployment', 'operator');
    expect(envOf(operator).CATNAP_GATEWAY_URL).toBe(url);
  });

  it('names images by registry, repository, tag and digest', async () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const imagesOf = async (settings: string[]) => {
      const manifests = await render(settings);
      const operator = pick<Deployment>(manifests, 'Deployment', 'operator');
      return [
        containerOf(operator)?.image,
        containerOf(pick<Deployment>(manifests, 'Deployment', 'gateway'))?.image,
        envOf(operator).CATNAP_RUNTIME_NODEJS26_IMAGE,
        containerOf(pick<StatefulSet>(manifests, 'StatefulSet'))?.image,
      ];
    };
    const { appVersion } = parse(read('catnap/Chart.yaml')) as { appVersion: string };
    expect(appVersion).toBe((JSON.parse(read('../package.json')) as { version: string }).version);
    expect(await imagesOf([])).toEqual([
      `catnap-operator:${appVersion}`,
      `catnap-gateway:${appVersion}`,
      `catnap-runtime-nodejs26:${appVersion}`,
      'docker.io/valkey/valkey:8.1-alpine',
    ]);
    const settings = [
      'image={"registry":"r.example/x/","tag":"2"}',
      'gateway.image.tag="3"',
      `operator.image.digest="${digest}"`,
      'redis.image={"registry":"","repository":"redis","tag":"8"}',
    ];
    expect(await imagesOf(settings)).toEqual([
      `r.example/x/catnap-operator:2@${digest}`,
      'r.example/x/catnap-gateway:3',
      'r.example/x/catnap-runtime-nodejs26:2',
      'redis:8',
    ]);
  });

  it('keeps names within a DNS label, suffixes included, for the longest release name', async () => {
    for (const { metadata, kind } of await render([], 'r'.repeat(53))) {
      if (kind !== 'CustomResourceDefinition') expect(metadata.name.length).toBeLessThanOrEqual(63);
    }
    const short = await render(['fullnameOverride="x"']);
    expect(pick(short, 'Deployment', 'operator').metadata.name).toBe('x-operator');
  });
});

describe('the CustomResourceDefinition', () => {
  it('is the generated one, kept by default', async () => {
    const crd = pick(await render(), 'CustomResourceDefinition');
    const source = parse(read('../crds/generated/functions.catnap.dev.yaml')) as Manifest;
    expect({ ...crd, metadata: { name: crd.metadata.name } }).toEqual(source);
    expect(crd.metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' });
  });

  it('can be left out, and given up', async () => {
    const without = await render(['crds.enabled=false']);
    expect(without.some(({ kind }) => kind === 'CustomResourceDefinition')).toBe(false);
    const crd = pick(await render(['crds.keep=false']), 'CustomResourceDefinition');
    expect(crd.metadata.annotations).toBeUndefined();
  });
});
