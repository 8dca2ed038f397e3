import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configMaps, events, pods, secrets } from '#kube/resource.ts';
import { eventually, NAMESPACE, shell, startNode, type TestNode } from './node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startNode();
  process.env.CATNAP_PARENT_SECRET = 'do not pass on';
});
afterAll(async () => {
  delete process.env.CATNAP_PARENT_SECRET;
  await node?.stop();
});

const configMap = (name: string, data: Record<string, string>) =>
  node.client.create(configMaps, { metadata: { name, namespace: NAMESPACE }, data });
const endOf = async (name: string) => {
  await node.until(
    name,
    'ended',
    ({ status }) => status?.phase === 'Succeeded' || status?.phase === 'Failed',
  );
  return node.logs(name);
};
const waitingMessage = (name: string, reason: string) =>
  node.until(name, reason, ({ status }) => {
    const waiting = status?.containerStatuses?.[0]?.state?.waiting;
    return waiting?.reason === reason && waiting.message;
  });

describe('the environment of a container', () => {
  it('holds what the spec says, and of the parent the PATH alone', async () => {
    await configMap('settings', { color: 'blue', unused: 'x' });
    const data = { token: Buffer.from('s3cret').toString('base64') };
    await node.client.create(secrets, { metadata: { name: 'keys', namespace: NAMESPACE }, data });
    await node.create('env', {
      restartPolicy: 'Never',
      containers: [
        shell('env', {
          envFrom: [{ prefix: 'CM_', configMapRef: { name: 'settings' } }],
          env: [
            { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'keys', key: 'token' } } },
            { name: 'COLOR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'color' } } },
            { name: 'MAYBE', valueFrom: { configMapKeyRef: { name: 'none', key: 'x', optional: true } } },
            { name: 'GREETING', value: 'color is $(COLOR)' },
            { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
            {
              name: 'MEMORY',
              valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } },
            },
            { name: 'HOST', value: '0.0.0.0' },
          ],
          resources: { limits: { memory: '64Mi' } },
        }),
      ],
    });
    const lines = (await endOf('env')).trim().split('\n');
    const env = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)));
    const ip = (await node.get('env')).status?.podIP;
    expect(env).toMatchObject({
      CM_color: 'blue',
      TOKEN: 's3cret',
      COLOR: 'blue',
      GREETING: 'color is blue',
      POD_IP: ip,
      HOST: ip,
      MEMORY: '64',
      HOSTNAME: 'env',
      PATH: process.env.PATH,
    });
    expect(Object.keys(env)).not.toContain('MAYBE');
    expect(Object.keys(env)).not.toContain('CATNAP_PARENT_SECRET');
    expect(Object.keys(env)).not.toContain('HOME');
  });

  it('that refers to something absent keeps the container waiting until it is there', async () => {
    const env = [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'later', key: 'x' } } }];
    await node.create('waiter', { restartPolicy: 'Never', containers: [shell('echo $X', { env })] });
    const message = await waitingMessage('waiter', 'CreateContainerConfigError');
    expect(message).toBe('configmap "later" not found');
    await configMap('later', { x: 'arrived' });
    expect(await endOf('waiter')).toBe('arrived\n');
  });
});

describe('a port that another program holds on all addresses', () => {
  it('keeps the pod waiting with the reason, instead of taking its answers for those of the pod', async () => {
    const other = createServer().listen(0, '0.0.0.0');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const ports = [{ containerPort: port }];
    const readinessProbe = { tcpSocket: { port } };
    await node.create('blocked', { containers: [shell('exec sleep 60', { ports, readinessProbe })] });
    const message = await waitingMessage('blocked', 'CreatePodSandboxError');
    expect(message).toContain(`port ${port}`);
    expect((await node.get('blocked')).status?.containerStatuses?.[0]?.ready).toBe(false);
    other.close();
    await once(other, 'close');
    await node.until('blocked', 'running', ({ status }) => status?.containerStatuses?.[0]?.state?.running);
    await node.delete('blocked', 0);
  });
});

