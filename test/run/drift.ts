/** Fails when generated files differ from what they are made of. */
import { readFileSync } from 'node:fs';
import { generatedFiles as definitionFiles } from '#crds/generate.ts';
import { generatedFiles as chartFiles } from '../../charts/generate.ts';

const drifted = [...definitionFiles(), ...chartFiles()].filter(
  ({ path, content }) => readFileSync(path, 'utf8') !== content,
);
if (drifted.length > 0) {
  process.stderr.write(
    `out of date (run npm run generate):\n${drifted.map(({ path }) => path).join('\n')}\n`,
  );
  process.exitCode = 1;
}
