import type { Consumer, GroupAssignment } from '@platformatic/kafka';
import { Together } from '../together.ts';
import { commit, type Position, partitionsOf } from './positions.ts';
import { PartitionProgress } from './progress.ts';

/** Commits what is finished, one request at a time, and knows how much that leaves. */
export class Committer {
  private readonly progress = new Map<string, { topic: string; partition: number; of: PartitionProgress }>();
  private readonly commits: Together<string>;

  constructor(consumer: Consumer, positions: readonly Position[]) {
    this.commits = new Together((keys) => this.commit(consumer, new Set(keys)));
    for (const position of positions) this.add(position);
  }

  /** Undefined for a partition that is not ours. */
  of(topic: string, partition: number): PartitionProgress | undefined {
    return this.progress.get(keyOf(topic, partition))?.of;
  }

  /**
   * After a rebalance: what is no longer ours is read by others, and may not be committed any more.
   * @returns false when there is a partition among them that was not ours
   */
  keep(assignments: readonly GroupAssignment[]): boolean {
    const ours = new Set(partitionsOf(assignments).map(({ topic, partition }) => keyOf(topic, partition)));
    for (const key of this.progress.keys()) {
      if (!ours.has(key)) this.progress.delete(key);
    }
    return ours.size === this.progress.size;
  }

  /** A record is finished. Resolves when that is committed, perhaps with others. */
  async finish(topic: string, partition: number, of: PartitionProgress, offset: bigint): Promise<void> {
    const key = keyOf(topic, partition);
    if (!of.finish(offset) || this.progress.get(key)?.of !== of) return;
    await this.commits.add(key);
  }

  /** Records that are not committed, given where each partition ends. */
  lag(latest: ReadonlyMap<string, readonly bigint[]>): number {
    let lag = 0n;
    for (const { topic, partition, of } of this.progress.values()) {
      const end = latest.get(topic)?.[partition] ?? of.position;
      if (end > of.position) lag += end - of.position;
    }
    return Number(lag);
  }

  private async commit(consumer: Consumer, keys: ReadonlySet<string>): Promise<void> {
    const positions = [...keys].flatMap((key) => {
      const known = this.progress.get(key);
      return known ? [{ topic: known.topic, partition: known.partition, offset: known.of.position }] : [];
    });
    if (positions.length > 0) await commit(consumer, positions);
  }

  private add({ topic, partition, offset }: Position): void {
    this.progress.set(keyOf(topic, partition), { topic, partition, of: new PartitionProgress(offset) });
  }
}

const keyOf = (topic: string, partition: number) => `${topic}/${partition}`;
