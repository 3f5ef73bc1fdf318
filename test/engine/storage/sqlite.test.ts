import Sqlite from 'better-sqlite3'
import {openSqlite} from '../../../src/engine/storage/sqlite/sqlite.ts'
import {storageContract} from '../storage.contract.ts'

storageContract('SQLite', {
  open: file => openSqlite(file, 'write'),
  prune: (file, upTo) => {
    using db = connected(file)
    db.prepare('DELETE FROM _litefeed_changes WHERE seq <= ?').run(upTo)
  },
  plant: (file, table, key, text) => {
    using db = connected(file)
    db.prepare(`INSERT INTO "${table}" (id, doc) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET doc = excluded.doc`).run(
      key,
      text,
    )
  },
})

function connected(file: string): Sqlite.Database & Disposable {
  const db = new Sqlite(file)
  return Object.assign(db, {[Symbol.dispose]: () => void db.close()})
}
