/** A gateway in a process of its own, to be killed: knows one function with triggers, its pod, and a broker. */
import type { Pod } from 'kubernetes-types/core/v1.js';
import { pino } from 'pino';
import type { Function as CatnapFunction } from '#crds/function/types.ts';
import { readConfig } from '#gateway/config.ts';
import { startGateway } from '#gateway/gateway.ts';
import {
  FakeScales,
  FakeSource,
  functionObject,
  NAMESPACE,
  podObject,
} from '#test/integration/gateway/fixture.ts';
import { brokerSource } from './broker.ts';

const [readerId = '', brokerUrl = '', name = '', digest = '', address = '', podPort = ''] =
  process.argv.slice(2);
const functions = new FakeSource<CatnapFunction>();
const pods = new FakeSource<Pod>();
const gateway = await startGateway({
  config: readConfig(process.env),
  client: new FakeScales().client,
  functions,
  pods,
  log: pino({ level: process.env.TEST_LOG ?? 'silent' }),
  podPort: Number(podPort),
  loadTriggerSource: async () => brokerSource(brokerUrl, readerId),
});
functions.tell(`${NAMESPACE}/${name}`, functionObject(name, {}, { triggers: { digest, list: [] } }));
pods.tell(`${NAMESPACE}/pod`, podObject(name, 'pod', address));
process.send?.('started');
process.on('SIGTERM', async () => {
  await gateway.stop();
  process.exit();
});
process.on('disconnect', () => process.exit());
