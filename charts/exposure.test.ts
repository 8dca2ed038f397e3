import { describe, expect, it } from 'vitest';
import { pick, render } from './testing/render.ts';

const specOf = async (kind: string, settings: string[]) =>
  pick<{ spec: Record<string, unknown> }>(await render(settings), kind).spec;

describe('the way in from outside', () => {
  it('is not there unless asked for', async () => {
    const kinds = (await render()).map(({ kind }) => kind);
    expect(kinds).not.toContain('Ingress');
    expect(kinds).not.toContain('HTTPRoute');
  });

  it('may be an Ingress', async () => {
    const ingress = { enabled: true, host: 'fn.example', tlsSecret: 'cert', className: 'nginx' };
    expect(await specOf('Ingress', [`gateway.ingress=${JSON.stringify(ingress)}`])).toEqual({
      ingressClassName: 'nginx',
      tls: [{ secretName: 'cert', hosts: ['fn.example'] }],
      rules: [
        {
          host: 'fn.example',
          http: {
            paths: [
              {
                path: '/',
                pathType: 'Prefix',
                backend: { service: { name: 'catnap-gateway', port: { name: 'http' } } },
              },
            ],
          },
        },
      ],
    });
  });

  it('may be an HTTPRoute', async () => {
    const route = {
      enabled: true,
      parentRefs: [{ name: 'edge', namespace: 'gw' }],
      hostnames: ['*.fn.example'],
    };
    const settings = [`gateway.httpRoute=${JSON.stringify(route)}`, 'gateway.service.port=8000'];
    expect(await specOf('HTTPRoute', settings)).toEqual({
      parentRefs: route.parentRefs,
      hostnames: route.hostnames,
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: '/' } }],
          backendRefs: [{ name: 'catnap-gateway', port: 8000 }],
        },
      ],
    });
  });
});
