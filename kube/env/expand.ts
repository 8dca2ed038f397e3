/** `$(NAME)` references in env values, commands and arguments. */

const REFERENCE = /\$(\$|\(([^)]*)\))/g;

/** Replaces references to known variables; unknown ones stay as they are, and `$$` stands for `$`. */
export function expandReferences(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(REFERENCE, (whole, inner: string, name: string) => {
    if (inner === '$') return '$';
    return Object.hasOwn(variables, name) ? (variables[name] as string) : whole;
  });
}
