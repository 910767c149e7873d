/**
 * The text of a `change` row: which objects that existed before a transaction it updated or destroyed.
 *
 * JSON with one-letter keys; ids ascending and written as differences, which keeps a bulk change of 1,000 ids at about
 * 2 KB. A row stays below the 2 MB of a Durable Object's row by splitting the lists over several rows.
 */
import type { EmailId } from './ids.ts'
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

const quotaChanges = { c: 'created', u: 'updated', d: 'destroyed' } as const

export function decodeChangeRow(modseq: number, payload: string): ChangeRow {
  const row = JSON.parse(payload) as Payload
  const expunged = new Map<number, readonly number[]>()
  for (const mailbox in row.x) expunged.set(Number(mailbox), sums(row.x[mailbox]))
  const pair = (value: [Ids, Ids] | undefined) => [sums(value?.[0]), sums(value?.[1])] as const
  return {
    modseq,
    emailsUpdated: sums(row.e),
    emailsDestroyed: sums(row.d),
    threadsOfDestroyed: row.t ?? [],
    destroyedHidden: new Set(sums(row.g)),
    emailsHidden: sums(row.h),
    emailsRevealed: sums(row.r),
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
