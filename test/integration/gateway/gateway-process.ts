/** A gateway in a process of its own, to be killed: knows one function and one pod from its arguments. */

import type { Pod } from 'kubernetes-types/core/v1.js';
import { pino } from 'pino';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { readConfig } from '#gateway/config.ts';
import { startGateway } from '#gateway/gateway.ts';
import { FakeScales, FakeSource, functionObject, NAMESPACE, podObject } from './fixture.ts';

const [name = '', address = '', podPort = ''] = process.argv.slice(2);
const functions = new FakeSource<CatnapFunction>();
const pods = new FakeSource<Pod>();
const gateway = await startGateway({
  config: readConfig(process.env),
  client: new FakeScales().client,
  functions,
  pods,
  log: pino({ level: 'silent' }),
  podPort: Number(podPort),
});
functions.tell(`${NAMESPACE}/${name}`, functionObject(name));
pods.tell(`${NAMESPACE}/pod`, podObject(name, 'pod', address));
process.send?.(gateway.port);
process.on('disconnect', () => process.exit());
