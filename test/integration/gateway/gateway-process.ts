/** A gateway in a process of its own, to be killed: what it knows of the cluster is its argument. */

import type { Pod } from 'kubernetes-types/core/v1.js';
import { pino } from 'pino';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { readConfig } from '#gateway/config.ts';
import { startGateway } from '#gateway/gateway.ts';
import { FakeScales, FakeSource, functionObject, NAMESPACE, podObject } from './fixture.ts';
import type { Knowledge } from './fork-gateway.ts';

const { name, spec, podPort, addresses } = JSON.parse(process.argv[2] ?? '') as Knowledge;
const functions = new FakeSource<CatnapFunction>();
const pods = new FakeSource<Pod>();
const gateway = await startGateway({
  config: readConfig(process.env),
  client: new FakeScales().client,
  functions,
  pods,
  log: pino({ level: 'silent' }),
  podPort,
});
functions.tell(`${NAMESPACE}/${name}`, functionObject(name, spec));
for (const address of addresses) {
  const pod = `pod-${address.replaceAll('.', '-')}`;
  pods.tell(`${NAMESPACE}/${pod}`, podObject(name, pod, address));
}
process.send?.(gateway.port);
process.on('disconnect', () => process.exit());
