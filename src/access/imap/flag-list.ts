/**
 * The flags a mailbox has: what `FLAGS` and `PERMANENTFLAGS` list, and whether that has grown.
 *
 * Standards: RFC 9051 §7.3.5 (FLAGS is sent again when the list changes), §7.1 (PERMANENTFLAGS).
 */
import type { MailboxView } from '../../mailbox/index.ts'
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

  /** Both responses. `readOnly`: nothing can be changed for good. */
  render(readOnly: boolean): string {
    const flags = [...this.#flags].join(' ')
    const permanent = readOnly ? '' : `${flags} \\*`
    return `* FLAGS (${flags})\r\n* OK [PERMANENTFLAGS (${permanent})] Flags that are kept\r\n`
  }
}
