/** How far the log may be confirmed: never beyond a transaction of which something is not delivered. */

interface Transaction {
  /** Where it ends; undefined while its rows still come in. */
  end: bigint | undefined;
  outstanding: number;
}

export class Confirmation {
  /** Everything before this position is delivered. Only ever grows. */
  position: bigint;
  /** Rows that are read and not delivered. */
  waiting = 0;
  private readonly transactions: Transaction[] = [];

  /** @param position up to which the slot was confirmed before */
  constructor(position: bigint) {
    this.position = position;
  }

  begin(): void {
    this.transactions.push({ end: undefined, outstanding: 0 });
  }

  /** A row of the transaction that began last; call what it returns once the row is delivered. */
  row(): () => void {
    const transaction = this.transactions.at(-1);
    if (transaction === undefined) throw new Error('the server sent a row outside of a transaction');
    transaction.outstanding += 1;
    this.waiting += 1;
    return () => {
      transaction.outstanding -= 1;
      this.waiting -= 1;
      this.advance();
    };
  }

  /** @param end where the transaction that began last ends, and the next record starts */
  commit(end: bigint): void {
    const transaction = this.transactions.at(-1);
    if (transaction === undefined) throw new Error('the server sent a commit without its begin');
    transaction.end = end;
    this.advance();
  }

  /** The server has sent whatever concerns us before this position. */
  idle(position: bigint): void {
    if (this.transactions.length === 0 && position > this.position) this.position = position;
  }

  private advance(): void {
    for (let [first] = this.transactions; first?.end !== undefined && first.outstanding === 0; ) {
      if (first.end > this.position) this.position = first.end;
      this.transactions.shift();
      [first] = this.transactions;
    }
  }
}
