/**
 * What exists for a principal: mailboxes it may look up, mail in those that it may read besides.
 *
 * Standards: RFC 8621 §2 (mayReadItems: an Email may be fetched if it is in at least one Mailbox with this permission).
 * Cost: kept until a grant or a message changes; then one scan of the views that may be read.
 */
import { Bitmap } from '../bitmap.ts'
import type { Grants } from '../grants.ts'
import type { EmailId, MailboxId } from '../ids.ts'
import type { Mailboxes } from '../mailboxes.ts'
import { hasRights, noRights, type Right, type Rights } from '../rights.ts'
import type { Views } from '../views.ts'

export interface ScopeParts {
  readonly grants: Grants
  readonly views: Views
  readonly mailboxes: Mailboxes
  readonly highest: () => number
}

export class Scope {
  readonly principal: string
  readonly #parts: ScopeParts
  #visible: ReadonlyMap<MailboxId, Rights> = new Map()
  #readable: readonly MailboxId[] = []
  #grantsVersion = -1
  #seen: Bitmap | undefined
  #viewsVersion = -1

  constructor(principal: string, parts: ScopeParts) {
    this.principal = principal
    this.#parts = parts
  }

  /** The mailboxes that exist for the principal. */
  visible(): ReadonlyMap<MailboxId, Rights> {
    this.#refresh()
    return this.#visible
  }

  /** Those whose contents exist too. */
  readable(): readonly MailboxId[] {
    this.#refresh()
    return this.#readable
  }

  /** `''` for a mailbox that does not exist for the principal. */
  rights(id: MailboxId): Rights {
    return this.visible().get(id) ?? noRights
  }

  may(id: MailboxId, right: Right | readonly Right[]): boolean {
    return hasRights(this.rights(id), right)
  }

  mayRead(id: MailboxId): boolean {
    return this.may(id, ['l', 'r'])
  }

  /** Moves when what is visible may have changed by grants. */
  get version(): number {
    return this.#parts.grants.version
  }

  /** The emails that exist for the principal: those with a place in a mailbox it may read that is not marked `\Deleted`. */
  seen(): Bitmap {
    this.#refresh()
    const { views, highest } = this.#parts
    if (this.#seen !== undefined && this.#viewsVersion === views.version) return this.#seen
    const seen = new Bitmap(highest())
    for (const id of this.#readable) {
      const view = views.of(id)
      for (let row = 0; row < view.length; row++) {
        if (!view.isDeletedAt(row)) seen.add(view.emails[row] as number)
      }
    }
    this.#viewsVersion = views.version
    return (this.#seen = seen)
  }

  sees(email: EmailId | number): boolean {
    return this.seen().has(email)
  }

  #refresh(): void {
    const { grants, mailboxes } = this.#parts
    if (this.#grantsVersion === grants.version) return
    const granted = [...grants.to(this.principal)]
    this.#visible = new Map(granted.filter(([id, rights]) => hasRights(rights, 'l') && mailboxes.get(id) !== undefined))
    this.#readable = [...this.#visible.keys()].filter((id) => hasRights(this.#visible.get(id) ?? noRights, 'r'))
    this.#seen = undefined
    this.#grantsVersion = grants.version
  }
}
