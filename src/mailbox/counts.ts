/**
 * Numbers about mailboxes, from what the views keep.
 *
 * Standards: RFC 8621 §2 and §4.1.1 (JMAP does not count what is marked `\Deleted`), RFC 9051 §6.3.11 (STATUS, which does).
 */
import type { MailboxId } from './ids.ts'
import { type CountedMailboxes, ThreadCounts } from './thread-counts.ts'
import type { MailboxCounts } from './types.ts'
import type { Views } from './views.ts'

export class Counts {
  readonly #views: Views
  readonly #mailboxes: CountedMailboxes
  readonly #threads: ThreadCounts

  constructor(views: Views, mailboxes: CountedMailboxes, highest: () => number) {
    this.#views = views
    this.#mailboxes = mailboxes
    this.#threads = new ThreadCounts(views, mailboxes, highest)
  }

  of(id: MailboxId): MailboxCounts {
    const mailbox = this.#mailboxes.expect(id)
    const view = this.#views.of(id)
    const { unread, unseen, deleted, visibleUnread, size, modseq } = view.tally
    const threads = this.#threads
    return {
      total: view.length,
      unread,
      unseen,
      deleted,
      visible: view.length - deleted,
      visibleUnread,
      // Only on demand: unread threads look at every mailbox, which IMAP's STATUS should not pay for.
      get totalThreads() {
        return threads.of(id).total
      },
      get unreadThreads() {
        return threads.of(id).unread
      },
      uidNext: view.length === 0 ? mailbox.uidFloor : Math.max(mailbox.uidFloor, view.uidAt(view.length - 1) + 1),
      uidValidity: mailbox.uidValidity,
      highestModSeq: Math.max(1, mailbox.expungeModseq, modseq),
      size,
    }
  }

  forget(): void {
    this.#threads.forget()
  }
}
