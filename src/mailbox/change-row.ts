/**
 * The text of a `change` row: which objects that existed before a transaction it updated or destroyed.
 *
 * JSON with one-letter keys; ids ascending and written as differences, which keeps a bulk change of 1,000 ids at about
 * 2 KB. A row stays below the 2 MB of a Durable Object's row by splitting the lists over several rows.
 */
import type { EmailId } from './ids.ts'
import type { Rights } from './rights.ts'
import type { QuotaChange, TransactionRecord } from './transaction-record.ts'

/** Differences of ascending ids. */
type Ids = number[]

interface Payload {
  /** Emails updated. */
  e?: Ids
  /** Emails destroyed, and the thread of each. */
  d?: Ids
  t?: number[]
  /** Of `d`, those that JMAP did not see any more. */
  g?: Ids
  /** Emails that JMAP sees no longer, and those that it sees again: `\Deleted` came or went. */
  h?: Ids
  r?: Ids
  /** Emails that were moved, marked or destroyed while something is shared, by the mailboxes where JMAP saw them before. */
  p?: Record<string, Ids>
  /** Grants that went with a mailbox: mailbox → principal → rights. */
  f?: Record<string, Record<string, Rights>>
  /** Placements expunged: mailbox → UIDs. */
  x?: Record<string, Ids>
  /** Mailboxes whose counts may differ. */
  c?: number[]
  /** Mailboxes, identities, submissions: updated, destroyed. */
  m?: [Ids, Ids]
  i?: [Ids, Ids]
  s?: [Ids, Ids]
  /** The vacation response was updated. */
  v?: 1
  /** The quota was created, updated or destroyed. */
  q?: 'c' | 'u' | 'd'
}

/** A change row read back. */
export interface ChangeRow {
  readonly modseq: number
  readonly emailsUpdated: readonly number[]
  readonly emailsDestroyed: readonly number[]
  /** Parallel to `emailsDestroyed`. */
  readonly threadsOfDestroyed: readonly number[]
  /** Of `emailsDestroyed`, those that JMAP did not see when the transaction began. */
  readonly destroyedHidden: ReadonlySet<number>
  /** Emails that JMAP sees no longer, and those that it sees again (RFC 8621 §4.1.1). */
  readonly emailsHidden: readonly number[]
  readonly emailsRevealed: readonly number[]
  /** The mailboxes in which JMAP saw emails before they were moved, marked or destroyed; only while something is shared. */
  readonly placesBefore: ReadonlyMap<number, readonly number[]>
  /** Grants that went with their mailboxes. */
  readonly lostGrants: ReadonlyMap<number, ReadonlyMap<string, Rights>>
  readonly expunged: ReadonlyMap<number, readonly number[]>
  readonly counts: readonly number[]
  readonly mailboxes: readonly [updated: readonly number[], destroyed: readonly number[]]
  readonly identities: readonly [updated: readonly number[], destroyed: readonly number[]]
  readonly submissions: readonly [updated: readonly number[], destroyed: readonly number[]]
  readonly vacation: boolean
  readonly quota: QuotaChange | undefined
}

/** Ids in one row at most: 100,000 differences of up to 11 characters. */
const idsPerRow = 100_000

/** Characters of grants in one row at most. */
const grantsPerRow = 400_000

