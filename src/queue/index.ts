export { Agenda } from './agenda.ts'
export type { EntryStatus, LastOutcome, NewEntry, OutcomeNews, QueuedEntry, QueuedRecipient } from './entry.ts'
export type { QueueEvent } from './event.ts'
export type { QueueLimits } from './limits.ts'
export { type Announcement, newsAtOnce } from './news.ts'
export type { QueuePage, QueueSummary, Which } from './operator.ts'
export type { QueueSelection } from './selection.ts'
export {
  domainOf,
  isSharedName,
  parseShards,
  type QueuePlaces,
  queueNames,
  readWaitingMark,
  shardName,
  shardOf,
  shareOf,
  waitingMark,
} from './shard.ts'
export { defaultQueueOptions, type QueueOptions } from './options.ts'
export type { DeliveryAgent, DeliveryJob, FailedAgent, RecipientOutcome, TlsFacts, TlsProblem } from './outcome.ts'
export { Queue, type QueuePorts } from './queue.ts'
export { SpoolStore } from './spool-store.ts'
export type { TrackedStatus, TrackingNotice } from './tracking.ts'
export { defaultRetrySchedule, retryDelay, type RetrySchedule } from './retry-schedule.ts'
