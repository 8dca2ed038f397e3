/** Rules on single keywords of a CRD's schema: what OpenAPI allows and Kubernetes does not. */
import { duplicate, forbidden, invalid, notSupported, omitted, required } from '../errors.ts';
import type { JsonValue } from '../json.ts';
import { itemsOf } from '../prune.ts';
import type { FieldError, JSONSchema, ValidationRule } from '../types.ts';

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

const UNSUPPORTED: (keyof JSONSchema)[] = [
  'id',
  'additionalItems',
  'patternProperties',
  'definitions',
  'dependencies',
  '$ref',
];

/** The errors of a schema and all schemas in it. */
export function keywordErrors(schema: JSONSchema, path: string): FieldError[] {
  return [
    ...own(schema, path),
    ...children(schema, path).flatMap(({ child, at }) => keywordErrors(child, at)),
  ];
}

/** The schemas directly within a schema, with their paths. */
export function children(schema: JSONSchema, path: string): { child: JSONSchema; at: string }[] {
  const items = itemsOf(schema);
  return [
    ...Object.entries(schema.properties ?? {}).map(([name, child]) => ({
      child,
      at: `${path}.properties[${name}]`,
    })),
    ...(typeof schema.additionalProperties === 'object'
      ? [{ child: schema.additionalProperties, at: `${path}.additionalProperties` }]
      : []),
    ...(items ? [{ child: items, at: `${path}.items` }] : []),
    ...(['allOf', 'anyOf', 'oneOf'] as const).flatMap((key) =>
      (schema[key] ?? []).map((child, index) => ({ child, at: `${path}.${key}[${index}]` })),
    ),
    ...(schema.not ? [{ child: schema.not, at: `${path}.not` }] : []),
  ];
}

function own(schema: JSONSchema, path: string): FieldError[] {
  return [
    ...basicErrors(schema, path),
    ...mapTypeErrors(schema, path),
    ...listTypeErrors(schema, path),
    ...listMapErrors(schema, path),
    ...ruleErrors(schema, path),
  ];
}

function basicErrors(schema: JSONSchema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (schema.type === 'null') {
    errors.push(forbidden(`${path}.type`, 'type cannot be set to null, use nullable as an alternative'));
  } else if (schema.type && !TYPES.includes(schema.type))
    errors.push(notSupported(`${path}.type`, schema.type, TYPES));
  if (schema.uniqueItems) {
    const detail = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    errors.push(forbidden(`${path}.uniqueItems`, detail));
  }
  if (schema.additionalProperties !== undefined && Object.keys(schema.properties ?? {}).length > 0) {
    const detail = 'additionalProperties and properties are mutual exclusive';
    if (schema.additionalProperties !== false) errors.push(forbidden(`${path}.additionalProperties`, detail));
  }
  for (const key of UNSUPPORTED) {
    if (schema[key] !== undefined) errors.push(forbidden(`${path}.${key}`, `${key} is not supported`));
  }
  if (Array.isArray(schema.items)) {
    errors.push(forbidden(`${path}.items`, 'items must be a schema object and not an array'));
  }
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    errors.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'));
  }
  return errors;
}

function needsType(schema: JSONSchema, path: string, type: string, key: string): FieldError[] {
  if (schema.type === type) return [];
  const detail = `must be ${type} if ${key} is specified`;
  return [schema.type ? invalid(`${path}.type`, schema.type, detail) : required(`${path}.type`, detail)];
}

function mapTypeErrors(schema: JSONSchema, path: string): FieldError[] {
  const key = 'x-kubernetes-map-type';
  const type = schema[key];
  if (type === undefined) return [];
  const errors = needsType(schema, path, 'object', key);
  if (!['atomic', 'granular'].includes(type)) {
    errors.push(notSupported(`${path}.${key}`, type, ['atomic', 'granular']));
  }
  return errors;
}

function listTypeErrors(schema: JSONSchema, path: string): FieldError[] {
  const key = 'x-kubernetes-list-type';
  const type = schema[key];
  if (type === undefined) return [];
  const errors = needsType(schema, path, 'array', key);
  const items = itemsOf(schema);
  if (!['atomic', 'set', 'map'].includes(type)) {
    errors.push(notSupported(`${path}.${key}`, type, ['atomic', 'set', 'map']));
  }
  if (type !== 'set' || items === undefined) return errors;
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  if (items.type === 'array' && items[key] !== 'atomic') {
    errors.push(invalid(`${path}.items.${key}`, items[key] ?? null, detail));
  }
  if (items.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic') {
    errors.push(invalid(`${path}.items.x-kubernetes-map-type`, items[key] ?? null, detail));
  }
  if (items.nullable) {
    errors.push(forbidden(`${path}.items.nullable`, `cannot be nullable when ${key} is set`));
  }
  return errors;
}