/** At least one text, even when nothing but the row's number matters. */
export function encodeChanges(record: TransactionRecord): string[] {
  const rows: Payload[] = [{}]
  const { start } = record
  const before = (ids: Iterable<number>): number[] => [...ids].filter((id) => id <= start).sort((a, b) => a - b)
  let room = idsPerRow
  const spread = (ids: readonly number[], put: (row: Payload, slice: readonly number[]) => void): void => {
    for (let from = 0; from < ids.length;) {
      if (room === 0) {
        rows.push({})
        room = idsPerRow
      }
      const slice = ids.slice(from, from + room)
      put(rows.at(-1) as Payload, slice)
      from += slice.length
      room -= slice.length
    }
  }
  spread(before(record.emails.updated), (row, ids) => (row.e = differences(ids)))
  spread(before(record.emails.destroyed), (row, ids) => {
    row.d = differences(ids)
    row.t = ids.map((id) => record.threadOfDestroyed.get(id) ?? id)
    const hidden = ids.filter((id) => record.wasHidden.get(id as EmailId) === true)
    if (hidden.length > 0) row.g = differences(hidden)
  })
  spread(before(record.hiddenEmails), (row, ids) => (row.h = differences(ids)))
  spread(before(record.revealedEmails), (row, ids) => (row.r = differences(ids)))
  for (const [mailbox, { expunged }] of record.placements) {
    spread(before(expunged), (row, uids) => ((row.x ??= {})[mailbox] = differences(uids)))
  }
  // After the lists that they explain: a reader who goes backwards meets them first.
  for (const [mailboxes, ids] of placesBefore(record)) {
    spread(before(ids), (row, slice) => ((row.p ??= {})[mailboxes] = differences(slice)))
  }
  addLostGrants(rows, record)
  const last = rows.at(-1) as Payload
  if (record.placements.size > 0) last.c = [...record.placements.keys()]
  for (const [key, objects] of [
    ['m', record.mailboxes],
    ['i', record.identities],
    ['s', record.submissions],
  ] as const) {
    const updated = differences(before(objects.updated))
    const destroyed = differences(before(objects.destroyed))
    if (updated.length > 0 || destroyed.length > 0) last[key] = [updated, destroyed]
  }
  if (record.vacation) last.v = 1
  if (record.quota !== undefined && record.quota !== 'used') last.q = record.quota[0] as 'c' | 'u' | 'd'
  return rows.map((row) => JSON.stringify(row))
}

/** Ids by the mailboxes in which they were. */
function placesBefore(record: TransactionRecord): ReadonlyMap<string, EmailId[]> {
  const byMailboxes = new Map<string, EmailId[]>()
  for (const [id, mailboxes] of record.placesBefore) {
    const key = mailboxes.join(' ')
    const ids = byMailboxes.get(key)
    if (ids === undefined) byMailboxes.set(key, [id])
    else ids.push(id)
  }
  return byMailboxes
}

function addLostGrants(rows: Payload[], record: TransactionRecord): void {
  let size = 0
  for (const [mailbox, grants] of record.lostGrants) {
    const texts = Object.fromEntries(grants)
    size += JSON.stringify(texts).length
    if (size > grantsPerRow) {
      rows.push({})
      size = 0
    }
    ;((rows.at(-1) as Payload).f ??= {})[mailbox] = texts
  }
}

const quotaChanges = { c: 'created', u: 'updated', d: 'destroyed' } as const

export function decodeChangeRow(modseq: number, payload: string): ChangeRow {
  const row = JSON.parse(payload) as Payload
  const expunged = new Map<number, readonly number[]>()
  for (const mailbox in row.x) expunged.set(Number(mailbox), sums(row.x[mailbox]))
  const placesBefore = new Map<number, readonly number[]>()
  for (const key in row.p) {
    const mailboxes = key === '' ? [] : key.split(' ').map(Number)
    for (const id of sums(row.p[key])) placesBefore.set(id, mailboxes)
  }
  const lostGrants = new Map(
    Object.entries(row.f ?? {}).map(([mailbox, grants]) => [Number(mailbox), new Map(Object.entries(grants))]),
  )
  const pair = (value: [Ids, Ids] | undefined) => [sums(value?.[0]), sums(value?.[1])] as const
  return {
    modseq,
    emailsUpdated: sums(row.e),
    emailsDestroyed: sums(row.d),
    threadsOfDestroyed: row.t ?? [],
    destroyedHidden: new Set(sums(row.g)),
    emailsHidden: sums(row.h),
    emailsRevealed: sums(row.r),
    placesBefore,
    lostGrants,
    expunged,
    counts: row.c ?? [],
    mailboxes: pair(row.m),
    identities: pair(row.i),
    submissions: pair(row.s),
    vacation: row.v === 1,
    quota: row.q === undefined ? undefined : quotaChanges[row.q],
  }
}

function differences(ids: readonly number[]): Ids {
  return ids.map((id, index) => (index === 0 ? id : id - (ids[index - 1] as number)))
}

function sums(ids: Ids | undefined): number[] {
  let sum = 0
  return (ids ?? []).map((difference) => (sum += difference))
}
