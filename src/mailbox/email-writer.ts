/**
 * Adds emails: parse, thread, store, place. Four rows for a plain message of up to 1 MiB: email, placement, bytes and
 * the key of its Message-ID (and one for a parent that is not known here).
 */
import { type MessageSummary, summarise } from '../format/index.ts'
import type { Sql } from '../storage/index.ts'
import type { Blobs } from './blobs.ts'
import type { ColumnRow } from './columns.ts'
import { insertEmail } from './email-row.ts'
import { StoreError } from './errors.ts'
import type { BlobNumber, EmailId, MailboxId, ThreadId, Uid } from './ids.ts'
import type { Journal } from './journal.ts'
import { attachmentBit, checkNames, extraBit, type KeywordTable } from './keyword-table.ts'
import type { StoreLimits } from './limits.ts'
import type { Mailboxes } from './mailboxes.ts'
import { insertPlacement } from './placement-row.ts'
import { type Octets, PutOctets } from './put-octets.ts'
import { knownThreads, leaveKeys, type ThreadKeys, threadKeys } from './thread-keys.ts'
import type { Email, NewEmail } from './types.ts'
import type { Usage } from './usage.ts'
import type { Views } from './views.ts'

export interface WriterParts {
  readonly sql: Sql
  readonly now: () => number
  readonly limits: StoreLimits
  readonly journal: Journal
  readonly keywords: KeywordTable
  readonly mailboxes: Mailboxes
  readonly views: Views
  readonly blobs: Blobs
  readonly usage: Usage
  readonly quota: () => number | undefined
}

/** The latest time that JavaScript's Date, and so every client, can show. */
const maxTime = 8.64e15

export class EmailWriter {
  readonly #parts: WriterParts

  constructor(parts: WriterParts) {
    this.#parts = parts
  }

