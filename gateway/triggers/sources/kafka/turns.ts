/**
 * What was fetched and not handed over, by partition. Brokers answer with all that a partition has before they come to
 * the next one; here each partition gets its turn, so that none waits behind what another has to do in order.
 */
export class Turns<T extends { readonly value?: Buffer }> {
  /** In the order of the turns; none is empty. */
  private readonly lines = new Map<string, T[]>();
  size = 0;
  bytes = 0;

  add(partition: string, item: T): void {
    const line = this.lines.get(partition);
    if (line) line.push(item);
    else this.lines.set(partition, [item]);
    this.size += 1;
    this.bytes += item.value?.length ?? 0;
  }

  /** Takes the next one of the partition whose turn it is; those that may not have one keep their place. */
  next(may: (item: T) => boolean): T | undefined {
    for (const [partition, line] of this.lines) {
      if (!may(line[0] as T)) continue;
      const item = line.shift() as T;
      this.lines.delete(partition);
      if (line.length > 0) this.lines.set(partition, line);
      this.size -= 1;
      this.bytes -= item.value?.length ?? 0;
      return item;
    }
    return undefined;
  }
}
