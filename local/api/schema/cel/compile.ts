/** Compiling the rules of `x-kubernetes-validations`, once per schema. */
import { type ASTNode, TypeError as CelTypeError, type Environment, ParseError } from '@marcbachmann/cel-js';
import type { JsonValue } from '../json.ts';
import type { JSONSchema, ValidationRule } from '../types.ts';
import { mentions } from './ast.ts';
import { withTypedHas } from './has.ts';
import { newEnvironment } from './library.ts';
import { type CelType, TypeDeclarations, withTypeMeta } from './types.ts';

type Program = (variables: Record<string, unknown>) => unknown;

export interface CompiledRule {
  rule: ValidationRule;
  /** A transition rule: it looks at the stored value. */
  usesOldSelf: boolean;
  run?: Program;
  message?: Program;
  /** Why the rule, or its messageExpression, cannot be compiled. */
  error?: string;
  messageError?: string;
}

/** The rules of one schema and the conversion of its values. */
export interface RuleSet {
  rules: readonly CompiledRule[];
  convert: (value: JsonValue) => unknown;
}

const cache = new WeakMap<JSONSchema, RuleSet | null>();

/** The compiled rules of a schema node; undefined when it has none. `root` marks the object itself. */
export function rulesOf(schema: JSONSchema, root: boolean): RuleSet | undefined {
  const known = cache.get(schema);
  if (known !== undefined) return known ?? undefined;
  const rules = schema['x-kubernetes-validations'] ?? [];
  const compiled = rules.length === 0 ? null : compileRules(root ? withTypeMeta(schema) : schema, rules);
  cache.set(schema, compiled);
  return compiled ?? undefined;
}

function compileRules(schema: JSONSchema, rules: readonly ValidationRule[]): RuleSet {
  const environment = newEnvironment();
  const type = new TypeDeclarations(environment).declare(schema);
  if (type === undefined) {
    const error = 'failed to convert to declType for CEL validation rules';
    return { rules: rules.map((rule) => ({ rule, usesOldSelf: false, error })), convert: (value) => value };
  }
  environment.registerVariable('self', type.name);
  // A clone closes its parent to further types, so both are made before the first compilation.
  const optional = environment.clone().registerVariable('oldSelf', `optional<${type.name}>`);
  const plain = environment.clone().registerVariable('oldSelf', type.name);
  return {
    rules: rules.map((rule) => compileRule(rule.optionalOldSelf ? optional : plain, rule)),
    convert: (value) => (type as CelType).convert(value),
  };
}

function compileRule(environment: Environment, rule: ValidationRule): CompiledRule {
  const main = compileExpression(environment, rule.rule, 'bool', 'cel expression must evaluate to a bool');
  const message =
    rule.messageExpression === undefined || rule.messageExpression === ''
      ? undefined
      : compileExpression(
          environment,
          rule.messageExpression,
          'string',
          'messageExpression must evaluate to a string',
        );
  return {
    rule,
    usesOldSelf: main.ast !== undefined && mentions(main.ast, 'oldSelf'),
    run: main.run,
    error: main.error,
    message: message?.run,
    messageError: message?.error?.replace(/^compilation failed/, 'messageExpression compilation failed'),
  };
}

interface Expression {
  run?: Program;
  ast?: ASTNode;
  error?: string;
}

function compileExpression(
  environment: Environment,
  source: string,
  type: string,
  wrongType: string,
): Expression {
  try {
    const parsed = environment.parse(withTypedHas(environment, source));
    const checked = parsed.check();
    if (!checked.valid) return { error: `compilation failed: ${describe(checked.error)}` };
    if (mentions(parsed.ast, 'cel'))
      throw new Error("ERROR: undeclared reference to 'cel' (in container '')");
    if (checked.type !== type && !(checked.type === 'dyn' && type === 'bool')) return { error: wrongType };
    return { run: parsed, ast: parsed.ast };
  } catch (error) {
    return { error: `compilation failed: ${describe(error)}` };
  }
}

function describe(error: unknown): string {
  if (error instanceof ParseError || error instanceof CelTypeError) {
    const at = error.range ? `<input>:1:${error.range.start + 1}: ` : '';
    return `ERROR: ${at}${error.summary}`;
  }
  return String((error as Error | undefined)?.message ?? error);
}
