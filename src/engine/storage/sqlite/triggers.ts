import {identifier, keyJson, literal} from './sql.ts'

/**
 * The statements that make a table of documents and the triggers that record every change to it, whoever makes it.
 *
 * SQLite deletes a row that `INSERT OR REPLACE` or `UPDATE OR REPLACE` collides with, and fires no delete trigger for it
 * unless recursive_triggers is on (https://sqlite.org/lang_conflict.html). So a BEFORE trigger puts such a row into
 * `_litefeed_stash`, and the AFTER trigger, which fires only when the write really happened, takes the old value from there.
 * A BEFORE trigger fires for a row that is then ignored or upserted as well: what it stashed is stale, and so every
 * BEFORE trigger that finds something in the stash clears it. With recursive_triggers on the delete trigger does fire; it
 * records the removal itself and empties the stash.
 *
 * The SQL is of SQLite 3.38 and earlier, since it runs in the writer's library.
 */
export function createTable(table: string): string {
  const name = identifier(table)
  const trigger = (suffix: string) => identifier(`_litefeed_${table}_${suffix}`)
  const log = (key: string, old_val: string, new_val: string) =>
    `INSERT INTO _litefeed_changes (ts_ms, tbl, key, old_val, new_val)
     VALUES (${now}, ${literal(table)}, ${keyJson(key)}, ${old_val}, ${new_val});`
  const stash = `
    DELETE FROM _litefeed_stash;
    INSERT INTO _litefeed_stash (id, doc) SELECT id, doc FROM ${name} WHERE id = new.id;`
  const stashed = `(SELECT doc FROM _litefeed_stash WHERE id = new.id)`

  return `
  CREATE TABLE ${name} (id PRIMARY KEY NOT NULL, doc TEXT NOT NULL CHECK (json_valid(doc)));

  CREATE TRIGGER ${trigger('before_insert')} BEFORE INSERT ON ${name}
  WHEN EXISTS (SELECT 1 FROM ${name} WHERE id = new.id) OR EXISTS (SELECT 1 FROM _litefeed_stash)
  BEGIN ${stash} END;

  CREATE TRIGGER ${trigger('after_insert')} AFTER INSERT ON ${name}
  BEGIN ${log('new.id', stashed, 'new.doc')} END;

  CREATE TRIGGER ${trigger('before_update')} BEFORE UPDATE ON ${name} WHEN old.id IS NOT new.id
  BEGIN ${stash} END;

  CREATE TRIGGER ${trigger('after_update')} AFTER UPDATE ON ${name} WHEN old.id IS new.id AND old.doc IS NOT new.doc
  BEGIN ${log('new.id', 'old.doc', 'new.doc')} END;

  CREATE TRIGGER ${trigger('after_move')} AFTER UPDATE ON ${name} WHEN old.id IS NOT new.id
  BEGIN ${log('old.id', 'old.doc', 'NULL')} ${log('new.id', stashed, 'new.doc')} END;

  CREATE TRIGGER ${trigger('after_delete')} AFTER DELETE ON ${name}
  BEGIN ${log('old.id', 'old.doc', 'NULL')} DELETE FROM _litefeed_stash; END;
  `
}

/** Milliseconds since 1970, UTC. Julian day 2440587.5 is 1970-01-01T00:00Z; `subsec` would need SQLite 3.42. */
const now = `CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)`
