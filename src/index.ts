export type {Consumer} from './engine/consumer/consumer.ts'
export type {Owner} from './engine/consumer/lease.ts'
export type {ConsumerInfo} from './engine/consumer/list.ts'
export type {Document} from './engine/documents/document.ts'
export type {Key} from './engine/documents/key.ts'
export type {ListOptions} from './engine/documents/list.ts'
export type {InsertOptions, Selected, WriteOptions} from './engine/documents/options.ts'
export type {WriteResult} from './engine/documents/result.ts'
export {type ErrorCode, LitefeedError} from './engine/error.ts'
export type {Batch} from './engine/feed/batch.ts'
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
export type {PipeOptions, PipeStatus, Refused} from './engine/sinks/options.ts'
export type {Outcome, Parcel, Sink, Stream} from './engine/sinks/sink.ts'
export {makeSink, type Target} from './engine/sinks/target.ts'
export type {Keep, Prune, Pruned} from './engine/storage/retention.ts'
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
