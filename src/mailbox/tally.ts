/**
 * Running numbers about the messages of a view, so that STATUS and Mailbox/get count nothing.
 */
import { deletedBit, draftBit, seenBit } from './keyword-table.ts'

const readBits = seenBit | draftBit

export class Tally {
  /** Neither $seen nor $draft. */
  unread = 0
  /** Without `\Seen`. */
  unseen = 0
  /** Marked `\Deleted`. */
  deleted = 0
  /** Unread and not marked. */
  visibleUnread = 0
  size = 0
  /** The highest mod-sequence a message of the view ever had. Expunging one is an even higher one of the mailbox. */
  modseq = 0

  add(flags: number, size: number): void {
    this.#count(flags, 1)
    this.size += size
  }

  remove(flags: number, size: number): void {
    this.#count(flags, -1)
    this.size -= size
  }

  change(from: number, to: number): void {
    this.#count(from, -1)
    this.#count(to, 1)
  }

  #count(flags: number, step: 1 | -1): void {
    if ((flags & readBits) === 0) this.unread += step
    if ((flags & (readBits | deletedBit)) === 0) this.visibleUnread += step
    if ((flags & seenBit) === 0) this.unseen += step
    if ((flags & deletedBit) !== 0) this.deleted += step
  }
}
