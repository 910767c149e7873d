/**
 * Which flags of a shared mailbox a guest may change.
 *
 * `\Seen` needs `s`, `\Deleted` `t`, everything else `w`. What is among many and may not be changed stays as it is; only who
 * may change nothing of what they ask for is refused. Keywords are the email's in all its mailboxes, so the right is needed in
 * all that the guest reads.
 *
 * Standards: RFC 4314 §4 (STORE, APPEND), §5.1.2.
 */
import type { MailboxId } from '../ids.ts'
import { deletedFlag } from '../keyword-name.ts'
import { hasRights, type Right, type Rights } from '../rights.ts'
import type { SetPatch } from '../types.ts'
import type { MailboxView } from '../view.ts'
import { forbidden } from './shared-mailboxes.ts'

export interface GuestFlagsParts {
  readonly rightsTo: (id: MailboxId) => Rights
  /** The mailboxes that the guest may read. */
  readonly readable: () => readonly MailboxId[]
  readonly view: (id: MailboxId) => MailboxView
}

export class GuestFlags {
  readonly #parts: GuestFlagsParts

  constructor(parts: GuestFlagsParts) {
    this.#parts = parts
  }

  /** Those that may be set on a new message. */
  settable(mailboxes: readonly MailboxId[], names: readonly string[]): string[] {
    return names.filter((name) => mailboxes.every((id) => this.#may(id, name)))
  }

  /** What is left of the change; the same as differences when all flags were to be replaced. Throws `forbidden`. */
  allowed(mailbox: MailboxId, uids: readonly number[], change: SetPatch<string>): SetPatch<string> {
    const mayChange = (name: string): boolean => this.#may(mailbox, name)
    const view = this.#parts.view(mailbox)
    const rows = view.rowsOf(uids)
    const { replace } = change
    let { add = [], remove = [] } = change
    if (replace !== undefined) {
      if (!Object.values(rightOf).some((right) => hasRights(this.#parts.rightsTo(mailbox), right))) throw forbidden()
      const wanted = new Set(replace.map((name) => name.toLowerCase()))
      const present = new Set(rows.flatMap((row) => [...view.keywordsAt(row)]))
      if (rows.some((row) => view.isDeletedAt(row))) present.add(deletedFlag)
      remove = [...present].filter((name) => !wanted.has(name.toLowerCase()))
      add = replace
    }
    const [adding, removing] = [add.filter(mayChange), remove.filter(mayChange)]
    const asked = add.length + remove.length
    if (replace === undefined && asked > 0 && adding.length + removing.length === 0) throw forbidden()
    const emails = new Set(rows.map((row) => view.emails[row] as number))
    this.#allowElsewhere(mailbox, emails, [...adding, ...removing])
    return { add: adding, remove: removing }
  }

  #may(mailbox: MailboxId, name: string): boolean {
    return hasRights(this.#parts.rightsTo(mailbox), rightFor(name))
  }

  #allowElsewhere(mailbox: MailboxId, emails: ReadonlySet<number>, names: readonly string[]): void {
    const keywords = names.filter((name) => name !== deletedFlag)
    for (const other of this.#parts.readable()) {
      if (other === mailbox || keywords.every((name) => this.#may(other, name))) continue
      const view = this.#parts.view(other)
      for (let row = 0; row < view.length; row++) if (emails.has(view.emails[row] as number)) throw forbidden()
    }
  }
}

const rightOf = { seen: 's', deleted: 't', others: 'w' } as const

function rightFor(name: string): Right {
  const lower = name.toLowerCase()
  return lower === '$seen' ? rightOf.seen : lower === deletedFlag.toLowerCase() ? rightOf.deleted : rightOf.others
}
