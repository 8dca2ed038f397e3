/**
 * A function's pod in a process of its own, to be killed. It writes down which calls it begins (`+BODY`), ends (`-BODY`,
 * before it answers) and has answered (`=BODY`), a line each, with write(2), so that a kill takes nothing of that with it.
 */
import { openSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';

const WORK_MS = 50;

const [address, port, file = ''] = process.argv.slice(2);
const ledger = openSync(file, 'a');
const server = createServer((incoming, response) => {
  let body = '';
  incoming.on('data', (chunk) => {
    body += chunk;
  });
  incoming.on('end', () => {
    const note = (sign: string) => writeSync(ledger, `${sign}${body}\n`);
    note('+');
    response.on('close', () => note('='));
    setTimeout(() => {
      note('-');
      response.end();
    }, WORK_MS);
  });
});
server.listen(Number(port), address, () => process.send?.('listening'));
process.on('disconnect', () => process.exit());
