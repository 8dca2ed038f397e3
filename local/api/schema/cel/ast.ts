/** Walking parsed expressions. */
import type { ASTNode } from '@marcbachmann/cel-js';

/** Calls the action with every node of an expression, or of a part of one. */
export function visit(value: unknown, action: (node: ASTNode) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, action);
  } else if (typeof value === 'object' && value !== null && 'op' in value && 'args' in value) {
    action(value as ASTNode);
    visit(value.args, action);
  }
}

/** Whether an expression uses a name. */
export function mentions(ast: ASTNode, name: string): boolean {
  let found = false;
  visit(ast, (node) => {
    if (node.op === 'id' && node.args === name) found = true;
  });
  return found;
}
