/**
 * Knows where every accepted recipient is, from what is durable and from what others hold, and objects as soon as one is
 * nowhere, or somewhere too often without an excuse.
 *
 * A recipient whose message was taken is in one of: a mailbox, a queue, with the next host (which proved it by its 250 to
 * the dot), in a report to the sender, or ended by an explicit silence (NOTIFY without FAILURE, a report that itself cannot
 * be delivered and was frozen, the operator's deletion). More than one is allowed only while the other is not known yet, or
 * where SMTP cannot know (RFC 5321 §4.5.4.2, RFC 1047): each such doubt excuses one more copy.
 */
import { finalAddresses } from './addresses.ts'
import type { Held } from './held.ts'

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

export interface SeenEntry {
  id: string
  domain: string
  token: string
  raw: string
  status: string
  recipients: { address: string; state: string; attempts: number; owed?: string; notify?: string[] }[]
}

export class Violation extends Error {
  override readonly name = 'Violation'
}

interface Account {
  /** Accepted recipients that lead here. */
  paths: Set<string>
  notify: readonly (readonly string[] | undefined)[]
  mailbox: number
  took: number
  proved: number
  failed: number
  ended: string | undefined
}

export class Ledger {
  readonly #messages = new Map<string, LedgerMessage>()
  /** By token and final address. */
  readonly #legs = new Map<string, Account>()
  readonly #excuses = new Map<string, string[]>()
  readonly #queues = new Map<string, readonly SeenEntry[]>()
  /** By account: what is held for later. */
  readonly #held = new Map<string, readonly string[]>()
  readonly #underWay = new Map<string, readonly string[]>()
  /** Which legs somebody waits for: re-counted when a queue changes. */
  #queued = new Set<string>()
  #dirty = true
  readonly #reports = new Map<string, { token: string; sender: string; actions: string }>()
  readonly note: (line: string) => void

  constructor(note: (line: string) => void) {
    this.note = note
  }

  /** Before it is sent. */
  message(message: LedgerMessage): void {
    this.#messages.set(message.token, message)
    for (const { address, notify } of message.recipients) {
      for (const final of finalAddresses(address)) {
        const leg = this.#leg(message.token, final)
        leg.notify = [...leg.notify, notify]
      }
    }
  }

  knows(token: string): boolean {
    return this.#messages.has(token)
  }

