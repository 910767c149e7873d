/**
 * The principals who look at an account, each with what it has in memory.
 */
import { anyone } from '../grants.ts'
import type { Mail } from '../mail.ts'
import type { OpenAccount } from '../open-account.ts'
import { hasRights } from '../rights.ts'
import type { SessionMail } from '../session-mail.ts'
import type { Person } from '../share-news.ts'
import { GuestMail } from './guest-mail.ts'
import { SharedMail } from './shared-mail.ts'

/** Principals whose view of the account is kept ready. */
const maxKept = 32

export class Guests {
  readonly #owner: Mail & SessionMail
  readonly #kept = new Map<string, SharedMail>()

  constructor(owner: Mail & SessionMail) {
    this.#owner = owner
  }

  /** Undefined when the principal sees no mailbox. */
  mailOf(principal: string, parts: OpenAccount): SharedMail | undefined {
    const granted = [...parts.grants.to(principal).values()]
    if (principal === anyone || !granted.some((rights) => hasRights(rights, 'l'))) return undefined
    let mail = this.#kept.get(principal)
    if (mail === undefined) {
      if (this.#kept.size >= maxKept) this.#kept.clear()
      this.#kept.set(principal, (mail = new SharedMail(principal, this.#owner, parts)))
    }
    return mail
  }

  /** For one command of an IMAP session. Undefined when the guest sees no mailbox. */
  sessionOf(guest: Person, namePrefix: string, parts: OpenAccount): GuestMail | undefined {
    const shared = this.mailOf(guest.id, parts)
    return shared && new GuestMail({ guest, owner: this.#owner, shared, parts, namePrefix })
  }
}
