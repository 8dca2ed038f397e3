import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PODS, pod, startTestApi, type TestApi } from './fixture.ts';

let api: TestApi;
let kubelet: Server;
const asked: string[] = [];

/** A node whose kubelet answers with what it was asked. */
beforeAll(async () => {
  api = await startTestApi();
  kubelet = createServer((request, response) => {
    asked.push(`${request.headers.authorization} ${request.url}`);
    if (request.url?.includes('previous=true')) {
      response.writeHead(400).end('previous terminated container "main" not found');
      return;
    }
    response.writeHead(200);
    response.write('one\n');
    if (request.url?.includes('follow=true')) return;
    response.end('two\n');
  });
  await new Promise<void>((resolve) => kubelet.listen(0, '127.0.0.1', resolve));
  const Port = (kubelet.address() as AddressInfo).port;
  await api.post('/api/v1/nodes', {
    metadata: { name: 'node-a' },
    status: {
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port } },
    },
  });
  api.server.setKubeletToken('node-a', 'secret');
  await api.post(PODS, pod('talking', { nodeName: 'node-a' }));
});
afterAll(async () => {
  await api?.stop();
  kubelet?.closeAllConnections();
  kubelet?.close();
});

it('come from the kubelet of the node', async () => {
  const { code, text, headers } = await api.get(`${PODS}/talking/log?tailLines=3&timestamps=true&evil=1`);
  expect(code).toBe(200);
  expect(headers['content-type']).toBe('text/plain');
  expect(text).toBe('one\ntwo\n');
  expect(asked.at(-1)).toBe('Bearer secret /containerLogs/default/talking/main?tailLines=3&timestamps=true');
});

it('say why there are none', async () => {
  const previous = await api.get(`${PODS}/talking/log?previous=true`);
  expect(previous.code).toBe(400);
  expect(previous.body.message).toBe('previous terminated container "main" not found');
  const container = await api.get(`${PODS}/talking/log?container=other`);
  expect(container.body.message).toBe('container other is not valid for pod talking');
  await api.post(PODS, pod('lost', { nodeName: 'node-b' }));
  expect((await api.get(`${PODS}/lost/log`)).body.message).toBe('nodes "node-b" not found');
  await api.post(PODS, pod('pending'));
  expect(await api.get(`${PODS}/pending/log`)).toMatchObject({ code: 200, text: '' });
  const two = [
    { name: 'a', image: 'x' },
    { name: 'b', image: 'x' },
  ];
  await api.post(PODS, pod('double', { nodeName: 'node-a', containers: two }));
  expect((await api.get(`${PODS}/double/log`)).body.message).toBe(
    'a container name must be specified for pod double, choose one of: [a b]',
  );
});

it('end at the kubelet when the client leaves', async () => {
  const left = Promise.withResolvers<void>();
  kubelet.once('request', (_, response) => response.once('close', () => left.resolve()));
  const leave = new AbortController();
  const { url, token, certificate } = api.server;
  const dispatcher = new Agent({ connect: { ca: certificate } });
  const { body } = await request(`${url}${PODS}/talking/log?follow=true`, {
    dispatcher,
    headers: { authorization: `Bearer ${token}` },
    signal: leave.signal,
  });
  const [first] = (await once(body, 'data')) as [Buffer];
  expect(String(first)).toBe('one\n');
  body.on('error', () => {});
  leave.abort();
  await left.promise;
  await dispatcher.destroy();
});