  add(wanted: readonly NewEmail[]): Email[] {
    this.#check(wanted)
    const summaries = wanted.map((email) => email.summary ?? summaryOf(email.raw))
    const keys = summaries.map(threadKeys)
    const known = knownThreads(this.#parts.sql, [...new Set(keys.flatMap((each) => each.lookup))])
    const left: [number, ThreadId][] = []
    const added = wanted.map((email, index) => {
      const id = this.#parts.journal.take() as EmailId
      const thread = this.#thread(id, keys[index] as ThreadKeys, known, left)
      return this.#store(id, thread, email, summaries[index] as ReturnType<typeof summarise>)
    })
    leaveKeys(this.#parts.sql, left)
    return added
  }

  /** Throws `overQuota` when that many more octets do not fit. */
  checkQuota(bytes: number): void {
    const limit = this.#parts.quota()
    if (limit !== undefined && this.#parts.usage.read().used + bytes > limit) {
      throw new StoreError('overQuota', 'the mailbox is full')
    }
  }

  /** Makes a second email of the same bytes in the same thread, at one place, under a number already taken. */
  duplicate(source: Email, id: EmailId, mailbox: MailboxId, flags: number, extra: readonly string[]): Email {
    const { sql, blobs, usage, journal, views } = this.#parts
    const email: Email = { ...source, id, places: [{ mailboxId: mailbox, uid: id as number as Uid }] }
    usage.added(email.size, 1)
    insertEmail(sql, email)
    blobs.share(email.blob)
    journal.record.emailCreated(id, email.threadId)
    const row = columnRow(email, flags, extra)
    views.emailCreated(row)
    this.place(mailbox, id, row, true)
    return email
  }

  /** Writes one placement with its view and record. */
  place(mailbox: MailboxId, uid: number, row: ColumnRow, created: boolean): void {
    insertPlacement(this.#parts.sql, mailbox, uid, row, this.#parts.now())
    this.#parts.views.placed(mailbox, uid, uid, row)
    this.#parts.journal.record.placed(mailbox, uid, created)
  }

  #check(wanted: readonly NewEmail[]): void {
    const { limits, keywords, mailboxes } = this.#parts
    let bytes = 0
    for (const { raw, mailboxIds, keywords: names = [], receivedAt } of wanted) {
      const places = new Set(mailboxIds)
      if (places.size === 0) throw new StoreError('invalidProperties', 'an email is in a mailbox', ['mailboxIds'])
      if (places.size > limits.maxMailboxesPerEmail) {
        throw new StoreError('tooManyMailboxes', 'too many mailboxes for one email', ['mailboxIds'])
      }
      for (const id of places) {
        if (mailboxes.get(id) === undefined) {
          throw new StoreError('invalidProperties', 'no such mailbox', ['mailboxIds'])
        }
      }
      checkNames({ add: names })
      keywords.check(new Set(names.map((name) => name.toLowerCase())).size, limits.maxKeywordsPerEmail)
      if (receivedAt !== undefined && !(Number.isInteger(receivedAt) && Math.abs(receivedAt) <= maxTime)) {
        throw new StoreError('invalidProperties', 'receivedAt is a time in whole milliseconds', ['receivedAt'])
      }
      if (raw.length > limits.maxMessageSize) throw new StoreError('tooLarge', 'the message is too large')
      bytes += raw.length
    }
    this.checkQuota(bytes)
  }

  /** The oldest thread that knows the message, or a new one. New keys go to `left` and to `known` for the next message. */
  #thread(id: EmailId, keys: ThreadKeys, known: Map<number, ThreadId>, left: [number, ThreadId][]): ThreadId {
    const found = keys.lookup.map((key) => known.get(key)).filter((thread) => thread !== undefined)
    const thread = found.length === 0 ? (id as number as ThreadId) : (Math.min(...found) as ThreadId)
    for (const key of keys.leave) {
      if (known.has(key)) continue
      known.set(key, thread)
      left.push([key, thread])
    }
    return thread
  }

  #store(id: EmailId, threadId: ThreadId, wanted: NewEmail, summary: ReturnType<typeof summarise>): Email {
    const { sql, now, limits, journal, keywords, blobs, usage, views } = this.#parts
    const blob = id as number as BlobNumber
    const mailboxIds = [...new Set(wanted.mailboxIds)]
    const email: Email = {
      id,
      threadId,
      blob,
      size: wanted.raw.length,
      crlfSize: summary.crlfSize,
      surrogateSize: summary.surrogateSize,
      receivedAt: wanted.receivedAt ?? now(),
      sentAt: summary.sentAt,
      sentZone: summary.sentZone ?? 0,
      places: mailboxIds.map((mailboxId) => ({ mailboxId, uid: id as number as Uid })),
      hasAttachment: summary.hasAttachment,
      headerSize: summary.headerSize,
      messageId: summary.messageId,
      subject: summary.subject,
      baseSubject: summary.baseSubject,
      preview: summary.preview,
      envelope: summary.envelope,
      bodyStructure: summary.bodyStructure,
      parts: summary.parts,
    }
    usage.added(email.size, 1)
    insertEmail(sql, email)
    blobs.putMessage(blob, wanted.raw, summary.headerSize)
    const set = keywords.set(wanted.keywords ?? [], limits.maxKeywordsPerEmail)
    const bits = set.bits | (email.hasAttachment ? attachmentBit : 0) | (set.extra.length > 0 ? extraBit : 0)
    journal.record.emailCreated(id, threadId)
    const row = columnRow(email, bits, set.extra)
    views.emailCreated(row)
    for (const mailbox of mailboxIds) this.place(mailbox, id, row, true)
    return email
  }
}

function summaryOf(raw: Octets): MessageSummary {
  if (!(raw instanceof PutOctets)) return summarise(raw)
  if (raw.summary === undefined) throw new Error('octets that were put as an upload are no message')
  return raw.summary
}

function columnRow(email: Email, flags: number, extra: readonly string[]): ColumnRow {
  return { email: email.id, thread: email.threadId, received: email.receivedAt, size: email.size, flags, extra }
}
