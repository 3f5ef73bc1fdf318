/** A database to write to at random. */
export interface Schema {
  readonly name: string
  readonly sql: readonly string[]
  /** The tables that are tracked, by name. */
  readonly tables: Readonly<Record<string, readonly ColumnOf[]>>
  /** The columns whose text is JSON. */
  readonly json?: readonly string[]
  /** With what recursive_triggers must be; either when it is not said. */
  readonly recursive?: 'off'
}

/** A column that can be written, and what is written there: a key collides often, a number is one, anything may be anything. */
export type ColumnOf = readonly [name: string, values: 'key' | 'small' | 'any' | 'json']

const wide = Array.from({length: 70}, (_, index) => `c${index}`)

export const schemas: readonly Schema[] = [
  {
    name: 'an integer primary key',
    sql: ['CREATE TABLE t (id INTEGER PRIMARY KEY, a, b TEXT)'],
    tables: {
      t: [
        ['id', 'small'],
        ['a', 'any'],
        ['b', 'any'],
      ],
    },
  },
  {
    name: 'several unique keys',
    sql: [
      'CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a UNIQUE, b TEXT COLLATE NOCASE, c, UNIQUE (b, c))',
      'CREATE UNIQUE INDEX c_index ON t (c COLLATE NOCASE)',
    ],
    tables: {
      t: [
        ['id', 'small'],
        ['a', 'key'],
        ['b', 'key'],
        ['c', 'key'],
      ],
    },
  },
  {
    name: 'a text key without case, which may be NULL',
    sql: ['CREATE TABLE t (v, k TEXT COLLATE NOCASE PRIMARY KEY)'],
    tables: {
      t: [
        ['v', 'any'],
        ['k', 'key'],
      ],
    },
  },
  {
    name: 'a key of two columns, which may be NULL',
    sql: ['CREATE TABLE t (b, v, a, PRIMARY KEY (a, b), UNIQUE (v, a))'],
    tables: {
      t: [
        ['b', 'key'],
        ['v', 'key'],
        ['a', 'key'],
        ['rowid', 'small'],
      ],
    },
  },
  {
    name: 'WITHOUT ROWID',
    sql: ['CREATE TABLE t (c UNIQUE, b TEXT COLLATE NOCASE, a, PRIMARY KEY (a DESC, b)) WITHOUT ROWID'],
    tables: {
      t: [
        ['c', 'key'],
        ['b', 'key'],
        ['a', 'key'],
      ],
    },
  },
  {
    name: 'no primary key',
    sql: ['CREATE TABLE t (a UNIQUE, b)'],
    tables: {
      t: [
        ['a', 'key'],
        ['b', 'any'],
        ['rowid', 'small'],
      ],
    },
  },
  {
    name: 'columns that hide the rowid',
    sql: ['CREATE TABLE t (rowid TEXT, _rowid_ UNIQUE, b)'],
    tables: {
      t: [
        ['rowid', 'any'],
        ['_rowid_', 'key'],
        ['b', 'any'],
        ['oid', 'small'],
      ],
    },
  },
  {
    name: 'every affinity',
    sql: ['CREATE TABLE t (i INTEGER, r REAL, n NUMERIC, x TEXT, z BLOB, k REAL PRIMARY KEY NOT NULL)'],
    tables: {
      t: [
        ['i', 'any'],
        ['r', 'any'],
        ['n', 'any'],
        ['x', 'any'],
        ['z', 'any'],
        ['k', 'key'],
      ],
    },
  },
  {
    name: 'STRICT',
    sql: ['CREATE TABLE t (id INT PRIMARY KEY NOT NULL, r REAL UNIQUE, x TEXT, z ANY UNIQUE) STRICT'],
    tables: {
      t: [
        ['id', 'small'],
        ['r', 'small'],
        ['x', 'any'],
        ['z', 'key'],
      ],
    },
  },
  {
    name: 'conflict clauses of its own',
    sql: [
      `CREATE TABLE t (id INTEGER PRIMARY KEY ON CONFLICT REPLACE, a UNIQUE ON CONFLICT REPLACE, b UNIQUE ON CONFLICT IGNORE,
        c NOT NULL ON CONFLICT REPLACE DEFAULT 7, d UNIQUE ON CONFLICT FAIL, e CHECK (e <> 2))`.replaceAll('\n', ' '),
    ],
    tables: {
      t: [
        ['id', 'small'],
        ['a', 'key'],
        ['b', 'key'],
        ['c', 'any'],
        ['d', 'key'],
        ['e', 'small'],
      ],
    },
  },
  {
    name: 'generated columns',
    sql: [
      `CREATE TABLE t (id INTEGER PRIMARY KEY, a, g AS (a IS 1), h AS (a COLLATE NOCASE = 'a') STORED, i AS (CASE typeof(a) WHEN 'text' THEN lower(a) ELSE a END) UNIQUE, j AS (a))`,
      'CREATE UNIQUE INDEX generated ON t (h, j)',
    ],
    tables: {
      t: [
        ['id', 'small'],
        ['a', 'key'],
      ],
    },
  },
  {
    name: 'unique expressions and parts',
    sql: [
      'CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c)',
      `CREATE UNIQUE INDEX "an expression" ON t (lower("a" || ')'), -c DESC)`,
      'CREATE UNIQUE INDEX part ON t (b COLLATE NOCASE ASC /* ( */) WHERE c > 1 AND "a" IS NOT NULL -- , (',
      `CREATE UNIQUE INDEX both ON t (CASE WHEN b = 'b' THEN 1.5 ELSE c END) WHERE typeof(a) <> 'text'`,
    ],
    tables: {
      t: [
        ['id', 'small'],
        ['a', 'key'],
        ['b', 'key'],
        ['c', 'small'],
      ],
    },
  },
  {
    name: 'seventy columns',
    sql: [`CREATE TABLE t (${wide.map(name => (name === 'c0' ? 'c0 PRIMARY KEY NOT NULL' : name)).join(', ')})`],
    tables: {
      t: [
        ['c0', 'key'],
        ['c1', 'any'],
        ['c39', 'any'],
        ['c40', 'any'],
        ['c69', 'any'],
      ],
    },
  },
  {
    name: 'names that need quotes',
    sql: [
      `CREATE TABLE "sel'ect ""t" ("new" INTEGER PRIMARY KEY, "a""b" UNIQUE, "größe 🦆", "old.x", [order], t, s, key)`,
      `CREATE UNIQUE INDEX "in'dex" ON "sel'ect ""t" (lower("größe 🦆"), [order]) WHERE "old.x" = 1`,
    ],
    tables: {
      'sel\'ect "t': [
        ['new', 'small'],
        ['a"b', 'key'],
        ['größe 🦆', 'key'],
        ['old.x', 'small'],
        ['order', 'key'],
        ['key', 'any'],
      ],
    },
  },
  {
    name: 'tables named new and old',
    sql: [
      'CREATE TABLE new (old PRIMARY KEY NOT NULL, new UNIQUE)',
      'CREATE UNIQUE INDEX of_new ON new (abs(old))',
      'CREATE TABLE old (id INTEGER PRIMARY KEY, old UNIQUE)',
    ],
    tables: {
      new: [
        ['old', 'key'],
        ['new', 'key'],
      ],
      old: [
        ['id', 'small'],
        ['old', 'key'],
      ],
    },
  },
  {
    name: 'JSON in a column',
    sql: ['CREATE TABLE t (id INTEGER PRIMARY KEY, j, k UNIQUE)'],
    tables: {
      t: [
        ['id', 'small'],
        ['j', 'json'],
        ['k', 'key'],
      ],
    },
    json: ['J'],
  },
  {
    name: 'expressions that fail',
    sql: [
      'CREATE TABLE t (id INTEGER PRIMARY KEY, j CONSTRAINT "is (JSON" CHECK (j IS NULL OR json_valid(j) /* ) */), k)',
      `CREATE UNIQUE INDEX j_index ON t (json_extract(j, '$.a'))`,
      `CREATE UNIQUE INDEX k_index ON t (json_extract(k, '$')) WHERE json_valid(k)`,
    ],
    tables: {
      t: [
        ['id', 'small'],
        ['j', 'json'],
        ['k', 'json'],
      ],
    },
    json: ['j', 'k'],
  },
  {
    name: 'expressions that fail where a CHECK or a NULL keeps SQLite from them',
    sql: [
      `CREATE TABLE t (id INTEGER PRIMARY KEY, j CHECK (json_valid(j) AND json_extract(j, '$.b') IS NOT 1), k NOT NULL)`,
      `CREATE UNIQUE INDEX j_index ON t (json_extract(j, '$[0]'))`,
      `CREATE UNIQUE INDEX k_index ON t (json_extract(k, '$')) WHERE json_valid(k) AND json_type(k) <> 'array'`,
    ],
    tables: {
      t: [
        ['id', 'small'],
        ['j', 'json'],
        ['k', 'json'],
      ],
    },
  },
  {
    name: 'defaults in place of NULL',
    sql: [
      `CREATE TABLE t (id INTEGER PRIMARY KEY, u TEXT NOT NULL DEFAULT 1 UNIQUE, n INT NOT NULL ON CONFLICT REPLACE DEFAULT 2)`,
      'CREATE UNIQUE INDEX n_index ON t (-n) WHERE id > 1',
      `CREATE TABLE c (k TEXT NOT NULL DEFAULT a PRIMARY KEY ON CONFLICT REPLACE, v) WITHOUT ROWID`,
    ],
    tables: {
      t: [
        ['id', 'small'],
        ['u', 'key'],
        ['n', 'key'],
      ],
      c: [
        ['k', 'key'],
        ['v', 'small'],
      ],
    },
  },
  {
    name: 'defaults in place of NULL, and a tree',
    sql: [
      `CREATE TABLE t (id INTEGER PRIMARY KEY, parent INT REFERENCES t (id) ON DELETE CASCADE, a NOT NULL DEFAULT '1' UNIQUE)`,
    ],
    tables: {
      t: [
        ['id', 'small'],
        ['parent', 'small'],
        ['a', 'key'],
      ],
    },
  },
  {
    name: 'a tree whose branches go with their trunk',
    sql: [
      `CREATE TABLE t (id INTEGER PRIMARY KEY, parent INT REFERENCES t (id) ON DELETE CASCADE ON UPDATE CASCADE, a UNIQUE)`,
    ],
    tables: {
      t: [
        ['id', 'small'],
        ['parent', 'small'],
        ['a', 'key'],
      ],
    },
  },
  {
    name: 'a chain whose links are cut',
    sql: [
      `CREATE TABLE t (code TEXT PRIMARY KEY NOT NULL, before UNIQUE REFERENCES t (code) ON DELETE SET NULL ON UPDATE CASCADE, a UNIQUE) WITHOUT ROWID`,
    ],
    tables: {
      t: [
        ['code', 'key'],
        ['before', 'key'],
        ['a', 'key'],
      ],
    },
  },
  {
    name: 'children with triggers that write to their parents',
    sql: [
      'CREATE TABLE p (id INTEGER PRIMARY KEY, a UNIQUE, n DEFAULT 0)',
      'CREATE TABLE c (id INTEGER PRIMARY KEY, p INT REFERENCES p (id) ON DELETE CASCADE ON UPDATE SET NULL, b UNIQUE)',
      'CREATE TRIGGER counted AFTER DELETE ON c BEGIN UPDATE p SET n = n + 1 WHERE id = old.b OR a = old.b; END',
      'CREATE TRIGGER freed AFTER UPDATE OF p ON c BEGIN INSERT OR IGNORE INTO p (id, a) VALUES (old.id + 10, old.b); END',
    ],
    tables: {
      p: [
        ['id', 'small'],
        ['a', 'key'],
        ['n', 'small'],
      ],
      c: [
        ['id', 'small'],
        ['p', 'small'],
        ['b', 'key'],
      ],
    },
  },
  {
    name: 'triggers of its own',
    sql: [
      'CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE, n DEFAULT 0)',
      'CREATE TABLE u (id INTEGER PRIMARY KEY, t, what UNIQUE)',
      'CREATE TRIGGER unmark BEFORE INSERT ON t BEGIN UPDATE t SET n = n + 1 WHERE a = new.a OR id = new.id; END',
      `CREATE TRIGGER refuse BEFORE INSERT ON t WHEN new.n = 3 BEGIN SELECT RAISE(IGNORE); END`,
      `CREATE TRIGGER audit AFTER INSERT ON t BEGIN INSERT OR REPLACE INTO u (t, what) VALUES (new.id, new.a); END`,
      `CREATE TRIGGER touch AFTER UPDATE OF a ON t BEGIN UPDATE t SET n = n + 1 WHERE id = new.id; SELECT RAISE(IGNORE); END`,
      `CREATE TRIGGER bury AFTER DELETE ON t BEGIN INSERT OR REPLACE INTO u (t, what) VALUES (old.id, 'gone'); END`,
      `CREATE TRIGGER heir AFTER DELETE ON t WHEN old.n > 1 BEGIN INSERT OR IGNORE INTO t (a) VALUES (old.n); END`,
    ],
    tables: {
      t: [
        ['id', 'small'],
        ['a', 'key'],
        ['n', 'small'],
      ],
      u: [
        ['id', 'small'],
        ['what', 'key'],
      ],
    },
  },
  {
    name: 'triggers that write before an update',
    // With them on, `others` writes to the row that an UPDATE OR REPLACE is moving. What comes of that SQLite leaves undefined.
    recursive: 'off',
    sql: [
      'CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE, n DEFAULT 0)',
      'CREATE TRIGGER other BEFORE UPDATE OF a ON t BEGIN UPDATE t SET n = n + 1 WHERE a = new.a; END',
      'CREATE TRIGGER others BEFORE DELETE ON t BEGIN UPDATE t SET n = n + 10 WHERE id IN (old.id, old.id + 1); END',
    ],
    tables: {
      t: [
        ['id', 'small'],
        ['a', 'key'],
        ['n', 'small'],
      ],
    },
  },
]
