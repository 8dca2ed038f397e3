/** Which kind of pod answered a call: the function says its pod's name. */

/** Answers with the name of its pod. What containers lack of HOSTNAME, the operating system knows. */
export const TELLS_POD = tellsPodAfter(0);

/** The same after some asynchronous work, without holding the CPU. */
export function tellsPodAfter(workMs: number): string {
  const answer = workMs > 0 ? `new Promise((resolve) => setTimeout(resolve, ${workMs}, pod))` : 'pod';
  return `import { hostname } from 'node:os';
const pod = process.env.HOSTNAME ?? hostname();
export const handler = () => ${answer};`;
}

/** `pool`: a warm pod that the function borrowed; `own`: one that its Deployment started. */
export type ServedBy = 'pool' | 'own' | 'unknown';

/** The pod that an answer names, or undefined when it names none. */
export function podNamed(answer: string): string | undefined {
  return /^(pool|fn)-[a-z0-9-]+$/.exec(answer)?.[0];
}

/** @param seen pods that the function had, for answers that do not tell; all of one kind, they leave no doubt */
export function servedBy(answer: string, seen: Iterable<string> = []): ServedBy {
  const names = [podNamed(answer) ?? [...seen]].flat();
  if (names.length === 0) return 'unknown';
  if (names.every((name) => name.startsWith('pool-'))) return 'pool';
  return names.some((name) => name.startsWith('pool-')) ? 'unknown' : 'own';
}
