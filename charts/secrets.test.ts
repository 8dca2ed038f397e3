import type { Deployment, StatefulSet } from 'kubernetes-types/apps/v1.js';
import type { Secret, Service } from 'kubernetes-types/core/v1.js';
import { describe, expect, it } from 'vitest';
import { serveSecrets } from './testing/cluster-with-secrets.ts';
import { containerOf, envOf, pick, render, renderUpgrade, templateOf } from './testing/render.ts';

/** As the API server keeps it. */
function asStored({ stringData = {}, data = {}, ...secret }: Secret): Secret {
  const encoded = Object.entries(stringData).map(([key, value]) => [
    key,
    Buffer.from(value).toString('base64'),
  ]);
  return { ...secret, data: { ...data, ...Object.fromEntries(encoded) } };
}

describe('secrets', () => {
  const secretsOf = async (settings: string[] = []) =>
    (await render(settings)).filter(({ kind }) => kind === 'Secret') as unknown as Secret[];

  it('are generated, each time others, of the form that the programs want, and kept', async () => {
    const [first, second] = [await secretsOf(), await secretsOf()];
    const encryption = first.find(({ metadata }) => metadata?.name?.endsWith('-encryption'));
    const asSeen = Buffer.from(encryption?.data?.['encryption-key'] ?? '', 'base64').toString();
    expect(Buffer.from(asSeen, 'base64')).toHaveLength(32);
    const redis = first.find(({ metadata }) => metadata?.name?.endsWith('-redis'));
    expect(redis?.stringData?.password).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(JSON.stringify(first)).not.toBe(JSON.stringify(second));
    for (const { metadata } of first) expect(metadata?.annotations?.['helm.sh/resource-policy']).toBe('keep');
  });

  it('stay what they are over upgrades', async () => {
    const before = await render();
    const installed = before.filter(({ kind }) => kind === 'Secret').map((item) => asStored(item as Secret));
    const kinds = new Set(before.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`));
    const cluster = await serveSecrets(installed, kinds);
    try {
      const settings = ['redis.maxMemory="100mb"'];
      const manifests = await renderUpgrade(cluster.kubeconfig, settings);
      const upgraded = manifests
        .filter(({ kind }) => kind === 'Secret')
        .map((item) => asStored(item as Secret));
      expect(upgraded.map(({ metadata }) => metadata?.name)).toEqual(
        installed.map(({ metadata }) => metadata?.name),
      );
      for (const [index, { data }] of upgraded.entries()) {
        const { 'redis.conf': configuration, ...secrets } = data ?? {};
        expect(installed[index]?.data).toMatchObject(secrets);
        if (configuration === undefined) continue;
        const lines = Buffer.from(configuration, 'base64').toString().split('\n');
        const password = Buffer.from(secrets.password ?? '', 'base64').toString();
        expect(lines).toContain(`requirepass ${password}`);
        expect(lines).toContain('maxmemory 100mb');
      }
    } finally {
      await cluster.stop();
    }
  });

  it('appear nowhere outside Secrets', async () => {
    const manifests = await render();
    const rest = JSON.stringify(manifests.filter(({ kind }) => kind !== 'Secret'));
    for (const secret of manifests.filter(({ kind }) => kind === 'Secret') as unknown as Secret[]) {
      for (const value of [secret.stringData?.password, ...Object.values(secret.data ?? {})]) {
        if (value) expect(rest).not.toContain(value);
      }
    }
  });

  it('are not made when existing ones are named', async () => {
    const settings = [
      'redis.enabled=false',
      'redis.existingSecret={"name":"my-redis","key":"address"}',
      'encryption.existingSecret={"name":"my-key","key":"k"}',
    ];
    expect(await secretsOf(settings)).toEqual([]);
    const gateway = pick<Deployment>(await render(settings), 'Deployment', 'gateway');
    expect(envOf(gateway)).toMatchObject({
      CATNAP_REDIS_URL: { secretKeyRef: { name: 'my-redis', key: 'address' } },
      CATNAP_ENCRYPTION_KEY: { secretKeyRef: { name: 'my-key', key: 'k' } },
    });
  });

  it('give operator and gateway the same encryption key, or pods could not announce themselves', async () => {
    const manifests = await render();
    const [gateway, operator] = ['gateway', 'operator'].map((name) =>
      envOf(pick<Deployment>(manifests, 'Deployment', name)),
    );
    expect(gateway?.CATNAP_ENCRYPTION_KEY).toMatchObject({ secretKeyRef: { key: 'encryption-key' } });
    expect(operator?.CATNAP_ENCRYPTION_KEY).toEqual(gateway?.CATNAP_ENCRYPTION_KEY);
  });

  it('tell pods the name under which they find every gateway', async () => {
    const manifests = await render();
    const service = manifests.find(({ metadata }) => metadata?.name === 'catnap-gateway-announce') as Service;
    expect(service.spec).toMatchObject({
      clusterIP: 'None',
      ports: [{ port: 8091, targetPort: 'announce' }],
    });
    const operator = envOf(pick<Deployment>(manifests, 'Deployment', 'operator'));
    expect(operator.CATNAP_ANNOUNCE_URL).toBe(
      `http://catnap-gateway-announce.${service.metadata?.namespace}.svc:8091`,
    );
  });
});

