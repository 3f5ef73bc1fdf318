import {inBatches} from './documents/batches.ts'
import type {Document} from './documents/document.ts'
import {type Key, toKey} from './documents/key.ts'
import {type ListOptions, listDocuments} from './documents/list.ts'
import type {Incoming, InsertOptions, Made, Selected, WriteOptions, WriteProgress} from './documents/options.ts'
import type {WriteResult} from './documents/result.ts'
import {Writer} from './documents/writer.ts'
import {checkChoice, LitefeedError, shown} from './error.ts'
import type {Storage} from './storage/storage.ts'
import type {Told} from './told.ts'

/** The documents of one table. A table that does not exist is made by `insert`; everything else throws NO_TABLE. */
export class Table {
  readonly name: string
  /** The same writes step by step, for whoever wants to show how far they are. */
  readonly writer: Writer
  readonly #storage: Storage

  constructor(storage: Storage, name: string) {
    if (typeof name !== 'string')
      throw new LitefeedError('MISUSE', `the name of a table is a string, not ${String(name)}`)
    this.#storage = storage
    this.name = name
    this.writer = new Writer(storage, name)
  }

  /**
   * Stores documents: one, several, or a stream of them, which is committed in batches: what there is when it pauses, and what
   * came before when it throws. One without `id` gets a UUIDv7. Each stands alone: one that is refused counts in `errors`, and
   * the others are stored.
   */
  async insert(
    documents: Document | Iterable<Document> | AsyncIterable<Document>,
    options: InsertOptions = {},
  ): Promise<WriteResult> {
    checkChoice('conflict', options.conflict, ['error', 'skip', 'update', 'replace'])
    return finish(this.writer.insert(incoming(documents), options))
  }

  /**
   * Merges a patch into each selected document: objects deeply, everything else replaced, null a value. `{expr}` instead
   * of `{value}` is a JSONata expression that makes the patch of the document. A key that is not there is `skipped`.
   */
  async update(
    selected: Key | Selected,
    patch: Document | {readonly expr: string},
    options: WriteOptions = {},
  ): Promise<WriteResult> {
    return finish(this.writer.update(selection(selected), made(patch), options))
  }

  /**
   * Puts a document in the place of the one with this key, or where there was none; null deletes it. `{expr}` is a JSONata
   * expression that makes it of the old document, or of null; it may be about several selected documents.
   */
  async replace(
    selected: Key | Selected,
    document: Document | null | {readonly expr: string},
    options: WriteOptions = {},
  ): Promise<WriteResult> {
    return finish(this.writer.replace(selection(selected), made(document), options))
  }

  /** Deletes the selected documents. A key that is not there is `skipped`. */
  async delete(selected: Key | Selected, options: WriteOptions = {}): Promise<WriteResult> {
    return finish(this.writer.delete(selection(selected), options))
  }

  /** Deletes every document, each a change of its own, and then the table. */
  async drop(options: WriteOptions = {}): Promise<WriteResult> {
    return (await this.writer.drop(options)).result()
  }

  /** The documents with these keys, in the order asked; null where there is none. */
  async get(...keys: Key[]): Promise<(Document | null)[]> {
    return (await this.getText(...keys)).map(text => (text === null ? null : JSON.parse(text)))
  }

  /** The same as JSON text, to the last digit. */
  async getText(...keys: Key[]): Promise<readonly (string | null)[]> {
    return this.#storage.get(this.name, keys.map(checked))
  }

  /**
   * The documents, or what `map` makes of them, one by one. Throws BAD_EXPRESSION, and EXPRESSION_FAILED with onError
   * `fail`.
   */
  async *list<T = Document>(options: ListOptions = {}): AsyncGenerator<T> {
    for await (const {lines} of this.listLines(options)) {
      for (const line of new TextDecoder().decode(lines).split('\n')) if (line !== '') yield JSON.parse(line)
    }
  }

  /** The same as finished lines of JSON. */
  listLines(options: ListOptions = {}): AsyncGenerator<Told> {
    return listDocuments(this.#storage, this.name, options)
  }
}

async function finish(steps: AsyncIterable<WriteProgress>): Promise<WriteResult> {
  let last: WriteProgress | undefined
  for await (const step of steps) last = step
  return (last as WriteProgress).tally.result()
}

async function* incoming(
  documents: Document | Iterable<Document> | AsyncIterable<Document>,
): AsyncGenerator<readonly Incoming[]> {
  if (typeof documents !== 'object' || documents === null)
    throw new LitefeedError(
      'MISUSE',
      `a document, or a list or stream of them, is needed, and ${shown(documents)} is none`,
    )
  if (!(Symbol.iterator in documents || Symbol.asyncIterator in documents)) return yield [{value: documents}]
  for await (const batch of inBatches(documents as AsyncIterable<Document>)) yield batch.map(value => ({value}))
}

/** Whoever forgets to say which, or says it with another word, does not mean all of them. */
function selection(selected: Key | Selected): Selected {
  if (typeof selected !== 'object' || Array.isArray(selected)) return {keys: [checked(selected as Key)]}
  const {keys, where, all} = (selected ?? {}) as {keys?: unknown; where?: unknown; all?: unknown}
  const given = [keys, where, all].filter(one => one !== undefined)
  if (given.length === 1) {
    if (Array.isArray(keys)) return {keys: keys.map(checked)}
    if (typeof where === 'string') return {where}
    if (all === true) return {all}
  }
  throw new LitefeedError('MISUSE', 'which documents? a key, `{keys: [...]}`, `{where: "..."}` or `{all: true}`')
}

function made(value: unknown): Made {
  if (
    typeof value === 'object' &&
    value !== null &&
    'expr' in value &&
    typeof value.expr === 'string' &&
    Object.keys(value).length === 1
  ) {
    return {expr: value.expr}
  }
  return {value}
}

function checked(key: Key): Key {
  try {
    return toKey(key)
  } catch (error) {
    throw new LitefeedError('MISUSE', (error as Error).message, {cause: error})
  }
}
