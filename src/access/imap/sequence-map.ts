/**
 * Message sequence numbers of one session: which UID stands at which number.
 *
 * Standards: RFC 9051 §2.3.1.2 (ascending, without gaps, renumbered by EXPUNGE), §6.4.9 (UID sets).
 */
import { formatUidSet, type NumberRange, type SequenceSet } from '../../protocol/imap/index.ts'

export class SequenceMap {
  /** Ascending; the first `#length` entries count. */
  #uids: Uint32Array
  #length: number
  /** `#uids` is this map's own: until the first change it is that of all sessions that have opened the mailbox. */
  #owned = false

  /** `uids` ascending; not written to. */
  constructor(uids: Uint32Array) {
    this.#uids = uids
    this.#length = uids.length
  }

  get length(): number {
    return this.#length
  }

  /** The UID at a sequence number from 1 to `length`. */
  uidAt(sequence: number): number {
    return this.#uids[sequence - 1] as number
  }

  /** The sequence number of a UID, or 0. */
  sequenceOf(uid: number): number {
    const index = this.#lowerBound(uid)
    return index < this.#length && this.#uids[index] === uid ? index + 1 : 0
  }

  /** Sequence numbers that a set names; undefined when one of them does not exist. */
  sequences(set: SequenceSet): number[] | undefined {
    const sequences: number[] = []
    for (const [first, last] of set.resolve(this.#length)) {
      if (first < 1 || last > this.#length) return undefined
      for (let sequence = first; sequence <= last; sequence++) sequences.push(sequence)
    }
    return sequences
  }

  /** Sequence numbers of the UIDs that a set names, those that are not there left out. */
  sequencesOfUids(set: SequenceSet): number[] {
    return this.#sequencesInRanges(set.resolve(this.#length === 0 ? 0 : this.uidAt(this.#length)))
  }

  /** The UIDs in a stored set (`compactSet`). */
  uidsIn(set: SequenceSet): number[] {
    return this.#sequencesInRanges(set.resolve(0)).map((sequence) => this.uidAt(sequence))
  }

  /**
   * These UIDs (ascending, known ones) as a short set: neighbours in the mailbox become one range, whatever lies
   * between their UIDs in other mailboxes.
   */
  compactSet(uids: readonly number[]): string {
    const sequences = uids.map((uid) => this.sequenceOf(uid)).filter((sequence) => sequence > 0)
    return formatUidSet(sequences).replace(/\d+/g, (sequence) => String(this.uidAt(Number(sequence))))
  }

  /** A message behind the last one. */
  append(uid: number): void {
    if (this.#length === this.#uids.length) this.#own(Math.max(64, this.#length * 2))
    else if (!this.#owned) this.#own(this.#uids.length)
    this.#uids[this.#length++] = uid
  }

  /** Removes UIDs; gives the number each had when it went, the ones before it already gone (RFC 9051 §7.5.1). */
  remove(gone: ReadonlySet<number>): number[] {
    if (!this.#owned) this.#own(this.#length)
    const numbers: number[] = []
    let kept = 0
    for (let index = 0; index < this.#length; index++) {
      const uid = this.#uids[index] as number
      if (gone.has(uid)) numbers.push(kept + 1)
      else this.#uids[kept++] = uid
    }
    this.#length = kept
    return numbers
  }

  /** All UIDs, ascending; valid until the next change. */
  get uids(): Uint32Array {
    return this.#uids.subarray(0, this.#length)
  }

  #own(capacity: number): void {
    const own = new Uint32Array(capacity)
    own.set(this.uids)
    this.#uids = own
    this.#owned = true
  }

  #sequencesInRanges(ranges: readonly NumberRange[]): number[] {
    const sequences: number[] = []
    for (const [first, last] of ranges) {
      const end = this.#lowerBound(last + 1)
      for (let index = this.#lowerBound(first); index < end; index++) sequences.push(index + 1)
    }
    return sequences
  }

  /** The first index whose UID is not below `uid`. */
  #lowerBound(uid: number): number {
    let low = 0
    let high = this.#length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#uids[middle] as number) < uid) low = middle + 1
      else high = middle
    }
    return low
  }
}
