/** Process entry of the load generator: the plan on its standard input, the result as one JSON line. */
import { text } from 'node:stream/consumers';
import { generateBurst } from './burst.ts';
import { generateLoad } from './generate.ts';
import type { BurstPlan, LoadPlan } from './plan.ts';

const plan = JSON.parse(await text(process.stdin)) as LoadPlan | BurstPlan;
const result = await ('burst' in plan ? generateBurst(plan) : generateLoad(plan));
process.stdout.write(`${JSON.stringify(result)}\n`);
