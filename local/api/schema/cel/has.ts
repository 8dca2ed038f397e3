/**
 * The macro `has`, which the library does not type and refuses on anything but plain field paths. Calls of it
 * are renamed, in place so that positions in messages stay right, to a macro of our own.
 */
import type { ASTNode, Environment } from '@marcbachmann/cel-js';
import { visit } from './ast.ts';

const NAME = 'hAs';

interface Checker {
  check(node: ASTNode, context: unknown): unknown;
  getType(name: string): unknown;
}

interface Evaluator {
  run(node: ASTNode, context: unknown): unknown;
  debugType(value: unknown): {
    fieldLazy(value: unknown, field: string, node: ASTNode, ev: Evaluator): unknown;
  };
}

interface Macro {
  argument: ASTNode;
}

/** Adds the macro to an environment. */
export function registerHas(environment: Environment): void {
  environment.registerFunction(`${NAME}(ast): bool`, ({ args }: { args: ASTNode[] }) => ({
    argument: args[0],
    typeCheck(checker: Checker, { argument }: Macro, context: unknown) {
      if (argument.op !== '.') throw new Error('ERROR: invalid argument to has() macro');
      checker.check(argument, context);
      return checker.getType('bool');
    },
    evaluate(evaluator: Evaluator, { argument }: Macro, context: unknown) {
      const [object, field] = argument.args as [ASTNode, string];
      const value = evaluator.run(object, context);
      return evaluator.debugType(value).fieldLazy(value, field, argument, evaluator) !== undefined;
    },
  }));
}

/** The expression with `has` renamed. Throws ParseError when it is none. */
export function withTypedHas(environment: Environment, source: string): string {
  let out = source;
  visit(environment.parse(source).ast, (node) => {
    if (node.op !== 'call' || node.args[0] !== 'has') return;
    out = `${out.slice(0, node.start)}${NAME}${out.slice(node.start + NAME.length)}`;
  });
  return out;
}
