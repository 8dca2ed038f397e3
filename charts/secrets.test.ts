import type { Deployment, StatefulSet } from 'kubernetes-types/apps/v1.js';
import type { Secret, Service } from 'kubernetes-types/core/v1.js';
import { describe, expect, it } from 'vitest';
import { containerOf, envOf, notes, pick, render } from './testing/render.ts';

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
        'maxmemory-policy noeviction',
        `requirepass ${secret.stringData?.password}`,
      ]),
    );
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

  it('keeps its data on a volume unless told otherwise, and says so', async () => {
    const kept = pick<StatefulSet>(await render(), 'StatefulSet');
    expect(kept.spec?.volumeClaimTemplates?.[0]?.metadata?.name).toBe('data');
    const settings = ['redis.persistence.enabled=false'];
    const lost = pick<StatefulSet>(await render(settings), 'StatefulSet');
    expect(lost.spec?.volumeClaimTemplates).toBeUndefined();
    expect(lost.spec?.template.spec?.volumes).toContainEqual({ name: 'data', emptyDir: {} });
    expect(await notes(settings)).toContain('lost with the Redis pod');
    expect(await notes()).not.toContain('lost with the Redis pod');
  });

  it('is not there when another one is used', async () => {
    const manifests = await render(['redis.enabled=false', 'redis.externalUrl="rediss://redis.example"']);
    expect(manifests.filter(({ metadata }) => metadata.name.includes('redis'))).toEqual([]);
  });
});
