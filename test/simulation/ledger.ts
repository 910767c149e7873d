/**
 * Knows where every accepted recipient is, from what is durable and from what others hold, and objects as soon as one is
 * nowhere, or somewhere too often without an excuse.
 *
 * A recipient whose message was taken is in one of: a mailbox, a queue, with the next host (which proved it by its 250 to
 * the dot), in a report to the sender, or ended by an explicit silence (NOTIFY without FAILURE, a report that itself cannot
 * be delivered and was frozen, the operator's deletion). More than one is allowed only while the other is not known yet, or
 * where SMTP cannot know (RFC 5321 §4.5.4.2, RFC 1047): each such doubt excuses one more copy.
 */
import { AddressBook, canonical } from './addresses.ts'
import { EventLedger, hookOf, isHookQueue } from './event-ledger.ts'
import type { Held } from './held.ts'
import { ListLedger } from './list-ledger.ts'
import type { SeenList } from './list-view.ts'
import { type Leg, legKey, Legs, tokenOfLeg, wants } from './legs.ts'
import { tokenOf } from './message.ts'
import { describeEntries, type SeenEntry } from './queue-view.ts'
import { entryOfReport, isNotice, isReport, readReport } from './report-view.ts'
import type { Plan } from './plan.ts'
import { quietTown } from './town.ts'
import { Violation } from './violation.ts'
import { WatchLedger } from './watch-ledger.ts'

export interface LedgerRecipient {
  address: string
  notify?: readonly string[]
}

export interface LedgerMessage {
  token: string
  from: string
  body: string
  recipients: readonly LedgerRecipient[]
}

export class Ledger {
  readonly #messages = new Map<string, LedgerMessage>()
  readonly #excuses = new Map<string, string[]>()
  readonly #queues = new Map<string, readonly SeenEntry[]>()
  /** By account: what is held for later. */
  readonly #held = new Map<string, readonly string[]>()
  readonly #underWay = new Map<string, readonly string[]>()
  /** Which legs somebody waits for: re-counted when a queue changes. */
  #queued = new Set<string>()
  #heldNow = new Set<string>()
  #dirty = true
  /** By token: what each is about. */
  readonly #reports = new Map<string, readonly string[]>()
  readonly book: AddressBook
  readonly #legs: Legs
  readonly lists: ListLedger
  readonly events: EventLedger
  readonly watch: WatchLedger
  readonly note: (line: string) => void

