/**
 * What the trace knows of messages that were submitted here.
 */
import type { TraceEvent } from '../../../trace/index.ts'

export interface TimelinePort {
  /** For how many days it is known. */
  readonly days: number
  /** Submissions that may be asked for at once. */
  readonly atOnce: number
  /** What happened to the messages submitted under these tags, by tag, in order; `since`: when the first was sent. */
  find(tags: readonly string[], since: number): Promise<ReadonlyMap<string, readonly TraceEvent[]>>
}
