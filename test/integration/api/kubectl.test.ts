/** The real kubectl against the server: what people type must do what it does elsewhere. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createKubectl, type Kubectl } from '#test/harness/kubectl.ts';
import { waitFor } from '#test/harness/wait-for.ts';
import {
  configMap,
  DEPLOYMENTS,
  defineFunctions,
  deployment,
  functionObject,
  PODS,
  startTestApi,
  type TestApi,
} from './fixture.ts';

let api: TestApi;
let kubectl: Kubectl;
let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'catnap-kubectl-'));
  api = await startTestApi();
  await defineFunctions(api);
  const file = join(directory, 'kubeconfig');
  writeFileSync(file, api.server.kubeconfig());
  kubectl = await createKubectl(file);
});
afterAll(async () => {
  await api?.stop();
  rmSync(directory, { recursive: true, force: true });
});

const manifest = (object: object) => ({ stdin: JSON.stringify(object) });
const tableRows = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => line.split(/\s{2,}/));

describe('apply', () => {
  it('creates, leaves alone, and changes; on either side', async () => {
    const object = configMap('applied', { data: { a: '1' } });
    expect(await kubectl.apply(object)).toBe('configmap/applied created\n');
    expect(await kubectl.apply(object)).toBe('configmap/applied unchanged\n');
    const changed = configMap('applied', { data: { b: '2' } });
    expect(await kubectl(['apply', '--dry-run=server', '-f', '-'], manifest(changed))).toBe(
      'configmap/applied configured (server dry run)\n',
    );
    expect(await kubectl.apply(changed)).toBe('configmap/applied configured\n');
    expect(await kubectl(['get', 'cm', 'applied', '-o', 'jsonpath={.data}'])).toBe('{"b":"2"}');
    expect(await kubectl(['apply', '--server-side', '-f', '-'], manifest(changed))).toBe(
      'configmap/applied serverside-applied\n',
    );
  });

  it('names the field that is unknown or wrong', async () => {
    const unknown = await kubectl.attempt(
      ['apply', '-f', '-'],
      manifest(functionObject('bad', { timeout: 3 })),
    );
    expect(unknown.stderr).toContain('strict decoding error: unknown field "spec.timeout"');
    const wrong = await kubectl.attempt(
      ['apply', '-f', '-'],
      manifest(functionObject('bad', { handler: 'no way' })),
    );
    expect(wrong.stderr).toMatch(/^The Function "bad" is invalid: spec.handler: Invalid value: "no way"/);
    await kubectl.apply(functionObject('good'));
    const later = await kubectl.attempt(
      ['apply', '-f', '-'],
      manifest(functionObject('good', { timeout: 3 })),
    );
    expect(later.stderr).toContain('strict decoding error: unknown field "spec.timeout"');
  });

  it('shows differences before they are made', async () => {
    await kubectl.apply(configMap('differing', { data: { a: 'old' } }));
    const { code, stdout } = await kubectl.attempt(
      ['diff', '-f', '-'],
      manifest(configMap('differing', { data: { a: 'new' } })),
    );
    expect(code).toBe(1);
    expect(stdout).toMatch(/^-\s+a: old\n\+\s+a: new$/m);
  });
});

describe('create', () => {
  it.each([
    [['ns', 'made'], 'namespace/made created'],
    [['cm', 'made', '--from-literal=a=b'], 'configmap/made created'],
    [['secret', 'generic', 'made', '--from-literal=a=b'], 'secret/made created'],
    [['sa', 'made'], 'serviceaccount/made created'],
    [['deployment', 'made', '--image=example', '--replicas=0', '--port=80'], 'deployment.apps/made created'],
    [['service', 'clusterip', 'made', '--tcp=80:http'], 'service/made created'],
    [['role', 'made', '--verb=get', '--resource=pods'], 'role.rbac.authorization.k8s.io/made created'],
    [['pdb', 'made', '--selector=a=b', '--min-available=50%'], 'poddisruptionbudget.policy/made created'],
  ])('%j, which kubectl sends in protobuf', async (args, expected) => {
    expect((await kubectl(['create', ...args])).trim()).toBe(expected);
  });

  it('stores what was meant', async () => {
    const { body } = await api.get(`${DEPLOYMENTS}/made`);
    expect(body).toMatchObject({
      metadata: { labels: { app: 'made' }, managedFields: [{ manager: 'kubectl-create' }] },
      spec: {
        replicas: 0,
        strategy: { type: 'RollingUpdate' },
        template: {
          spec: { containers: [{ image: 'example', ports: [{ containerPort: 80, protocol: 'TCP' }] }] },
        },
      },
    });
    expect(body.metadata).not.toHaveProperty('selfLink');
  });
});

describe('get', () => {
  beforeEach(() => kubectl.apply(functionObject('shown')));

  it('prints the columns of the definition', async () => {
    const [header, row] = tableRows(await kubectl(['get', 'fn', 'shown']));
    expect(header).toEqual(['NAME', 'READY', 'REASON', 'REPLICAS', 'URL', 'AGE']);
    expect(row?.[0]).toBe('shown');
  });

  it('knows the short name, the category, and all forms of output', async () => {
    expect(await kubectl(['get', 'catnap', '-o', 'name'])).toContain('function.catnap.dev/shown');
    expect(await kubectl(['get', 'all', '-o', 'name'])).toContain('function.catnap.dev/shown');
    expect(await kubectl(['get', 'fn', 'shown', '-o', 'yaml'])).toMatch(/^ {2}timeoutSeconds: 30$/m);
    expect(await kubectl(['get', 'fn', '-A', '-o', 'wide'])).toMatch(/^NAMESPACE +NAME +READY .*MESSAGE/);
  });

  it('watches', async () => {
    const process = kubectl.spawn(['get', 'cm', '-w', '-l', 'watched=yes']);
    let output = '';
    process.stdout?.on('data', (chunk) => {
      output += chunk;
    });
    try {
      // Whether the watch is open shows in nothing but its events, so they are made until one arrives.
      await waitFor(
        async () => {
          await kubectl.apply({
            ...configMap('watched'),
            metadata: { name: 'watched', labels: { watched: 'yes' } },
          });
          await kubectl(['delete', 'cm', 'watched']);
          return /^NAME +DATA +AGE\nwatched +0 /.test(output);
        },
        { timeoutMs: 15_000, describe: 'kubectl to print a change' },
      );
    } finally {
      process.kill();
    }
  });
});

it('describes and explains', async () => {
  await kubectl.apply(functionObject('described'));
  expect(await kubectl(['describe', 'fn', 'described'])).toMatch(/^ {2}Timeout Seconds: +30$/m);
  expect(await kubectl(['explain', 'fn.spec.scaling'])).toMatch(
    /^ {2}minReplicas\t<integer>\n {4}Replicas kept/m,
  );
  expect(await kubectl(['explain', 'deploy.spec.replicas'])).toContain('FIELD: replicas <integer>');
});

it('scales a function and a Deployment', async () => {
  await kubectl.apply(functionObject('scaled'));
  expect(await kubectl(['scale', 'fn/scaled', '--replicas=2'])).toBe('function.catnap.dev/scaled scaled\n');
  expect(await kubectl(['get', 'fn', 'scaled', '-o', 'jsonpath={.spec.scaling.minReplicas}'])).toBe('2');
  await expect(kubectl(['scale', 'fn/scaled', '--replicas=21'])).rejects.toThrow(
    /spec\.scaling\.minReplicas.*must not exceed maxReplicas/s,
  );
  await kubectl.apply(deployment('scaled'));
  await kubectl(['scale', 'deploy/scaled', '--replicas=4', '--current-replicas=1']);
  expect(await kubectl(['get', 'deploy', 'scaled'])).toMatch(/^scaled +0\/4 +0 +0 /m);
});

it('patches, labels, annotates, edits and replaces', async () => {
  await kubectl.apply(configMap('changed', { data: { a: '1' } }));
  const data = () => kubectl(['get', 'cm', 'changed', '-o', 'jsonpath={.data}']);
  await kubectl(['patch', 'cm', 'changed', '--type=merge', '-p', '{"data":{"b":"2"}}']);
  await kubectl(['patch', 'cm', 'changed', '-p', '{"data":{"c":"3"}}']);
  await kubectl(['patch', 'cm', 'changed', '--type=json', '-p', '[{"op":"remove","path":"/data/a"}]']);
  expect(await data()).toBe('{"b":"2","c":"3"}');
  await kubectl(['label', 'cm', 'changed', 'x=y']);
  await kubectl(['annotate', 'cm', 'changed', 'note=well']);
  expect(await kubectl(['get', 'cm', '-l', 'x=y', '-o', 'name'])).toBe('configmap/changed\n');
  await kubectl(['replace', '-f', '-'], manifest(configMap('changed', { data: { d: '4' } })));
  expect(await data()).toBe('{"d":"4"}');
});

it('deletes at once, in the foreground, and by selector', async () => {
  await kubectl.apply({ ...configMap('doomed'), metadata: { name: 'doomed', labels: { fate: 'sealed' } } });
  expect(await kubectl(['delete', 'cm', '-l', 'fate=sealed'])).toContain('configmap "doomed" deleted');
  await kubectl.apply(deployment('doomed'));
  await kubectl(['delete', 'deploy', 'doomed', '--cascade=foreground', '--wait=false']);
  const { body } = await api.get(`${DEPLOYMENTS}/doomed`);
  expect(body.metadata.finalizers).toEqual(['foregroundDeletion']);
});

it('waits for conditions and for the end of a rollout', async () => {
  await kubectl.apply(functionObject('awaited'));
  const waiting = kubectl(['wait', '--for=condition=Ready', 'fn/awaited', '--timeout=20s']);
  await api.patch('/apis/catnap.dev/v1alpha1/namespaces/default/functions/awaited/status', 'merge', {
    status: {
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'Loaded',
          message: '',
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
      ],
    },
  });
  expect(await waiting).toContain('condition met');
  await kubectl.apply(deployment('rolled'));
  const rolling = kubectl(['rollout', 'status', 'deploy/rolled', '--timeout=20s']);
  await api.patch(`${DEPLOYMENTS}/rolled/status`, 'merge', {
    status: {
      observedGeneration: 1,
      replicas: 1,
      updatedReplicas: 1,
      availableReplicas: 1,
      readyReplicas: 1,
    },
  });
  expect(await rolling).toContain('successfully rolled out');
});

it('runs pods and selects them by field', async () => {
  await kubectl(['run', 'solo', '--image=example']);
  expect(await kubectl(['get', 'po', '--field-selector=status.phase=Pending', '-o', 'name'])).toContain(
    'pod/solo',
  );
  expect((await api.get(`${PODS}/solo`)).body.spec).toMatchObject({
    serviceAccountName: 'default',
    priority: 0,
  });
  await kubectl(['delete', 'po', 'solo']);
});

it('lists what is served, and who asks', async () => {
  const resources = await kubectl(['api-resources', '--api-group=catnap.dev', '-o', 'wide']);
  expect(resources).toMatch(/^functions +fn +catnap.dev\/v1alpha1 +true +Function +create,delete,/m);
  expect(await kubectl(['version'])).toContain('Server Version: v1.35.0+catnap');
  expect(await kubectl(['auth', 'can-i', 'delete', 'nodes'])).toBe('yes\n');
  expect(await kubectl(['auth', 'whoami'])).toContain('kubernetes-admin');
});
