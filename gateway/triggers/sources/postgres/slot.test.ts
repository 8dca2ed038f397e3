import type { Client } from 'pg';
import { expect, it } from 'vitest';
import { prepareSlot } from './slot.ts';

it('a server that is not set up for changes is named with the remedy', async () => {
  const client = { query: async () => ({ rows: [{ wal_level: 'replica' }] }) } as unknown as Client;
  const prepared = prepareSlot(client, { functionKey: 'shop/orders', name: 'rows' }, { publication: 'p' });
  await expect(prepared).rejects.toThrow('wal_level is replica, and changes need logical; set wal_level');
});
