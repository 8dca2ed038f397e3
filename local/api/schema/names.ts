/** Names of objects, labels and annotations, with the sentences of the real server. */

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const LABEL_ERROR =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
const SUBDOMAIN_ERROR =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const LABEL_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const LABEL_1035_ERROR =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const QUALIFIED_ERROR =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const LABEL_VALUE_ERROR =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

/** The problem of a text that does not match, with examples as the server gives them. */
export function regexError(sentence: string, pattern: string, ...examples: string[]): string {
  if (examples.length === 0) return `${sentence} (regex used for validation is '${pattern}')`;
  const listed = examples.map((example) => `'${example}', `).join(' or ');
  return `${sentence} (e.g. ${listed}regex used for validation is '${pattern}')`;
}

function maxLength(limit: number): string {
  return `must be no more than ${limit} bytes`;
}

function check(text: string, limit: number, pattern: string, sentence: string): string[] {
  const problems: string[] = [];
  if (Buffer.byteLength(text) > limit) problems.push(maxLength(limit));
  if (!new RegExp(`^(?:${pattern})$`).test(text)) problems.push(sentence);
  return problems;
}

/** What is wrong with a DNS label (RFC 1123), such as the name of a Namespace. */
export function dnsLabelProblems(text: string): string[] {
  return check(text, 63, LABEL, regexError(LABEL_ERROR, LABEL, 'my-name', '123-abc'));
}

/** What is wrong with a DNS subdomain (RFC 1123), the usual form of names. */
export function dnsSubdomainProblems(text: string): string[] {
  const pattern = `${LABEL}(\\.${LABEL})*`;
  return check(text, 253, pattern, regexError(SUBDOMAIN_ERROR, pattern, 'example.com'));
}

/** What is wrong with a DNS label as RFC 1035 has it, such as the name of a Service. */
export function dns1035Problems(text: string): string[] {
  return check(text, 63, LABEL_1035, regexError(LABEL_1035_ERROR, LABEL_1035, 'my-name', 'abc-123'));
}

/** What is wrong with a name that becomes part of a path. */
export function pathSegmentProblems(text: string): string[] {
  if (text === '.' || text === '..') return [`may not be '${text}'`];
  return ['/', '%'].filter((char) => text.includes(char)).map((char) => `may not contain '${char}'`);
}

/** What is wrong with a key of labels, annotations and the like: `[PREFIX/]NAME`. */
export function qualifiedNameProblems(text: string): string[] {
  const parts = text.split('/');
  const error = regexError(QUALIFIED_ERROR, QUALIFIED, 'MyName', 'my.name', '123-abc');
  if (parts.length > 2) {
    return [
      `a valid label key ${error} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const name = parts.at(-1) ?? '';
  const problems: string[] = [];
  if (parts.length === 2) {
    const prefix = parts[0] ?? '';
    if (prefix === '') problems.push('prefix part must be non-empty');
    else problems.push(...dnsSubdomainProblems(prefix).map((problem) => `prefix part ${problem}`));
  }
  if (name === '') problems.push('name part must be non-empty');
  else if (name.length > 63) problems.push(`name part ${maxLength(63)}`);
  if (!new RegExp(`^(?:${QUALIFIED})$`).test(name)) problems.push(`name part ${error}`);
  return problems;
}

/** What is wrong with the value of a label. */
export function labelValueProblems(text: string): string[] {
  const pattern = `(${QUALIFIED})?`;
  const error = regexError(LABEL_VALUE_ERROR, pattern, 'MyValue', 'my_value', '12345');
  return check(text, 63, pattern, error);
}

/** What is wrong with a key of a ConfigMap or Secret. */
export function configKeyProblems(text: string): string[] {
  const pattern = '[-._a-zA-Z0-9]+';
  const sentence = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
  const problems = check(
    text,
    253,
    pattern,
    regexError(sentence, pattern, 'key.name', 'KEY_NAME', 'key-name'),
  );
  if (text === '.') problems.push("must not be '.'");
  else if (text === '..') problems.push("must not be '..'");
  else if (text.startsWith('..')) problems.push("must not start with '..'");
  return problems;
}
