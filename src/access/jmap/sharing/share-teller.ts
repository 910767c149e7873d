/**
 * Tells others what is shared with them: their accounts show it in sessions, and make notices of it.
 *
 * The durable rule is the pusher's: a row says what each principal was told last, and what is still to be told is the
 * difference to the grants. A commit only sets the account's alarm, as part of that commit; the alarm tells, and the row is
 * written when the other account has taken it. Whoever dies in between finds the alarm again. Nobody is asked for their
 * permission by it: what may be read is decided by the grants alone, when it is read.
 *
 * Standards: RFC 9670 §3, §4.
 * Cost: an account that shares nothing looks at nothing; one that does writes a row for each change and principal.
 */
import {
  anyone,
  noRights,
  type Commit,
  type MailStore,
  type Person,
  type ShareNews,
  type ShareTelling,
  type Told,
} from '../../../mailbox/index.ts'
import type { JmapAccount } from '../context.ts'

export interface ShareTellerPorts {
  readonly store: MailStore
  readonly account: () => JmapAccount
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  /** Calls `run` at that time or before, in another life if need be. It joins the commit of the event that calls it. */
  readonly wakeAt: (time: number) => void
  /** Hands news over; who the principal is, or `gone` when there is no such account. Rejects when it cannot be reached. */
  readonly tell: (principal: string, news: ShareNews) => Promise<Person | 'gone'>
  readonly onFault: (where: string, cause: unknown) => void
}

const firstRetry = 5_000
const longestRetry = 3_600_000
const nothing: Told = { mailboxes: [], isSubscribed: false }

export class ShareTeller {
  readonly name = 'sharing'
  readonly #ports: ShareTellerPorts
  readonly #underWay = new Set<string>()
  #stopped = false

  constructor(ports: ShareTellerPorts) {
    this.#ports = ports
  }

  /** To be called for every commit. */
  notify(commit: Commit): void {
    const { mailboxes, grants } = commit
    if (grants.size + mailboxes.created.length + mailboxes.updated.length + mailboxes.destroyed.length === 0) return
    if (this.#pending().length > 0) this.#ports.wakeAt(this.#ports.clock())
  }

  nextWakeup(): number | undefined {
    const times = this.#pending()
      .filter(({ principal }) => !this.#underWay.has(principal))
      .map(({ notBefore }) => notBefore)
    return times.length === 0 ? undefined : Math.max(Math.min(...times), this.#ports.clock())
  }

  /** Tells what is due and waits for the answers. */
  async run(): Promise<void> {
    const now = this.#ports.clock()
    const due = this.#pending().filter(({ principal, notBefore }) => notBefore <= now && !this.#underWay.has(principal))
    await Promise.all(due.map(({ principal }) => this.#tell(principal)))
  }

  /** The account is being removed: everybody hears that nothing is shared any more. Never rejects. */
  async farewell(): Promise<void> {
    this.#stopped = true
    const { store, tell, onFault } = this.#ports
    if (!store.exists) return
    const tellings = [...store.shareTellings.all().keys()].map(async (principal) => {
      try {
        // Above all that was told: no other news come after it.
        await tell(principal, { ...this.#news(principal, nothing), version: Number.MAX_SAFE_INTEGER })
      } catch (error) {
        // Their account finds out when it asks.
        onFault('telling that an account is gone', error)
      }
    })
    await Promise.all(tellings)
  }

  /** That account is no more: nothing is shared with it. */
  principalGone(principal: string): void {
    const { store } = this.#ports
    if (this.#stopped || !store.exists) return
    store.transaction(() => {
      for (const id of store.grants.to(principal).keys()) store.grants.set(id, principal, noRights)
      store.shareTellings.remove(principal)
    })
  }

  #pending(): ShareTelling[] {
    const { store } = this.#ports
    if (this.#stopped || !store.exists) return []
    const { grants, shareTellings } = store
    if (grants.isEmpty && shareTellings.all().size === 0) return []
    const principals = new Set([...grants.principals(), ...shareTellings.all().keys()])
    principals.delete(anyone)
    return Array.from(principals, (principal) => shareTellings.get(principal)).filter(
      ({ principal, told }) => JSON.stringify(told ?? nothing) !== JSON.stringify(this.#present(principal)),
    )
  }

  /** What is shared with a principal now. */
  #present(principal: string): Told {
    const mail = this.#ports.store.sharedWith(principal)
    if (mail === undefined) return nothing
    const mailboxes = mail.mailboxes()
    return {
      mailboxes: mailboxes.map(({ id, name }) => ({ id, name, rights: mail.rightsTo(id) })),
      isSubscribed: mailboxes.some(({ isSubscribed }) => isSubscribed),
    }
  }

  #news(principal: string, present: Told): ShareNews {
    const { store, account } = this.#ports
    const { id, address, name } = account()
    const owner = { id, address, name }
    const { changedBy = owner } = store.shareTellings.get(principal)
    return { owner, version: store.state, ...present, changedBy }
  }

  async #tell(principal: string): Promise<void> {
    const { store, tell, clock, onFault } = this.#ports
    const present = this.#present(principal)
    const news = this.#news(principal, present)
    this.#underWay.add(principal)
    try {
      const person = await tell(principal, news)
      if (this.#stopped) return
      if (person === 'gone') return this.principalGone(principal)
      const telling = store.shareTellings.get(principal)
      // Somebody else may have changed more meanwhile: that is told next.
      const changedBy =
        JSON.stringify(telling.changedBy) === JSON.stringify(news.changedBy) ? undefined : telling.changedBy
      if (present.mailboxes.length === 0) store.shareTellings.remove(principal)
      else store.shareTellings.save({ ...telling, told: present, person, changedBy, failures: 0, notBefore: 0 })
    } catch (error) {
      onFault('telling what is shared', error)
      if (this.#stopped) return
      const telling = store.shareTellings.get(principal)
      const failures = telling.failures + 1
      const notBefore = clock() + Math.min(longestRetry, firstRetry * 2 ** (failures - 1))
      store.shareTellings.save({ ...telling, failures, notBefore })
    } finally {
      this.#underWay.delete(principal)
    }
  }
}
