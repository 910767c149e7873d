/**
 * Numbers about mailboxes, computed from the views and kept until something changes.
 *
 * Standards: RFC 8621 §2 (totalThreads, unreadThreads and how the trash is treated) and §4.1.1 (JMAP does not count what
 * is marked `\Deleted`), RFC 9051 §6.3.11 (STATUS, which does).
 */
import { Bitmap } from './bitmap.ts'
import type { MailboxId } from './ids.ts'
import { deletedBit, draftBit, seenBit } from './keyword-table.ts'
import type { Mailboxes } from './mailboxes.ts'
import type { MailboxCounts } from './types.ts'
import type { MailboxView } from './view.ts'
import type { Views } from './views.ts'

const readBits = seenBit | draftBit

/** The mailboxes that count: all, or those that somebody may read. */
export type CountedMailboxes = Pick<Mailboxes, 'expect' | 'byRole' | 'ids'>

export class Counts {
  readonly #views: Views
  readonly #mailboxes: CountedMailboxes
  readonly #highest: () => number
  readonly #kept = new Map<MailboxId, MailboxCounts>()
  #unread: { trash: Bitmap; others: Bitmap } | undefined
  #version = -1
  #trash: MailboxId | undefined

  constructor(views: Views, mailboxes: CountedMailboxes, highest: () => number) {
    this.#views = views
    this.#mailboxes = mailboxes
    this.#highest = highest
  }

  of(id: MailboxId): MailboxCounts {
    if (this.#version !== this.#views.version || this.#trash !== this.#mailboxes.byRole('trash')?.id) this.forget()
    let counts = this.#kept.get(id)
    if (counts === undefined) this.#kept.set(id, (counts = this.#count(id)))
    return counts
  }

  forget(): void {
    this.#kept.clear()
    this.#unread = undefined
    this.#version = this.#views.version
    this.#trash = this.#mailboxes.byRole('trash')?.id
  }

  #count(id: MailboxId): MailboxCounts {
    const mailbox = this.#mailboxes.expect(id)
    const view = this.#views.of(id)
    let [unread, unseen, deleted, size, highest] = [0, 0, 0, 0, Math.max(1, mailbox.expungeModseq)]
    let visibleUnread = 0
    for (let row = 0; row < view.length; row++) {
      const flags = view.flags[row] as number
      if ((flags & readBits) === 0) unread++
      if ((flags & (readBits | deletedBit)) === 0) visibleUnread++
      if ((flags & seenBit) === 0) unseen++
      if ((flags & deletedBit) !== 0) deleted++
      size += view.sizes[row] as number
      highest = Math.max(highest, view.modseqs[row] as number)
    }
    const threads = (): { total: number; unread: number } => this.#countThreads(id)
    let threadCounts: { total: number; unread: number } | undefined
    return {
      total: view.length,
      unread,
      unseen,
      deleted,
      visible: view.length - deleted,
      visibleUnread,
      // Only on demand: unread threads look at every mailbox, which IMAP's STATUS should not pay for.
      get totalThreads() {
        return (threadCounts ??= threads()).total
      },
      get unreadThreads() {
        return (threadCounts ??= threads()).unread
      },
      uidNext: view.length === 0 ? mailbox.uidFloor : Math.max(mailbox.uidFloor, view.uidAt(view.length - 1) + 1),
      uidValidity: mailbox.uidValidity,
      highestModSeq: highest,
      size,
    }
  }

  #countThreads(id: MailboxId): { total: number; unread: number } {
    const unreadThreads = this.#unreadThreads()
    const inTrash = this.#mailboxes.byRole('trash')?.id === id
    const unreadHere = inTrash ? unreadThreads.trash : unreadThreads.others
    const view = this.#views.of(id)
    const counted = new Bitmap(this.#highest())
    let [total, unread] = [0, 0]
    for (let row = 0; row < view.length; row++) {
      const thread = view.threads[row] as number
      if (view.isDeletedAt(row) || !counted.addNew(thread)) continue
      total++
      if (unreadHere.has(thread)) unread++
    }
    return { total, unread }
  }

  /** Threads with an unread email in the trash, and those with one in any other mailbox; marked places do not count. */
  #unreadThreads(): { trash: Bitmap; others: Bitmap } {
    if (this.#unread !== undefined && this.#version === this.#views.version) return this.#unread
    const highest = this.#highest()
    const unread = { trash: new Bitmap(highest), others: new Bitmap(highest) }
    const trash = this.#mailboxes.byRole('trash')?.id
    for (const id of this.#mailboxes.ids()) mark(this.#views.of(id), id === trash ? unread.trash : unread.others)
    this.#unread = unread
    return unread
  }
}

function mark(view: MailboxView, threads: Bitmap): void {
  for (let row = 0; row < view.length; row++) {
    if (((view.flags[row] as number) & (readBits | deletedBit)) === 0) threads.add(view.threads[row] as number)
  }
}
