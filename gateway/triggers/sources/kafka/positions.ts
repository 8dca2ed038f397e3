import type { Consumer, GroupAssignment } from '@platformatic/kafka';
import { ListOffsetTimestamps } from '@platformatic/kafka';
import type { Logger } from 'pino';

export interface Position {
  topic: string;
  partition: number;
  offset: bigint;
}

/**
 * Where each assigned partition begins. What the group has no position for gets one that is committed at once, so
 * that nothing is missed when the first run ends before its first record.
 */
export async function startPositions(
  consumer: Consumer,
  startFrom: 'earliest' | 'latest',
  log: Logger,
): Promise<Position[]> {
  const assignments = consumer.assignments ?? [];
  if (assignments.length === 0) return [];
  const topics = assignments.map(({ topic }) => topic);
  const [committed, earliest, latest] = await Promise.all([
    consumer.listCommittedOffsets({ topics: assignments }),
    consumer.listOffsets({ topics, timestamp: ListOffsetTimestamps.EARLIEST }),
    consumer.listOffsets({ topics, timestamp: ListOffsetTimestamps.LATEST }),
  ]);
  const positions: Position[] = [];
  const changed: Position[] = [];
  for (const { topic, partition } of partitionsOf(assignments)) {
    const known = committed.get(topic)?.[partition] ?? -1n;
    const offset = startOffset({
      committed: known,
      earliest: earliest.get(topic)?.[partition] ?? 0n,
      latest: latest.get(topic)?.[partition] ?? 0n,
      startFrom: isKnown(committed.get(topic)) ? 'earliest' : startFrom,
    });
    if (known >= 0n && known !== offset) {
      log.warn({ topic, partition, committed: String(known), offset: String(offset) }, 'records are gone');
    }
    positions.push({ topic, partition, offset });
    if (known !== offset) changed.push({ topic, partition, offset });
  }
  if (changed.length > 0) await commit(consumer, changed);
  return positions;
}

/** Commits offsets. The member's epoch is unknown to us, and it does not matter. */
export async function commit(consumer: Consumer, positions: readonly Position[]): Promise<void> {
  await consumer.commit({ offsets: positions.map((position) => ({ ...position, leaderEpoch: -1 })) });
}

/** A topic of which the group knows some partitions: the others were added later, and nothing of them is old. */
const isKnown = (offsets: readonly bigint[] | undefined) => offsets?.some((offset) => offset >= 0n) ?? false;

/** A position that retention has removed, or that a new topic of the same name does not have, means the oldest. */
export function startOffset(offsets: {
  committed: bigint;
  earliest: bigint;
  latest: bigint;
  startFrom: 'earliest' | 'latest';
}): bigint {
  const { committed, earliest, latest, startFrom } = offsets;
  if (committed < 0n) return startFrom === 'earliest' ? earliest : latest;
  return committed < earliest || committed > latest ? earliest : committed;
}

export function partitionsOf(
  assignments: readonly GroupAssignment[],
): { topic: string; partition: number }[] {
  return assignments.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  );
}