function listMapErrors(schema: JSONSchema, path: string): FieldError[] {
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const type = schema['x-kubernetes-list-type'];
  const at = `${path}.x-kubernetes-list-map-keys`;
  if (keys.length > 0 && type !== 'map') {
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty';
    const place = `${path}.x-kubernetes-list-type`;
    return [type === undefined ? required(place, detail) : invalid(place, type, detail)];
  }
  if (type !== 'map') return [];
  const errors: FieldError[] = [];
  if (keys.length === 0) errors.push(required(at, 'must not be empty if x-kubernetes-list-type is map'));
  const items = itemsOf(schema);
  if (items === undefined) {
    return [...errors, required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map')];
  }
  if (items.type !== 'object') {
    const detail = "must be object if parent array's x-kubernetes-list-type is map";
    errors.push(invalid(`${path}.items.type`, items.type ?? '', detail));
  }
  if (items.nullable) {
    const detail = 'cannot be nullable when x-kubernetes-list-type is map';
    errors.push(forbidden(`${path}.items.nullable`, detail));
  }
  if (new Set(keys).size < keys.length) {
    errors.push(invalid(at, keys as JsonValue, 'must not contain duplicate entries'));
  }
  return [...errors, ...keys.flatMap((key) => keyErrors(schema, items, key, path))];
}

function keyErrors(schema: JSONSchema, items: JSONSchema, key: string, path: string): FieldError[] {
  const property = items.properties?.[key];
  const at = `${path}.items.properties[${key}]`;
  if (property === undefined) {
    const keys = schema['x-kubernetes-list-map-keys'] as JsonValue;
    return [
      invalid(`${path}.x-kubernetes-list-map-keys`, keys, 'entries must all be names of item properties'),
    ];
  }
  const errors: FieldError[] = [];
  if (property.type === 'array' || property.type === 'object') {
    const detail = "must be a scalar type if parent array's x-kubernetes-list-type is map";
    errors.push(invalid(`${at}.type`, items.type ?? '', detail));
  }
  const described = 'this property is in x-kubernetes-list-map-keys, so it';
  if (property.default === undefined && !items.required?.includes(key)) {
    errors.push(required(`${at}.default`, `${described} must have a default or be a required property`));
  }
  if (property.nullable) errors.push(forbidden(`${at}.nullable`, `${described} cannot be nullable`));
  return errors;
}

const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

function ruleErrors(schema: JSONSchema, path: string): FieldError[] {
  const rules = schema['x-kubernetes-validations'] ?? [];
  const seen = new Set<string>();
  return rules.flatMap((rule, index) => {
    const at = `${path}.x-kubernetes-validations[${index}]`;
    const errors = oneRuleErrors(rule, schema, at);
    if (seen.has(rule.rule)) errors.push(duplicate(at, omitted));
    seen.add(rule.rule);
    return errors;
  });
}

function oneRuleErrors(rule: ValidationRule, schema: JSONSchema, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const { message, messageExpression, reason, fieldPath } = rule;
  if (!rule.rule?.trim()) errors.push(required(`${at}.rule`, 'rule is not specified'));
  if (message !== undefined && message !== '' && message.trim() === '') {
    errors.push(invalid(`${at}.message`, message, 'must be non-empty if specified'));
  } else if (/[\r\n]/.test(message?.trim() ?? '')) {
    errors.push(invalid(`${at}.message`, message, 'must not contain line breaks'));
  } else if (/[\r\n]/.test(rule.rule?.trim() ?? '') && !message) {
    errors.push(required(`${at}.message`, 'message must be specified if rule contains line breaks'));
  }
  if (messageExpression !== undefined && messageExpression !== '' && messageExpression.trim() === '') {
    errors.push(required(`${at}.messageExpression`, 'messageExpression must be non-empty if specified'));
  }
  if (reason !== undefined && !REASONS.includes(reason)) {
    errors.push(notSupported(`${at}.reason`, reason, REASONS));
  }
  if (fieldPath && !pathExists(schema, fieldPath)) {
    errors.push(invalid(`${at}.fieldPath`, fieldPath, 'must be a valid path'));
  }
  return errors;
}

/** Whether a field path such as `.a.b` or `.a['b.c']` leads to a declared field. */
function pathExists(schema: JSONSchema, path: string): boolean {
  let rest = path;
  let at: JSONSchema | undefined = schema;
  while (rest !== '') {
    const step = /^\.([A-Za-z0-9_-]+)|^\['((?:[^'\\]|\\.)+)'\]/.exec(rest);
    if (!step) return false;
    const name: string = step[1] ?? step[2] ?? '';
    const additional: JSONSchema | boolean | undefined = at?.additionalProperties;
    at = at?.properties?.[name] ?? (typeof additional === 'object' ? additional : undefined);
    if (at === undefined) return false;
    rest = rest.slice(step[0].length);
  }
  return true;
}
