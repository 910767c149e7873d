/**
 * An entry and its row.
 */
import type { SqlRow } from '../storage/index.ts'
import type { EntryStatus, OutcomeNews, QueuedEntry, QueuedRecipient } from './entry.ts'

export interface EntryRow extends SqlRow {
  id: number
  domain: string
  status: EntryStatus
  received: number
  expires: number
  /** Null while held, and of an entry that came in with its claim (`insert`). */
  next: number | null
  size: number
  priority: number
  facts: string
  recipients: string
}

/** What changes rarely: kept as one JSON text. */
interface Facts {
  envelope: QueuedEntry['envelope']
  delayNoticed?: boolean
  reportFailures?: number
  interrupted?: number
  line?: string
  news?: OutcomeNews[]
}

/** An entry as the spool keeps it: the number instead of the text id, and nothing of the moment. */
export type SpooledEntry = Omit<QueuedEntry, 'id' | 'active'> & { key: number }

export const columns = 'id, domain, status, received, expires, next, size, priority, facts, recipients'

/** By when its sender wants it delivered (RFC 2852); Infinity where nothing was said. */
export function deadline({ envelope, received }: SpooledEntry): number {
  return envelope.by === undefined ? Infinity : received + envelope.by.seconds * 1_000
}

/** When it is given up: after its time in the queue, or earlier where its sender said so. */
export function givenUpAt(entry: SpooledEntry): number {
  return entry.envelope.by?.mode === 'return' ? Math.min(entry.expires, deadline(entry)) : entry.expires
}

/** Changes with every attempt that ends: a claim on an older value is a claim that was never finished. */
export function progressOf(entry: SpooledEntry): number {
  return entry.recipients.reduce(
    (sum, { attempts, owed }) => sum + attempts * 2 + (owed === undefined ? 0 : 1),
    entry.reportFailures,
  )
}

type Columns = [number, string, EntryStatus, number, number, number | null, number, number, string, string]

/** In the order of `columns`. */
export function values(entry: SpooledEntry): Columns {
  const { envelope, delayNoticed, reportFailures, interrupted } = entry
  const facts: Facts = { envelope }
  if (delayNoticed) facts.delayNoticed = true
  if (reportFailures > 0) facts.reportFailures = reportFailures
  if (interrupted > 0) facts.interrupted = interrupted
  if (entry.line !== undefined) facts.line = entry.line
  if (entry.news !== undefined && entry.news.length > 0) facts.news = entry.news
  return [
    entry.key,
    entry.domain,
    entry.status,
    entry.received,
    entry.expires,
    entry.next === Infinity ? null : entry.next,
    entry.size,
    entry.priority,
    JSON.stringify(facts),
    JSON.stringify(entry.recipients),
  ]
}

export function entryOf(row: EntryRow): SpooledEntry {
  const facts = JSON.parse(row.facts) as Facts
  return {
    key: row.id,
    domain: row.domain,
    status: row.status,
    received: row.received,
    expires: row.expires,
    next: row.next ?? (row.status === 'waiting' ? row.received : Infinity),
    size: row.size,
    priority: row.priority,
    envelope: facts.envelope,
    delayNoticed: facts.delayNoticed === true,
    reportFailures: facts.reportFailures ?? 0,
    interrupted: facts.interrupted ?? 0,
    recipients: JSON.parse(row.recipients) as QueuedRecipient[],
    ...(facts.line === undefined ? {} : { line: facts.line }),
    ...(facts.news === undefined ? {} : { news: facts.news }),
  }
}
