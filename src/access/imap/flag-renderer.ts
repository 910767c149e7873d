/**
 * The flags of a message as IMAP text, one lookup per message: sets of flags repeat.
 */
import type { MailboxView } from '../../mailbox/index.ts'
import { flagOfKeyword } from './flags.ts'

/** Sets kept ready; real mailboxes have some dozens. */
const maxSets = 4096

export class FlagRenderer {
  readonly #texts = new Map<number, string>()

  /** The inside of `FLAGS (…)` for a row of the view. */
  at(view: MailboxView, row: number): string {
    if (view.extra.size > 0 && view.extraAt(row).length > 0) return render(view, row)
    const bits = view.flags[row] as number
    let text = this.#texts.get(bits)
    if (text === undefined) {
      if (this.#texts.size >= maxSets) this.#texts.clear()
      this.#texts.set(bits, (text = render(view, row)))
    }
    return text
  }
}

function render(view: MailboxView, row: number): string {
  const flags = view.keywordsAt(row).map(flagOfKeyword)
  return (view.isDeletedAt(row) ? ['\\Deleted', ...flags] : flags).join(' ')
}