describe('volumes', () => {
  it('are directories to which paths in env, args and workingDir are rewritten', async () => {
    await configMap('code', { 'index.mjs': 'one', 'lib__util.mjs': 'two' });
    const items = [
      { key: 'index.mjs', path: 'index.mjs' },
      { key: 'lib__util.mjs', path: 'lib/util.mjs', mode: 0o600 },
    ];
    const container = {
      ...shell(
        'cat "$DIR/index.mjs" "$0" index.mjs; stat -c %a -L "$DIR/lib/util.mjs"; echo $TMPDIR; echo $OTHER',
        {
          args: ['/function/lib/util.mjs'],
          workingDir: '/function',
          env: [
            { name: 'DIR', value: '/function' },
            { name: 'OTHER', value: '/functions/x' },
          ],
          volumeMounts: [
            { name: 'code', mountPath: '/function', readOnly: true },
            { name: 'tmp', mountPath: '/tmp' },
          ],
        },
      ),
    };
    await node.create('files', {
      restartPolicy: 'Never',
      volumes: [
        { name: 'code', configMap: { name: 'code', items } },
        { name: 'tmp', emptyDir: {} },
      ],
      containers: [container],
    });
    const uid = (await node.get('files')).metadata?.uid;
    const [content, tmp, other] = (await endOf('files')).split('\n');
    expect(content).toBe('onetwoone600');
    expect(tmp).toBe(`${node.rootDir}/pods/${uid}/volumes/tmp`);
    expect(other).toBe('/functions/x');
  });

  it('follow their source while the pod runs', async () => {
    await configMap('live', { text: 'before' });
    await node.create(
      'live',
      {
        volumes: [
          { name: 'live', configMap: { name: 'live' } },
          {
            name: 'about',
            downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] },
          },
        ],
        containers: [
          {
            name: 'main',
            image: 'server',
            env: [
              { name: 'DIR', value: '/live' },
              { name: 'ABOUT', value: '/about' },
            ],
            volumeMounts: [
              { name: 'live', mountPath: '/live' },
              { name: 'about', mountPath: '/about' },
            ],
            readinessProbe: { tcpSocket: { port: 8080 } },
          },
        ],
      },
      { labels: { color: 'blue' } },
    );
    const pod = await node.until('live', 'ready', (one) => one.status?.containerStatuses?.[0]?.ready && one);
    const base = `http://${pod.status?.podIP}:8080`;
    const env = (await (await fetch(`${base}/env`)).json()) as Record<string, string>;
    const read = async (path: string) =>
      (await fetch(`${base}/file?path=${encodeURIComponent(path)}`)).text();
    expect(await read(`${env.DIR}/text`)).toBe('before');
    expect(await read(`${env.ABOUT}/labels`)).toBe('color="blue"');

    const ref = { namespace: NAMESPACE, name: 'live' };
    await node.client.patch(configMaps, ref, { data: { text: 'after' } }, { type: 'merge' });
    await eventually('new content', async () => (await read(`${env.DIR}/text`)) === 'after');
    await node.client.patch(pods, ref, { metadata: { labels: { color: 'red' } } }, { type: 'merge' });
    await eventually('new label', async () => (await read(`${env.ABOUT}/labels`)) === 'color="red"');
    await node.delete('live', 0);
  });

  it('that this node does not offer keep the pod from starting, with the reason in an event', async () => {
    await node.create('host', {
      volumes: [{ name: 'root', hostPath: { path: '/' } }],
      containers: [shell('true', { volumeMounts: [{ name: 'root', mountPath: '/host' }] })],
    });
    const note = await eventually('event', async () => {
      const { items } = await node.client.list(events, { namespace: NAMESPACE });
      return items.find(({ regarding, reason }) => regarding?.name === 'host' && reason === 'FailedMount')
        ?.note;
    });
    expect(note).toMatch(/"root": hostPath is not supported/);
    expect((await node.get('host')).status?.phase).toBe('Pending');
    await node.delete('host');
    await node.untilGone('host');
  });
});
