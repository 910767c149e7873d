/**
 * What becomes of each address on a message's way, by the directory's answer and by rules.
 *
 * Standards: RFC 5321 §3.9 (aliases), RFC 3463 (5.1.1, 5.1.3, 5.4.6).
 */
import { formatAddress, splitAddress } from '../format/index.ts'
import { canonicalDomain, canonicalLocalPart } from './address.ts'
import type { DeadTarget, Destination, MailboxDestination, Resolution } from './destination.ts'
import type { DirectoryAnswer } from './directory.ts'
import type { Refusal } from './refusal.ts'
import { reportsMailbox } from './reports-mailbox.ts'
import { combined } from './ruled-step.ts'
import type { Marks, Ruling } from './rules/index.ts'
import { webhookQueue } from './webhook-queue.ts'

export interface Step {
  address: string
  via: string[]
  marks?: Marks
  copy?: true
  /** Rules have had their say about this address. */
  settled?: true
}

/** An address on the way. */
export interface Place {
  localPart: string
  domain: string
  /** Canonical. */
  key: string
}

/** What is found on the way, and what is to be looked at next. */
export class Found {
  readonly #destinations = new Map<string, Destination>()
  readonly #dead: DeadTarget[] = []
  readonly #fitting: { address: string; rules: readonly string[] }[] = []
  #discarded = false
  #open = false

  get resolution(): Resolution {
    const dead = this.#dead
    if (this.#destinations.size > 0 || this.#discarded || this.#open) {
      return {
        kind: 'route',
        destinations: [...this.#destinations.values()],
        dead,
        ...(this.#discarded ? { discarded: true } : {}),
        ...(this.#open ? { open: true } : {}),
        ...(this.#fitting.length === 0 ? {} : { fitting: this.#fitting }),
      }
    }
    const [first] = dead
    if (first !== undefined) return { kind: 'reject', reply: first.reply }
    return reject(550, '5.4.6', 'Mail for this address is forwarded in a loop')
  }

  refuse({ address, via, copy }: Step, reply: Refusal): void {
    this.#dead.push({ address, via, reply, ...(copy && { copy }) })
  }

  /** Goes where the directory says; what is to be looked at next. */
  follow(step: Step, at: Place, answer: DirectoryAnswer): Step[] {
    const { via, marks, copy } = step
    const address = formatAddress({ localPart: at.localPart, domain: at.domain })
    const { domain } = at
    switch (answer.kind) {
      case 'foreign':
        // Elsewhere the local part may be sensitive to case (RFC 5321 §2.4).
        this.#place(`relay ${address}`, { kind: 'relay', domain, address, via, ...(copy && { copy }) })
        return []
      case 'unknown':
        this.refuse(step, refusal(550, '5.1.1', 'No such user here'))
        return []
      case 'account': {
        const { accountId, detail, mask } = answer
        const destination: MailboxDestination = { kind: 'mailbox', accountId, address, domain, via }
        if (detail !== undefined) destination.detail = detail
        if (mask !== undefined) destination.mask = mask
        if (marks !== undefined) destination.marks = marks
        if (copy === true) destination.copy = copy
        this.#place(`mailbox ${accountId}`, destination)
        return []
      }
      case 'reports': {
        const accountId = reportsMailbox(domain)
        this.#place(`mailbox ${accountId}`, { kind: 'mailbox', accountId, address, domain, via })
        return []
      }
      case 'list': {
        const { listId, role, detail } = answer
        const destination: MailboxDestination = { kind: 'mailbox', accountId: listId, address, domain, via, list: role }
        if (detail !== undefined) destination.detail = detail
        if (marks !== undefined) destination.marks = marks
        if (copy === true) destination.copy = copy
        this.#place(`list ${listId} ${role} ${detail ?? ''}`, destination)
        return []
      }
      case 'alias':
        return answer.targets.map((target) => onward(step, at, target))
    }
  }

  /** Does what the rules of the address's domain say; what is to be looked at next. */
  obey(step: Step, at: Place, answer: DirectoryAnswer, { fate, copies, webhooks, marks, fitting }: Ruling): Step[] {
    if (fitting.length > 0) this.#fitting.push({ address: at.key, rules: fitting })
    const marked: Step = { ...step, marks: combined(step.marks ?? {}, marks) }
    const more = copies.map((target): Step => ({ address: target, via: [...step.via, at.key], copy: true }))
    switch (fate.kind) {
      case 'open':
        this.#open = true
        // It may turn out that a rule takes mail for an address which nobody has.
        return answer.kind === 'unknown' ? [] : this.follow(step, at, answer)
      case 'reject':
        this.refuse(step, fate.reply)
        return []
      case 'discard':
        this.#discarded = true
        this.#tell(step, at, webhooks)
        return more
      case 'relay': {
        const { domain } = at
        const address = formatAddress({ localPart: at.localPart, domain })
        const { via, copy } = step
        this.#place(`relay ${address}`, { kind: 'relay', domain, address, via, ways: fate.ways, ...(copy && { copy }) })
        this.#tell(step, at, webhooks)
        return more
      }
      case 'redirect':
        this.#tell(step, at, webhooks)
        return [...fate.targets.map((target) => redirected(marked, at, target)), ...more]
      case 'keep':
        // Mail that is refused is nobody's news.
        if (answer.kind === 'unknown') return this.follow(marked, at, answer)
        this.#tell(step, at, webhooks)
        return [...this.follow(marked, at, answer), ...more]
    }
  }

  /** Webhooks hear of the message, each once. A copy that a rule has made is not one more message. */
  #tell({ copy }: Step, { key, domain: hosted }: Place, names: readonly string[]): void {
    if (copy === true) return
    for (const name of names) {
      const domain = webhookQueue(name, hosted)
      const ways = [`webhook:${name}`]
      this.#place(`event ${domain}`, { kind: 'relay', domain, address: key, via: [], ways, isEvent: true, copy: true })
    }
  }

  /** What is asked for counts more than what is copied. */
  #place(key: string, destination: Destination): void {
    const known = this.#destinations.get(key)
    if (known === undefined || (known.copy === true && destination.copy !== true)) {
      this.#destinations.set(key, destination)
    }
  }
}

function onward({ via, marks, copy }: Step, at: Place, address: string): Step {
  return { address, via: [...via, at.key], ...(marks && { marks }), ...(copy && { copy }) }
}

/** Its own address among the targets: the mail is kept too. */
function redirected(step: Step, at: Place, target: string): Step {
  const parts = splitAddress(target)
  const key = parts && `${canonicalLocalPart(parts.localPart)}@${canonicalDomain(parts.domain)}`
  return key === at.key ? { ...step, settled: true } : onward(step, at, target)
}

export function refusal(code: number, enhanced: string, text: string): Refusal {
  return { code, enhanced, text }
}

export function reject(code: number, enhanced: string, text: string): Resolution {
  return { kind: 'reject', reply: refusal(code, enhanced, text) }
}
