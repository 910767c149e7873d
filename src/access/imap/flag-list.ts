/**
 * The flags a mailbox has: what `FLAGS` and `PERMANENTFLAGS` list, and whether that has grown.
 *
 * Standards: RFC 9051 §7.3.5 (FLAGS is sent again when the list changes), §7.1 (PERMANENTFLAGS).
 */
import { hasRights, type MailboxView, type Right, type Rights } from '../../mailbox/index.ts'
import { flagOfKeyword, systemFlags } from './flags.ts'

export class FlagList {
  readonly #flags = new Set(systemFlags)
  /** Keyword bits whose names are all in the list. */
  #bits = 0

  /** Adds what any row of the view has. */
  addAll(view: MailboxView): void {
    this.#bits |= view.flagsUsed
    for (const keyword of view.keywordsUsed()) this.#flags.add(flagOfKeyword(keyword))
  }

  /** Adds what a row of the view has; true when that was news. */
  add(view: MailboxView, row: number): boolean {
    const bits = view.flags[row] as number
    const extra = view.extra.size > 0 && view.extraAt(row).length > 0
    if ((bits & ~this.#bits) === 0 && !extra) return false
    this.#bits |= bits
    const before = this.#flags.size
    for (const keyword of view.keywordsAt(row)) this.#flags.add(flagOfKeyword(keyword))
    return this.#flags.size > before
  }

  /** Both responses. `rights`: which of the flags the user can change for good (RFC 4314 §5.1.2). */
  render(rights: Rights): string {
    const flags = [...this.#flags]
    const permanent = flags.filter((flag) => hasRights(rights, rightFor(flag)))
    if (hasRights(rights, 'w')) permanent.push('\\*')
    return `* FLAGS (${flags.join(' ')})\r\n* OK [PERMANENTFLAGS (${permanent.join(' ')})] Flags that are kept\r\n`
  }
}

function rightFor(flag: string): Right {
  return flag === '\\Seen' ? 's' : flag === '\\Deleted' ? 't' : 'w'
}
