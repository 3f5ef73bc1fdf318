import {LitefeedError} from '../error.ts'
import type {Change, Comparisons, Cursor, Page, Storage} from '../storage/storage.ts'
import type {FeedOptions} from './options.ts'

/** A page of a table, as the table was at `page.position`. */
export interface TablePage {
  readonly table: string
  readonly page: Page
}

/** The tables of a feed, read page by page, each page in a transaction of its own. */
export class Pages {
  readonly #storage: Storage
  readonly #options: FeedOptions
  readonly #where: Comparisons
  /** The tables of which nothing has been read yet, by their names in lower case. */
  readonly #unread = new Set<string>()
  readonly #all = new Set<string>()
  #table: string | undefined
  #page: Page | undefined

  /** Documents that do not fulfil `where` may be missing on the pages, which cover them all the same. */
  constructor(storage: Storage, options: FeedOptions, where: Comparisons) {
    this.#storage = storage
    this.#options = options
    this.#where = where
  }

  /** One after the other; a page counts as read when the next one is asked for. */
  async *read(): AsyncGenerator<TablePage> {
    const tables = await this.#tables()
    for (const table of tables) {
      this.#all.add(table.toLowerCase())
      this.#unread.add(table.toLowerCase())
    }
    for (const table of tables) {
      let cursor: Cursor | undefined
      do {
        if (this.#options.signal?.aborted) return
        const page = await this.#next(table, cursor)
        yield {table, page}
        this.#unread.delete(table.toLowerCase())
        this.#table = table.toLowerCase()
        this.#page = page
        cursor = page.next
      } while (cursor !== undefined)
    }
  }

  /** Whether the table was there at the beginning. */
  has(table: string): boolean {
    return this.#all.has(table.toLowerCase())
  }

  /** Whether the document of a change would have been on a page that was read. One of a table that is made later would. */
  covers({table, key}: Change): boolean {
    const name = table.toLowerCase()
    if (this.#unread.has(name)) return false
    return name !== this.#table || this.#page === undefined || this.#page.covers(key)
  }

  async #tables(): Promise<readonly string[]> {
    const {tables} = this.#options
    if (tables === undefined) return (await this.#storage.tables()).map(({name}) => name)
    const found = await Promise.all([...new Set(tables)].map(table => this.#storage.find(table)))
    return [...new Set(found)].filter(name => name !== undefined)
  }

  async #next(table: string, cursor: Cursor | undefined): Promise<Page> {
    try {
      return await this.#storage.page(table, cursor, pageSize, this.#where)
    } catch (error) {
      if (!(error instanceof LitefeedError && error.code === 'NO_TABLE')) throw error
      // Dropped meanwhile: nothing is left, and the log has the removals.
      return {position: (await this.#storage.bounds()).newest, documents: [], covers: () => true}
    }
  }
}

const pageSize = 2000
