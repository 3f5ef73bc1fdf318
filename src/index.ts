export type {Document} from './engine/documents/document.ts'
export type {Key} from './engine/documents/key.ts'
export type {ListOptions} from './engine/documents/list.ts'
export type {WriteResult} from './engine/documents/result.ts'
export type {InsertOptions, Selected, WriteOptions} from './engine/documents/writer.ts'
export {type ErrorCode, LitefeedError} from './engine/error.ts'
export type {
  ChangeEvent,
  FeedEvent,
  HeartbeatEvent,
  InitialEvent,
  SchemaEvent,
  StateEvent,
} from './engine/feed/event.ts'
export type {Feed} from './engine/feed/feed.ts'
export type {FeedOptions, Since, Until} from './engine/feed/options.ts'
export type {
  ApplicationTable,
  Differences,
  Finding,
  Migrated,
  TableInfo,
  TrackOptions,
} from './engine/storage/storage.ts'
export {type OpenOptions, open, type Store} from './engine/store.ts'
export type {Table} from './engine/table.ts'
