/** Fails when generated files differ from their definitions. */
import { driftedFiles } from '#crds/generate.ts';

const drifted = driftedFiles();
if (drifted.length > 0) {
  process.stderr.write(`out of date (run npm run generate):\n${drifted.join('\n')}\n`);
  process.exitCode = 1;
}
