/** Process entry of the load generator: the plan as its argument, the result as one JSON line. */
import { generateLoad } from './generate.ts';

const result = await generateLoad(JSON.parse(process.argv[2] ?? ''));
process.stdout.write(`${JSON.stringify(result)}\n`);
