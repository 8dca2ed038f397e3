/**
 * Removing the rules of kube-proxy, the kubelet and the CNI plugins, whoever else has rules on this
 * machine.
 */
import { run } from './run.ts';

/** Chains of kube-proxy and the kubelet, and of the CNI plugins. */
const CHAIN = /^(KUBE|CNI)-/;
const families = ['ip', 'ip6'] as const;
const prefix = { ip: 'iptables', ip6: 'ip6tables' };

/** What iptables-save prints, for IPv4 and IPv6. */
export type SavedRules = Record<(typeof families)[number], string>;

const save = (family: keyof SavedRules) => run(`${prefix[family]}-save`, []);

export async function savedRules(): Promise<SavedRules> {
  return { ip: await save('ip'), ip6: await save('ip6') };
}

/** Chains that a Kubernetes other than ours left or uses. */
export function kubernetesChains(rules: SavedRules): string[] {
  return families.flatMap((family) => chainsOf(rules[family])).filter((chain) => chain.startsWith('KUBE-'));
}

/** Removes the chains of the cluster with all rules in them and to them, and the tables that they brought. */
export async function cleanIptables(before: SavedRules): Promise<void> {
  for (const family of families) {
    const script = cleaningScript(await save(family), before[family]);
    if (script !== '') {
      await run(`${prefix[family]}-restore`, ['--noflush', '--wait', '10'], { input: script });
    }
    // With the nftables back end a table appears with its first rule and stays when it is empty again.
    for (const table of emptyTables(await save(family))) {
      if (before[family].includes(`*${table}\n`)) continue;
      await run('nft', ['delete', 'table', family, table]).catch(() => {});
    }
  }
}

const sections = (saved: string) => saved.split(/^(?=\*)/m).filter((section) => section.startsWith('*'));
const tableOf = (section: string) => /^\*(\S+)$/m.exec(section)?.[1] ?? '';
const chainsOf = (saved: string) => [...saved.matchAll(/^:(\S+) /gm)].map(([, name = '']) => name);

/** Tables without rules and chains of their own that let everything pass. */
export function emptyTables(saved: string): string[] {
  return sections(saved)
    .filter((section) => !/^-A /m.test(section))
    .filter((section) => [...section.matchAll(/^:\S+ (\S+)/gm)].every(([, policy]) => policy === 'ACCEPT'))
    .map(tableOf);
}

/** Input of `iptables-restore --noflush`: removes what is ours from `saved`, but nothing that `before` had. */
export function cleaningScript(saved: string, before: string): string {
  const kept = new Map(sections(before).map((section) => [tableOf(section), chainsOf(section)]));
  return sections(saved)
    .map((section) => cleanTable(section, kept.get(tableOf(section)) ?? []))
    .join('');
}

function cleanTable(section: string, kept: string[]): string {
  const ours = new Set(chainsOf(section).filter((name) => CHAIN.test(name) && !kept.includes(name)));
  if (ours.size === 0) return '';
  const jumps = [...section.matchAll(/^-A (\S+) .*?-[jg] (\S+).*$/gm)]
    .filter(([, chain = '', target = '']) => !ours.has(chain) && ours.has(target))
    .map(([rule]) => rule.replace('-A', '-D'));
  const lines = [
    `*${tableOf(section)}`,
    // Declaring a chain flushes it; then nothing refers to any of them.
    ...[...ours].map((name) => `:${name} - [0:0]`),
    ...jumps,
    ...[...ours].map((name) => `-X ${name}`),
    'COMMIT',
  ];
  return `${lines.join('\n')}\n`;
}
