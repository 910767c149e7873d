/**
 * One mailbox in memory: its messages ascending by UID, as columns.
 *
 * Standards: RFC 9051 §2.3.1 (a sequence number is the index plus one), RFC 7162 (mod-sequences).
 */
import { type ColumnRow, Columns, findAscending, lowerBound, widenedUint32 } from './columns.ts'
import type { EmailId, MailboxId, ModSeq, ThreadId, Uid } from './ids.ts'
import { deletedBit, type KeywordTable, seenBit } from './keyword-table.ts'
import { Tally } from './tally.ts'

/** One message of a mailbox. */
export interface ViewEntry {
  readonly uid: Uid
  readonly emailId: EmailId
  readonly threadId: ThreadId
  /** Sorted, lower case, without `\Deleted`. */
  readonly keywords: readonly string[]
  readonly deleted: boolean
  readonly modseq: ModSeq
  readonly receivedAt: number
  readonly size: number
}

/** The messages of one mailbox. Read only for callers outside this room; rows shift when messages are expunged. */
export class MailboxView extends Columns {
  readonly mailboxId: MailboxId
  readonly #keywords: KeywordTable
  /** Kept in step by every write. */
  readonly tally = new Tally()
  /** What is the same for all sessions, until the view changes. */
  #uidList: Uint32Array | undefined
  #flagsUsed: number | undefined
  uids: Uint32Array
  modseqs: Uint32Array

  constructor(mailboxId: MailboxId, keywords: KeywordTable, capacity: number) {
    super(capacity)
    this.mailboxId = mailboxId
    this.#keywords = keywords
    this.uids = new Uint32Array(this.emails.length)
    this.modseqs = new Uint32Array(this.emails.length)
  }

  /** The UID at a row (sequence number − 1). The row must exist. */
  uidAt(row: number): Uid {
    return this.#checked(this.uids[row], row) as Uid
  }

  emailIdAt(row: number): EmailId {
    return this.#checked(this.emails[row], row) as EmailId
  }

  modseqAt(row: number): ModSeq {
    return this.#checked(this.modseqs[row], row) as ModSeq
  }

  /** The row of a UID, or -1. */
  indexOf(uid: number): number {
    return findAscending(this.uids, this.length, uid)
  }

  /** The first row whose UID is not below `uid`; `length` when there is none. */
  lowerBound(uid: number): number {
    return lowerBound(this.uids, this.length, uid)
  }

  keywordsAt(row: number): readonly string[] {
    return this.#keywords.names(this.flags[row] as number, this.extraAt(row))
  }

  /** The bits of a row as another place of the email gets them. For this room. */
  withoutDeletedAt(row: number): number {
    return (this.flags[row] as number) & ~deletedBit
  }

  isSeenAt(row: number): boolean {
    return ((this.flags[row] as number) & seenBit) !== 0
  }

  entry(row: number): ViewEntry {
    return {
      uid: this.uidAt(row),
      emailId: this.emailIdAt(row),
      threadId: this.threads[row] as ThreadId,
      keywords: this.keywordsAt(row),
      deleted: this.isDeletedAt(row),
      modseq: this.modseqAt(row),
      receivedAt: this.received[row] as number,
      size: this.sizes[row] as number,
    }
  }

  /** Rows `from` (inclusive) to `to` (exclusive). Do not expunge while iterating. */
  *entries(from = 0, to = this.length): Generator<ViewEntry> {
    for (let row = from; row < Math.min(to, this.length); row++) yield this.entry(row)
  }

  /** All UIDs, ascending; a copy that stays as it is, and is not to be written to: all who ask are given the same. */
  uidList(): Uint32Array {
    if (this.#uidList?.length !== this.length) this.#uidList = this.uids.slice(0, this.length)
    return this.#uidList
  }

  /** The keyword bits that some message has. */
  get flagsUsed(): number {
    if (this.#flagsUsed === undefined) {
      let bits = 0
      for (let row = 0; row < this.length; row++) bits |= this.flags[row] as number
      this.#flagsUsed = bits
    }
    return this.#flagsUsed
  }

  /** The keywords that some message has, in no order. */
  keywordsUsed(): ReadonlySet<string> {
    return new Set([this.#keywords.names(this.flagsUsed), ...this.extra.values()].flat())
  }

  /** UIDs of messages marked `\Deleted`, ascending. */
  deletedUids(): Uid[] {
    const uids: Uid[] = []
    for (let row = 0; row < this.length; row++) if (this.isDeletedAt(row)) uids.push(this.uidAt(row))
    return uids
  }

  /** UIDs added or changed after `modseq`, ascending. */
  changedSince(modseq: number): Uid[] {
    const uids: Uid[] = []
    for (let row = 0; row < this.length; row++) {
      if ((this.modseqs[row] as number) > modseq) uids.push(this.uids[row] as Uid)
    }
    return uids
  }

  /** Rows of those UIDs that exist, ascending and without doubles. */
  rowsOf(uids: readonly number[]): number[] {
    const rows: number[] = []
    let ascending = true
    for (const uid of uids) {
      const row = this.indexOf(uid)
      if (row < 0) continue
      if (rows.length > 0 && row <= (rows.at(-1) as number)) ascending = false
      rows.push(row)
    }
    return ascending ? rows : [...new Set(rows)].sort((a, b) => a - b)
  }

  /** Adds a message; its UID is above all others. For this room. */
  place(uid: number, modseq: number, row: ColumnRow): void {
    const at = this.append(row)
    this.uids[at] = uid
    if (this.#flagsUsed !== undefined) this.#flagsUsed |= row.flags
    this.#touch(at, modseq)
    this.tally.add(row.flags, row.size)
  }

  /** Counts rows from `from` on, which were filled as columns. For this room. */
  tallyFrom(from: number): void {
    this.#flagsUsed = undefined
    for (let row = from; row < this.length; row++) {
      this.tally.add(this.flags[row] as number, this.sizes[row] as number)
      this.tally.modseq = Math.max(this.tally.modseq, this.modseqs[row] as number)
    }
  }

  /** For this room. */
  flag(row: number, modseq: number, flags: number, extra: readonly string[]): void {
    this.tally.change(this.flags[row] as number, flags)
    this.#flagsUsed = undefined
    this.setFlags(row, flags, extra)
    this.#touch(row, modseq)
  }

  override remove(rows: readonly number[]): void {
    for (const row of rows) this.tally.remove(this.flags[row] as number, this.sizes[row] as number)
    this.#uidList = undefined
    this.#flagsUsed = undefined
    super.remove(rows)
  }

  protected override columns(): (Uint32Array | Int32Array | Float64Array)[] {
    return [...super.columns(), this.uids, this.modseqs]
  }

  protected override grow(capacity: number): void {
    super.grow(capacity)
    this.uids = widenedUint32(this.uids, capacity)
    this.modseqs = widenedUint32(this.modseqs, capacity)
  }

  #touch(row: number, modseq: number): void {
    this.modseqs[row] = modseq
    this.tally.modseq = Math.max(this.tally.modseq, modseq)
  }

  #checked(value: number | undefined, row: number): number {
    if (value === undefined || row >= this.length) throw new RangeError(`row ${row} of ${this.length}`)
    return value
  }
}