  /** From now on these recipients are ours. */
  accepted(token: string, recipients: readonly LedgerRecipient[]): void {
    this.note(`accepted: ${token} for ${recipients.map(({ address }) => address).join(', ')}`)
    for (const { address } of recipients) {
      for (const final of finalAddresses(address)) this.#leg(token, final).paths.add(address)
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

  mailbox(raw: string, address: string): void {
    const token = this.#arrived(raw, `the mailbox of ${address}`)
    if (token === undefined) return
    const final = finalAddresses(address)[0] as string
    const leg = this.#leg(token, final)
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
      const leg = this.#leg(token, address.toLowerCase())
      this.#checkCopies(token, address, { ...leg, took: leg.took + 1, proved: leg.proved + 1 })
      leg.took++
    }
    this.#dirty = true
  }

  proved(raw: string, recipients: readonly string[]): void {
    const token = tokenOf(raw)
    if (token === undefined) return
    this.note(`proved: ${token} for ${recipients.join(', ')}`)
    for (const address of recipients) this.#leg(token, address.toLowerCase()).proved++
    this.#dirty = true
  }

  /** All that a queue has on disk. */
  queue(domain: string, entries: readonly SeenEntry[]): void {
    this.#queues.set(domain, entries)
    for (const { token, raw } of entries) if (token.startsWith('report.')) this.report(raw)
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

  /** The queue says that nobody is to be told of those. */
  silenced(token: string, addresses: readonly string[], why: string): void {
    for (const address of addresses) {
      for (const final of new Set([address.toLowerCase(), ...finalAddresses(address)])) {
        const leg = this.#leg(token, final)
        if (why === 'unreported' && leg.notify.length > 0 && leg.notify.every((notify) => wants(notify, 'FAILURE')))
          throw new Violation(`${token} for ${address} failed without a report, which nobody asked for`)
        leg.ended ??= why
      }
    }
    this.#dirty = true
  }

  /** A report is somewhere durable: reads whom it is about. */
  report(raw: string): void {
    const token = tokenOf(raw)
    if (token === undefined || !token.startsWith('report.') || this.#reports.has(token)) return
    const about = /Message-ID: <((?:m\d+|report\.)[^@>]*)@/i.exec(raw.slice(raw.search(/\r\n\r\n/)))?.[1]
    if (about === undefined) throw new Violation(`report ${token} does not say what it is about`)
    const original = this.#messages.get(about)
    if (original === undefined) throw new Violation(`report ${token} is about ${about}, which nobody sent`)
    if (original.from === '') throw new Violation(`report ${token} answers a message from <> (RFC 5321 §4.5.5)`)
    const actions: string[] = []
    for (const group of raw.split(/\r\n\r\n/)) {
      const address = /^Final-Recipient: *rfc822; *(\S+)/im.exec(group)?.[1]?.toLowerCase()
      const action = /^Action: *(\S+)/im.exec(group)?.[1]
      if (address === undefined || action === undefined) continue
      actions.push(`${action} ${address}`)
      for (const final of new Set([address, ...finalAddresses(address)])) {
        const leg = this.#leg(about, final)
        const wanted = { failed: 'FAILURE', delayed: 'DELAY' }[action] ?? 'SUCCESS'
        const asked = leg.notify.length === 0 || leg.notify.some((notify) => wants(notify, wanted))
        if (!asked)
          throw new Violation(`${token} reports "${action}" of ${about} for ${address} to a sender who did not want it`)
        if (action === 'failed') leg.failed++
      }
    }
    this.note(`report: ${token} about ${about}: ${actions.join(', ')}`)
    this.#reports.set(token, { token, sender: original.from, actions: actions.join(', ') })
    const recipients = [{ address: original.from, notify: ['NEVER'] }]
    this.message({ token, from: '', body: '', recipients })
    this.accepted(token, recipients)
  }

  /** Throws when somebody is nowhere. Cheap when nothing changed. */
  check(): void {
    if (!this.#dirty) return
    this.#dirty = false
    this.#count()
    const held = new Set([...this.#held.values()].flat())
    for (const [key, leg] of this.#legs) {
      if (leg.paths.size === 0) continue
      const isSettled = leg.mailbox > 0 || leg.proved > 0 || leg.failed > 0 || leg.ended !== undefined
      if (isSettled || this.#queued.has(key) || held.has(key.slice(0, key.indexOf(' ')))) continue
      throw new Violation(`${key} is gone: in no mailbox, no queue, not delivered, not reported`)
    }
  }

  /** At the end: nothing waits any more, and nobody was both reported as failed and served. */
  checkEnd(): void {
    this.check()
    for (const [account, held] of this.#held) {
      if (held.length > 0) throw new Violation(`${held.join(', ')} is still held by ${account}`)
    }
    for (const [token, addresses] of this.#underWay) {
      const stale = addresses.find((address) => this.#shouldHaveHeard(token, address))
      if (stale !== undefined) throw new Violation(`the submission of ${token} says that ${stale} is still queued`)
    }
    for (const [domain, entries] of this.#queues) {
      for (const { id, token, status } of entries) {
        if (status === 'waiting') throw new Violation(`${token} still waits in the queue of ${domain} as ${id}`)
      }
    }
    for (const [key, leg] of this.#legs) {
      const token = key.slice(0, key.indexOf(' '))
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
    const lines = [...this.#queues].flatMap(([domain, entries]) =>
      entries.map(({ id, token, status, recipients }) => {
        const each = recipients.map(
          ({ address, state, owed }) => `${address} ${state}${owed === undefined ? '' : ` owes ${owed}`}`,
        )
        return `queue of ${domain}: ${id} ${token} ${status}: ${each.join(', ')}`
      }),
    )
    return lines.join('\n')
  }

  /** The operator's deletion is told to nobody. Of two recipients that lead to one place, one is told of. */
  #shouldHaveHeard(token: string, address: string): boolean {
    return finalAddresses(address).every((final) => {
      const leg = this.#leg(token, final)
      return leg.notify.length === 1 && leg.ended !== 'deleted by the operator'
    })
  }

  #isExcused(token: string): boolean {
    return (this.#excuses.get(token)?.length ?? 0) > 0
  }

  #arrived(raw: string, where: string): string | undefined {
    const token = tokenOf(raw)
    const message = token === undefined ? undefined : this.#messages.get(token)
    if (token?.startsWith('report.') === true) this.report(raw)
    else if (message === undefined) throw new Violation(`something that nobody sent came to ${where}`)
    else if (!raw.endsWith(message.body)) throw new Violation(`${token} came to ${where} with another body`)
    return token
  }

  #checkCopies(token: string, address: string, leg: Account): void {
    // What was taken without a proof may come again; so may what somebody crashed over.
    const doubts = leg.took - leg.proved + (this.#excuses.get(token)?.length ?? 0)
    const copies = leg.mailbox + leg.took
    if (copies > Math.max(1, leg.notify.length) + doubts)
      throw new Violation(`${token} came to ${address} ${copies} times, and ${doubts} doubts excuse that`)
  }

  #leg(token: string, final: string): Account {
    const key = legKey(token, final)
    let leg = this.#legs.get(key)
    if (leg === undefined) {
      leg = { paths: new Set(), notify: [], mailbox: 0, took: 0, proved: 0, failed: 0, ended: undefined }
      this.#legs.set(key, leg)
    }
    return leg
  }

  #count(): void {
    this.#queued = new Set()
    for (const entries of this.#queues.values()) {
      for (const { token, status, recipients } of entries) {
        const isNull = this.#messages.get(token)?.from === ''
        for (const { address, state, owed, notify } of recipients) {
          // Silent ones are told of when the entry ends, and those of a null reverse-path are frozen then.
          const isKept = state === 'bounced' && (status === 'frozen' || isNull || !wants(notify, 'FAILURE'))
          if (state !== 'waiting' && owed === undefined && !isKept) continue
          this.#queued.add(legKey(token, address.toLowerCase()))
          for (const final of finalAddresses(address)) this.#queued.add(legKey(token, final))
        }
      }
    }
  }
}

/** The name of a message: its Message-ID up to the at sign. */
export function tokenOf(raw: string): string | undefined {
  return /^Message-ID: <([^@>]*)@/im.exec(raw)?.[1]
}

function legKey(token: string, final: string): string {
  return `${token} ${final}`
}

function wants(notify: readonly string[] | undefined, condition: string): boolean {
  return notify === undefined ? condition !== 'SUCCESS' : notify.includes(condition)
}
