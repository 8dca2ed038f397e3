/** What crds/generated is made of. */
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { functionDefinition } from './function/definition.ts';

const HEADER = '# Generated from crds/function by `npm run generate`. Do not edit.\n';

/** Each generated file's path and content. */
export function generatedFiles(): { path: string; content: string }[] {
  // Through JSON first: TypeBox marks schemas with non-enumerable properties, and YAML must not see aliases.
  const definition = JSON.parse(JSON.stringify(functionDefinition()));
  const content = HEADER + stringify(definition, { lineWidth: 110, aliasDuplicateObjects: false });
  return [
    { path: fileURLToPath(new URL('./generated/functions.catnap.dev.yaml', import.meta.url)), content },
  ];
}