  constructor({ town, watchers }: Pick<Plan, 'town' | 'watchers'>, note: (line: string) => void) {
    this.note = note
    this.book = new AddressBook(town)
    const book = this.book
    this.#legs = new Legs(book)
    this.lists = new ListLedger({
      town,
      book,
      note,
      promise: (copy, original, list, members) => this.#listed(copy, original, list, members),
      handed: (copy, address) => this.events.accepted(copy, address),
      isSettled: (copy, address) => book.finals(address).every((final) => this.#isSomewhere(legKey(copy, final))),
    })
    this.events = new EventLedger({
      book,
      note,
      excuses: (name) => this.#excuses.get(name)?.length ?? 0,
      hasGoneOn: (token, address) => this.#hasGoneOn(token, address),
    })
    const excuses = (token: string): readonly string[] => this.#excuses.get(token) ?? []
    const isQuiet = town === quietTown
    this.watch = new WatchLedger({ watchers, note, book, isQuiet, excuses, fates: this.#legs })
  }

  /** Before it is sent. */
  message(message: LedgerMessage): void {
    this.#messages.set(message.token, message)
    for (const { address, notify } of message.recipients) {
      this.#legs.promise(message.token, address, notify)
      this.events.sent(message.token, address)
    }
  }

  knows(token: string): boolean {
    return this.#messages.has(token)
  }

  /** From now on these recipients are ours. */
  accepted(token: string, recipients: readonly LedgerRecipient[]): void {
    this.note(`accepted: ${token} for ${recipients.map(({ address }) => address).join(', ')}`)
    for (const { address } of recipients) {
      for (const final of this.book.finals(address)) this.#legs.get(token, final).paths.add(address)
      this.events.accepted(token, address)
    }
    this.#dirty = true
  }

  /** One more copy of that message may come, for this reason. */
  excuse(token: string, why: string): void {
    this.note(`excuse: ${token}: ${why}`)
    const known = this.#excuses.get(token)
    if (known === undefined) this.#excuses.set(token, [why])
    else known.push(why)
  }

  /** `list`: whose it is, and not anybody's. */
  mailbox(raw: string, address: string, list?: string): void {
    const token = this.#arrived(raw, `the mailbox of ${address}`)
    if (token === undefined) return
    if (list !== undefined) this.lists.took(list, token, raw, address)
    const final = canonical(address)
    const leg = this.#legs.get(token, final)
    leg.mailbox++
    this.#dirty = true
    this.note(`stored: ${token} for ${address}`)
    this.#checkCopies(token, final, leg)
  }

  took(raw: string, recipients: readonly string[], peer: string): void {
    const token = this.#arrived(raw, peer)
    if (token === undefined) return
    this.note(`taken: ${token} for ${recipients.join(', ')} by ${peer}`)
    for (const address of recipients) {
      const leg = this.#legs.get(token, address.toLowerCase())
      this.#checkCopies(token, address, { ...leg, took: leg.took + 1, proved: leg.proved + 1 })
      leg.took++
    }
    this.#dirty = true
  }

  proved(raw: string, recipients: readonly string[]): void {
    const token = tokenOf(raw)
    if (token === undefined) return
    this.note(`proved: ${token} for ${recipients.join(', ')}`)
    for (const address of recipients) this.#legs.get(token, address.toLowerCase()).proved++
    this.#dirty = true
  }

  /** All that a queue has on disk. */
  queue(domain: string, entries: readonly SeenEntry[]): void {
    this.#queues.set(domain, entries)
    for (const { token, raw, domain: to, status, hasWays, recipients, event } of entries) {
      if (event !== undefined) this.watch.queued(hookOf(to), event, status)
      // What is told to a webhook is not for its recipients yet.
      if (isHookQueue(to)) continue
      if (status === 'frozen') this.#checkFrozen(token)
      if (isReport(token)) this.report(raw)
      else if (isNotice(token)) this.#notice(token, recipients)
      for (const { address, state, decided } of recipients) {
        const isRouted = hasWays || decided !== undefined
        if (isRouted || state === 'waiting') this.#legs.waits(token, address, isRouted)
      }
    }
    this.#dirty = true
  }

  /** What an account has on disk of messages for later. One that came back is in its sender's hands. */
  account(name: string, { pending, returned, underWay }: Held): void {
    for (const [token, addresses] of underWay) this.#underWay.set(token, addresses)
    for (const token of this.#held.get(name) ?? []) {
      if (pending.includes(token) || !returned.includes(token)) continue
      const message = this.#messages.get(token)
      for (const { address } of message?.recipients ?? []) this.silenced(token, [address], 'returned')
    }
    this.#held.set(name, pending)
    this.#dirty = true
  }

  /** What a list has on disk. */
  list(name: string, seen: SeenList): void {
    this.lists.seen(name, seen)
    this.#dirty = true
  }

  /** A webhook has been told of a message. */
  told(hook: string, id: string, token: string): void {
    if (!this.knows(token) && !isReport(token) && !isNotice(token))
      throw new Violation(`${hook} is told of ${token}, which nobody sent`)
    this.events.took(hook, id, token)
    this.#dirty = true
  }

  /** Of what was for a webhook: nobody else is to hear of it. */
  untold(token: string, domain: string): void {
    this.events.ended(token, domain)
    this.#dirty = true
  }

  /** The queue says that nobody is to be told of those. */
  silenced(token: string, addresses: readonly string[], why: string): void {
    for (const address of addresses) {
      for (const leg of this.#legs.meantLegs(token, address)) {
        if (why === 'unreported' && leg.notify.length > 0 && leg.notify.every((notify) => wants(notify, 'FAILURE')))
          throw new Violation(`${token} for ${address} failed without a report, which nobody asked for`)
        leg.ended ??= why
      }
    }
    this.#dirty = true
  }

  /** The operator deletes an entry: its report, if one is being handed over, comes as far as it comes. */
  abandoned(entry: string): void {
    for (const [token, { recipients }] of this.#messages) {
      if (entryOfReport(token) !== entry) continue
      for (const final of recipients.flatMap(({ address }) => this.book.finals(address)))
        this.#legs.get(token, final).ended ??= 'deleted by the operator'
    }
  }

  /** A report is somewhere durable: reads whom it is about. */
  report(raw: string): void {
    const token = tokenOf(raw)
    if (token === undefined || !isReport(token) || this.#reports.has(token)) return
    const { about, actions } = readReport(raw)
    if (about === undefined) throw new Violation(`report ${token} does not say what it is about`)
    const original = this.#messages.get(about)
    if (original === undefined) throw new Violation(`report ${token} is about ${about}, which nobody sent`)
    if (original.from === '') throw new Violation(`report ${token} answers a message from <> (RFC 5321 §4.5.5)`)
    for (const { action, address } of actions) {
      const wanted = { failed: 'FAILURE', delayed: 'DELAY' }[action] ?? 'SUCCESS'
      const legs = this.#legs.meantLegs(about, address)
      const own = legs.filter(({ isCopy, notify }) => !isCopy || notify.length === 0)
      const asked = own.some(({ notify }) => notify.length === 0 || notify.some((one) => wants(one, wanted)))
      if (!asked)
        throw new Violation(`${token} reports "${action}" of ${about} for ${address} to a sender who did not want it`)
      if (action !== 'failed') continue
      for (const leg of own) leg.failed++
      for (const leg of legs) if (!own.includes(leg)) leg.ended ??= 'not made'
    }
    this.note(
      `report: ${token} about ${about}: ${actions.map(({ action, address }) => `${action} ${address}`).join(', ')}`,
    )
    const legs = actions.flatMap(({ address }) => [address, ...this.book.finals(address)])
    this.#reports.set(
      token,
      legs.map((final) => legKey(about, final)),
    )
    const recipients = [{ address: original.from, notify: ['NEVER'] }]
    this.message({ token, from: '', body: '', recipients })
    this.accepted(token, recipients)
  }

  /** Throws when somebody is nowhere. Cheap when nothing changed. */
  check(): void {
    if (!this.#dirty) return
    this.#dirty = false
    this.#count()
    this.#heldNow = new Set([...this.#held.values()].flat())
    for (const [key, leg] of this.#legs.all) {
      if (leg.paths.size === 0 || this.#isSomewhere(key) || this.#mayBeNowhere(tokenOfLeg(key))) continue
      throw new Violation(`${key} is gone: in no mailbox, no queue, not delivered, not reported`)
    }
    this.lists.check()
    this.events.check()
  }

  /** At the end: nothing waits any more, and nobody was both reported as failed and served. */
  checkEnd(): void {
    this.check()
    this.lists.checkEnd()
    this.watch.check()
    for (const [account, held] of this.#held) {
      if (held.length > 0) throw new Violation(`${held.join(', ')} is still held by ${account}`)
    }
    for (const [token, addresses] of this.#underWay) {
      const stale = addresses.find((address) => this.#shouldHaveHeard(token, address))
      if (stale !== undefined) throw new Violation(`the submission of ${token} says that ${stale} is still queued`)
    }
    for (const [domain, entries] of this.#queues) {
      for (const { id, token, status, news } of entries) {
        if (news.length > 0)
          throw new Violation(`nobody looks after news of ${token} in the queue of ${domain} as ${id}`)
        if (status === 'waiting') throw new Violation(`${token} still waits in the queue of ${domain} as ${id}`)
      }
    }
    for (const [key, leg] of this.#legs.all) {
      const token = tokenOfLeg(key)
      if (
        leg.failed > 0 &&
        (leg.mailbox > 0 || leg.proved > 0) &&
        leg.took <= leg.proved &&
        !this.#isExcused(token) &&
        leg.notify.length < 2
      )
        throw new Violation(`${key} was delivered and reported as failed`)
    }
  }

  /** What the queues hold, for people. */
  describeQueues(): string {
    return [...this.#queues].flatMap(([domain, entries]) => describeEntries(domain, entries)).join('\n')
  }

  /** The operator's deletion is told to nobody. Of two recipients that lead to one place, one is told of. */
  #shouldHaveHeard(token: string, address: string): boolean {
    return this.book.finals(address).every((final) => {
      const leg = this.#legs.get(token, final)
      return leg.notify.length === 1 && leg.ended !== 'deleted by the operator'
    })
  }

  /** It has come, waits, or is told of. */
  #isSomewhere(key: string): boolean {
    const { mailbox = 0, proved = 0, failed = 0, ended } = this.#legs.known(key) ?? {}
    const isSettled = mailbox > 0 || proved > 0 || failed > 0 || ended !== undefined
    return isSettled || this.#queued.has(key) || this.#heldNow.has(tokenOfLeg(key))
  }

  /** Its sender drops what is reported; or it is a report itself, which is not handed over yet, or was made once more. */
  #mayBeNowhere(token: string): boolean {
    const from = this.#messages.get(token)?.from ?? ''
    if (from !== '' && this.book.finals(from).length === 0) return true
    const legs = this.#reports.get(token)
    if (legs === undefined) return false
    const ways = this.#messages.get(token)?.recipients.flatMap(({ address }) => this.book.finals(address)) ?? []
    return legs.some((key) => this.#queued.has(key)) || (ways.length > 1 && this.#isExcused(token))
  }

  /** Without waiting for another look at this address. */
  #hasGoneOn(token: string, address: string): boolean {
    const key = legKey(token, address.toLowerCase())
    const { failed = 0, ended } = this.#legs.known(key) ?? {}
    if (this.#heldNow.has(token) || this.#queued.has(key) || failed > 0 || ended !== undefined) return false
    const legs = this.book.finals(address).map((final) => this.#legs.get(token, final))
    return legs.length === 0 || legs.some(({ mailbox, proved }) => mailbox + proved > 0)
  }

  /** A report that is refused for good: only where its sender has no place for it. */
  #checkFrozen(token: string): void {
    const { from = '' } = this.#messages.get(token) ?? {}
    const isList = from.includes('-bounces')
    if (from === '' || isList || !this.book.takesReports(from)) return
    throw new Violation(`what became of ${token} is told to nobody, though ${from} takes mail`)
  }

  /** A list's copies: each comes back to the list. */
  #listed(copy: string, original: string, list: string, members: readonly string[]): void {
    const recipients = members.map((address) => ({ address, notify: ['FAILURE'] }))
    const body = this.#messages.get(original)?.body ?? ''
    this.message({ token: copy, from: `${list}-bounces@facteur.test`, body, recipients })
  }

  /** A list tells its owners. That is worth one try; what a queue has taken of it is worth as much as other mail. */
  #notice(token: string, recipients: readonly { address: string }[]): void {
    if (!this.knows(token)) this.message({ token, from: '', body: '', recipients: [] })
    for (const { address } of recipients) this.#legs.get(token, address.toLowerCase()).paths.add(address)
  }

  #isExcused(token: string): boolean {
    return (this.#excuses.get(token)?.length ?? 0) > 0
  }

  #arrived(raw: string, where: string): string | undefined {
    const token = tokenOf(raw)
    const message = token === undefined ? undefined : this.#messages.get(token)
    if (token !== undefined && isReport(token)) this.report(raw)
    else if (token !== undefined && isNotice(token)) this.note(`notice: ${token} to ${where}`)
    else if (message === undefined) throw new Violation(`something that nobody sent came to ${where}`)
    else if (!raw.endsWith(message.body)) throw new Violation(`${token} came to ${where} with another body`)
    return token
  }

  #checkCopies(token: string, address: string, leg: Leg): void {
    // What was taken without a proof may come again; so may what somebody crashed over.
    const doubts = leg.took - leg.proved + (this.#excuses.get(token)?.length ?? 0)
    const copies = leg.mailbox + leg.took
    if (leg.notify.length === 0 && !isNotice(token))
      throw new Violation(`${token} came to ${address}, for whom it is not`)
    if (copies > Math.max(1, leg.notify.length) + doubts)
      throw new Violation(`${token} came to ${address} ${copies} times, and ${doubts} doubts excuse that`)
  }

  #count(): void {
    this.#queued = new Set()
    const events: [string, string][] = []
    for (const entries of this.#queues.values()) {
      for (const { token, domain, status, recipients } of entries) {
        const isEvent = isHookQueue(domain)
        const isNull = isEvent || this.#messages.get(token)?.from === ''
        for (const { address, state, owed, notify } of recipients) {
          // Silent ones are told of when the entry ends, and those of a null reverse-path are frozen then.
          const isKept = state === 'bounced' && (status === 'frozen' || isNull || !wants(notify, 'FAILURE'))
          if (state !== 'waiting' && owed === undefined && !isKept) continue
          if (isEvent) {
            events.push([token, domain])
            continue
          }
          const key = legKey(token, address.toLowerCase())
          this.#queued.add(key)
          for (const final of this.#legs.meant(token, address)) this.#queued.add(legKey(token, final))
        }
      }
    }
    this.events.queued(events)
  }
}
