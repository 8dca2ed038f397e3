/** `npm run generate`: writes every generated file; the chart's are made from the CRD's, so those come first. */
import { writeFileSync } from 'node:fs';
import { generatedFiles as definitionFiles } from '#crds/generate.ts';
import { generatedFiles as chartFiles } from '../../charts/generate.ts';

for (const files of [definitionFiles, chartFiles]) {
  for (const { path, content } of files()) writeFileSync(path, content);
}
