/** Keeps the store's objects in a SQLite file so that they outlive the process. */
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { ApiObject } from '../core/objects.ts';

export interface StoredRow {
  bucket: string;
  key: string;
  object: ApiObject;
}

export interface Persistence {
  load(): { revision: number; rows: StoredRow[] };
  put(bucket: string, key: string, object: ApiObject, revision: number): void;
  remove(bucket: string, key: string, revision: number): void;
  close(): void;
}

const SCHEMA_VERSION = 1;

/**
 * Opens `objects.sqlite` in the directory, which is made when missing.
 * @throws when another version of Catnap wrote the file, or another process holds it
 */
export function openPersistence(directory: string): Persistence {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, 'objects.sqlite');
  const database = new DatabaseSync(path);
  prepare(database, path);
  // Secrets are in it.
  chmodSync(path, 0o600);
  const upsert = database.prepare(
    'INSERT INTO objects (bucket, key, object) VALUES (?, ?, ?) ON CONFLICT (bucket, key) DO UPDATE SET object = excluded.object',
  );
  const erase = database.prepare('DELETE FROM objects WHERE bucket = ? AND key = ?');
  const advance = database.prepare('UPDATE revision SET value = ?');

  const transaction = (write: () => void) => {
    database.exec('BEGIN');
    try {
      write();
      database.exec('COMMIT');
    } catch (error) {
      database.exec('ROLLBACK');
      throw error;
    }
  };

  return {
    load() {
      const row = database.prepare('SELECT value FROM revision').get() as { value: number };
      const rows = database.prepare('SELECT bucket, key, object FROM objects').all() as {
        bucket: string;
        key: string;
        object: string;
      }[];
      return { revision: row.value, rows: rows.map((it) => ({ ...it, object: JSON.parse(it.object) })) };
    },
    put(bucket, key, object, revision) {
      transaction(() => {
        upsert.run(bucket, key, JSON.stringify(object));
        advance.run(revision);
      });
    },
    remove(bucket, key, revision) {
      transaction(() => {
        erase.run(bucket, key);
        advance.run(revision);
      });
    },
    close: () => database.close(),
  };
}

function prepare(database: DatabaseSync, path: string): void {
  // The lock stays with this process until it ends, so two servers can never share a directory.
  database.exec('PRAGMA locking_mode = EXCLUSIVE');
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = NORMAL');
  const { user_version: found } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (found !== 0 && found !== SCHEMA_VERSION) {
    database.close();
    throw new Error(
      `${path} has format ${found}, this version reads ${SCHEMA_VERSION}; use another directory`,
    );
  }
  database.exec(`
    CREATE TABLE IF NOT EXISTS objects (
      bucket TEXT NOT NULL, key TEXT NOT NULL, object TEXT NOT NULL, PRIMARY KEY (bucket, key)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS revision (value INTEGER NOT NULL);
    INSERT INTO revision SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM revision);
    PRAGMA user_version = ${SCHEMA_VERSION};
  `);
}