describe('Redis', () => {
  it('appends to a file, never evicts, and asks for its password', async () => {
    const secret = pick<Secret>(await render(), 'Secret', '-redis');
    const config = secret.stringData?.['redis.conf']?.split('\n') ?? [];
    expect(config).toEqual(
      expect.arrayContaining([
        'appendonly yes',
        'appendfsync everysec',
        'maxmemory-policy noeviction',
        `requirepass ${secret.stringData?.password}`,
      ]),
    );
  });

  it('syncs before each answer when told to, and restarts for that', async () => {
    const settings = ['redis.appendFsync="always"'];
    const [usual, strict] = [await render(), await render(settings)];
    const secret = pick<Secret>(strict, 'Secret', '-redis');
    expect(secret.stringData?.['redis.conf']?.split('\n')).toContain('appendfsync always');
    const annotationsOf = (manifests: typeof usual) =>
      templateOf(pick<StatefulSet>(manifests, 'StatefulSet')).metadata?.annotations;
    expect(annotationsOf(strict)).not.toEqual(annotationsOf(usual));
  });

  it('is reached under the name of its Service, by a password that is expanded before the address', async () => {
    const manifests = await render();
    const { name } = pick(manifests, 'Service', '-redis').metadata;
    for (const component of ['operator', 'gateway']) {
      const env = containerOf(pick<Deployment>(manifests, 'Deployment', component))?.env ?? [];
      const names = env.map((variable) => variable.name);
      expect(names.indexOf('CATNAP_REDIS_PASSWORD')).toBeLessThan(names.indexOf('CATNAP_REDIS_URL'));
      expect(env.at(names.indexOf('CATNAP_REDIS_URL'))?.value).toBe(
        `redis://:$(CATNAP_REDIS_PASSWORD)@${name}:6379`,
      );
    }
  });

  it('keeps its data on a volume unless told otherwise', async () => {
    const kept = pick<StatefulSet>(await render(), 'StatefulSet');
    expect(kept.spec?.volumeClaimTemplates?.[0]?.metadata?.name).toBe('data');
    const settings = ['redis.persistence.enabled=false'];
    const lost = pick<StatefulSet>(await render(settings), 'StatefulSet');
    expect(lost.spec?.volumeClaimTemplates).toBeUndefined();
    expect(lost.spec?.template.spec?.volumes).toContainEqual({ name: 'data', emptyDir: {} });
  });

  it('is not there when another one is used', async () => {
    const manifests = await render(['redis.enabled=false', 'redis.externalUrl="rediss://redis.example"']);
    expect(manifests.filter(({ metadata }) => metadata.name.includes('redis'))).toEqual([]);
  });

  it('of your own is reached by an address and a password from a Secret', async () => {
    expect(
      await redisOf([
        'redis.enabled=false',
        'redis.externalUrl="rediss://redis.example:6380"',
        'redis.passwordSecret={"name":"pw","key":"p"}',
      ]),
    ).toEqual({
      CATNAP_REDIS_URL: 'rediss://redis.example:6380',
      CATNAP_REDIS_PASSWORD: { secretKeyRef: { name: 'pw', key: 'p' } },
    });
  });

  it('of your own is reached through Sentinels', async () => {
    const sentinel = { nodes: ['a.example:26379', 'b.example:26379'], master: 'main' };
    const plain = ['redis.enabled=false', `redis.sentinel=${JSON.stringify(sentinel)}`];
    expect(await redisOf(plain)).toEqual({
      CATNAP_REDIS_URL: 'redis://main',
      CATNAP_REDIS_SENTINELS: 'a.example:26379,b.example:26379',
    });
    const secured = [
      'redis.sentinel.tls=true',
      'redis.sentinel.passwordSecret.name="s"',
      'redis.passwordSecret.name="p"',
    ];
    expect(await redisOf([...plain, ...secured])).toEqual({
      CATNAP_REDIS_URL: 'rediss://main',
      CATNAP_REDIS_SENTINELS: 'a.example:26379,b.example:26379',
      CATNAP_REDIS_SENTINEL_PASSWORD: { secretKeyRef: { name: 's', key: 'password' } },
      CATNAP_REDIS_PASSWORD: { secretKeyRef: { name: 'p', key: 'password' } },
    });
  });

  it('of your own may have certificates of an authority of your own', async () => {
    const ca = 'redis.tls.caSecret={"name":"my-ca","key":"root.pem"}';
    const manifests = await render(['redis.enabled=false', 'redis.existingSecret.name="r"', ca]);
    for (const component of ['operator', 'gateway']) {
      const deployment = pick<Deployment>(manifests, 'Deployment', component);
      const file = envOf(deployment).NODE_EXTRA_CA_CERTS as string;
      const mount = containerOf(deployment)?.volumeMounts?.[0];
      expect(file).toBe(`${mount?.mountPath}/ca.crt`);
      expect(templateOf(deployment).spec?.volumes).toEqual([
        { name: mount?.name, secret: { secretName: 'my-ca', items: [{ key: 'root.pem', path: 'ca.crt' }] } },
      ]);
    }
    const plain = pick<Deployment>(await render(), 'Deployment', 'gateway');
    expect(envOf(plain)).not.toHaveProperty('NODE_EXTRA_CA_CERTS');
    expect(templateOf(plain).spec).not.toHaveProperty('volumes');
  });
});

/** What the gateway is told of Redis, after making sure that the operator is told the same. */
async function redisOf(settings: string[]): Promise<Record<string, unknown>> {
  const manifests = await render(settings);
  const [gateway, operator] = ['gateway', 'operator'].map((component) =>
    Object.fromEntries(
      Object.entries(envOf(pick<Deployment>(manifests, 'Deployment', component))).filter(([name]) =>
        name.startsWith('CATNAP_REDIS_'),
      ),
    ),
  );
  expect(operator).toEqual(gateway);
  return gateway ?? {};
}
