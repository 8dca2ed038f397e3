/** What the gateways measure. */
import { call } from './http.ts';
import type { TestNamespace } from './namespace.ts';
import { partPods } from './parts.ts';

const CONTROL_PORT = 8090;

/** Samples of a function by their name, without labels, added up over all gateways. */
export async function seriesOf(space: TestNamespace, functionName: string): Promise<Map<string, number>> {
  const sums = new Map<string, number>();
  for (const url of await controlUrls(space)) {
    for (const [name, value] of await samplesOf(url, space.name, functionName)) {
      sums.set(name, (sums.get(name) ?? 0) + value);
    }
  }
  return sums;
}

async function controlUrls(space: TestNamespace): Promise<string[]> {
  const { controlUrl } = space.platform;
  if (controlUrl) return [controlUrl];
  const pods = await partPods(space, 'gateway');
  return pods.map(({ status }) => `http://${status?.podIP}:${CONTROL_PORT}`);
}

async function samplesOf(url: string, namespace: string, name: string): Promise<[string, number][]> {
  const answer = await call(`${url}/metrics`);
  const type = answer.headers.get('content-type') ?? '';
  if (!type.includes('text/plain')) throw new Error(`${url}/metrics is of type ${type}`);
  return answer.text
    .split('\n')
    .filter((line) => line.includes(`function="${name}"`) && line.includes(`namespace="${namespace}"`))
    .map((line) => [line.slice(0, line.indexOf('{')), Number(line.slice(line.lastIndexOf(' ')))]);
}
