/** Closed-loop and open-loop load. */
import { type Answer, Connection } from './connection.ts';
import { type LoadPlan, type LoadResult, noLoad } from './plan.ts';

/** Runs the plan in this process. */
export async function generateLoad(plan: LoadPlan): Promise<LoadResult> {
  const tally = createTally(plan);
  const running = plan.rate === undefined ? closedLoop(plan, tally) : openLoop(plan, plan.rate, tally);
  await running;
  return tally.result();
}

interface Tally {
  readonly endsAt: number;
  /** A call of this time was sent now. */
  sent(dueAt: number): void;
  /** A call that started at this time ended so. */
  add(startedAt: number, answer: Answer | undefined): void;
  result(): LoadResult;
}

function createTally(plan: LoadPlan): Tally {
  const measureFrom = performance.now() + plan.warmupMs;
  const endsAt = measureFrom + plan.durationMs;
  const result = noLoad();
  return {
    endsAt,
    sent(dueAt) {
      if (dueAt >= measureFrom) result.lateMs.push(performance.now() - dueAt);
    },
    add(startedAt, answer) {
      if (startedAt < measureFrom) return;
      const now = performance.now();
      const status = answer ? String(answer.status) : 'none';
      result.statuses[status] = (result.statuses[status] ?? 0) + 1;
      if (answer?.status === (plan.good ?? 200)) result.latenciesMs.push(now - startedAt);
      else if (answer) result.refusalsMs.push(now - startedAt);
      if (answer?.retryAfter) result.retryAfter++;
      result.elapsedMs = now - measureFrom;
    },
    result: () => result,
  };
}

/** Sends one call and resolves when it is answered, broken or overdue. */
function oneCall(connection: Connection, plan: LoadPlan, tally: Tally): Promise<void> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const overdue = setTimeout(() => connection.destroy(), plan.answerTimeoutMs);
    connection.send((answer) => {
      clearTimeout(overdue);
      tally.add(startedAt, answer);
      resolve();
    });
  });
}

async function closedLoop(plan: LoadPlan, tally: Tally): Promise<void> {
  const loop = async () => {
    let connection = new Connection(plan.host, plan.port, plan.path, { headers: plan.headers });
    while (performance.now() < tally.endsAt) {
      if (connection.closed)
        connection = new Connection(plan.host, plan.port, plan.path, { headers: plan.headers });
      await oneCall(connection, plan, tally);
    }
    connection.destroy();
  };
  await Promise.all(Array.from({ length: plan.connections ?? 1 }, loop));
}

/** Arrivals do not wait for answers: connections are added as long as all others are busy. */
async function openLoop(plan: LoadPlan, rate: number, tally: Tally): Promise<void> {
  const idle: Connection[] = [];
  const underWay = new Set<Promise<void>>();
  const launch = () => {
    const connection =
      takeOpen(idle) ?? new Connection(plan.host, plan.port, plan.path, { headers: plan.headers });
    const call = oneCall(connection, plan, tally).then(() => {
      underWay.delete(call);
      if (!connection.closed) idle.push(connection);
    });
    underWay.add(call);
  };
  const startedAt = performance.now();
  let sent = 0;
  while (performance.now() < tally.endsAt) {
    const due = ((performance.now() - startedAt) / 1000) * rate;
    for (; sent < due; sent++) {
      tally.sent(startedAt + (sent / rate) * 1000);
      launch();
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(underWay);
  for (const connection of idle) connection.destroy();
}

function takeOpen(idle: Connection[]): Connection | undefined {
  for (;;) {
    const connection = idle.pop();
    if (!connection?.closed) return connection;
  }
}
