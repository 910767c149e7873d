/**
 * From one address to the places that get its mail: alias expansion.
 *
 * Standards: RFC 5321 §3.9 (aliases), §6.3 (loops), RFC 3463 (5.1.1, 5.4.6, 5.5.3).
 * Limits: depth and fan-out, because aliases of several domains can be made to multiply or to chase each other.
 */
import { formatAddress, splitAddress } from '../format/index.ts'
import { canonicalDomain, canonicalLocalPart } from './address.ts'
import type { Directory, DirectoryAnswer } from './directory.ts'
import type { Refusal } from './refusal.ts'
import { reportsMailbox } from './reports-mailbox.ts'
import { askRules, combined, type RuleQuestion } from './ruled-step.ts'
import type { Marks, Ruling } from './rules/index.ts'
import { webhookQueue } from './webhook-queue.ts'

export interface MailboxDestination {
  kind: 'mailbox'
  accountId: string
  /** The final recipient, subaddress included: what Delivered-To says. */
  address: string
  /** The address's canonical domain. */
  domain: string
  /** Aliases passed through, outermost first. */
  via: string[]
  detail?: string
  /** The address is a masked one; mail to a disabled one goes to the trash. */
  mask?: 'enabled' | 'disabled'
  /** `accountId` is a list's, and the mail is for its members, or is its own. */
  list?: 'post' | 'bounces' | 'unsubscribe'
  /** What rules want in the mailbox; set wherever rules were asked. */
  marks?: Marks
  /** A copy that a rule makes, of which the sender hears nothing. */
  copy?: true
}

export interface RelayDestination {
  kind: 'relay'
  /** Canonical: names the queue. */
  domain: string
  address: string
  via: string[]
  /** A rule says that the mail of this hosted domain is elsewhere, and by which ways it goes there. */
  ways?: readonly string[]
  /** It is for a webhook: nobody is told if it is never taken, and the operator can see it. */
  isEvent?: true
  copy?: true
}

export type Destination = MailboxDestination | RelayDestination

/** Where nothing can go. `copy`: it would have been a rule's, so that it is no business of the sender's. */
export interface DeadTarget {
  address: string
  via: string[]
  reply: Refusal
  copy?: true
}

export type Resolution =
  | {
      kind: 'route'
      /** No two to the same mailbox or relay address. Empty only where rules discard the message or leave it open. */
      destinations: Destination[]
      /** Alias targets that do not exist any more. */
      dead: DeadTarget[]
      /** A rule wants the message dropped for an address on the way. */
      discarded?: true
      /** Where it goes depends on what rules do not know yet. */
      open?: true
      /** Rules that fit, by the address that they were asked about. */
      fitting?: { address: string; rules: readonly string[] }[]
    }
  | { kind: 'reject'; reply: Refusal }

export interface ResolveLimits {
  /** Aliases in a row. */
  depth: number
  /** Addresses looked at for one recipient. */
  addresses: number
}

export const defaultResolveLimits: ResolveLimits = { depth: 10, addresses: 200 }

interface Step {
  address: string
  via: string[]
  marks?: Marks
  copy?: true
  /** Rules have had their say about this address. */
  settled?: true
}

/**
 * Where mail for `address` goes. A directory that cannot be asked gives a 451 rejection: nothing is guessed, and the
 * same question may be asked again. Without a `question` rules are not asked; `decided` is what they said before.
 */
export async function resolve(
  address: string,
  directory: Directory,
  limits: ResolveLimits = defaultResolveLimits,
  question?: RuleQuestion,
  decided?: Marks,
): Promise<Resolution> {
  const found = new Found()
  const seen = new Set<string>()
  let steps: Step[] = [{ address, via: [], ...(decided && { marks: decided }) }]
  for (let depth = 0; steps.length > 0; depth++) {
    if (depth > limits.depth) return reject(550, '5.4.6', 'Mail for this address is forwarded in too many steps')
    const next: Step[] = []
    for (const step of steps) {
      const parts = splitAddress(step.address)
      const domain = parts === undefined ? undefined : canonicalDomain(parts.domain)
      if (parts === undefined || domain === undefined) {
        found.refuse(step, refusal(550, '5.1.3', 'This is not a valid mail address'))
        continue
      }
      const at: Place = { ...parts, domain, key: `${canonicalLocalPart(parts.localPart)}@${domain}` }
      const asCopy = `copy ${at.key}`
      if (step.settled !== true && (seen.has(at.key) || (step.copy === true && seen.has(asCopy)))) continue
      seen.add(step.copy === true ? asCopy : at.key)
      if (seen.size > limits.addresses) {
        return reject(550, '5.5.3', 'Mail for this address is forwarded to too many addresses')
      }
      let answer: DirectoryAnswer
      let ruling: Ruling | undefined
      try {
        answer = await directory.lookup(domain, parts.localPart)
        if (
          question !== undefined &&
          step.settled !== true &&
          answer.kind !== 'foreign' &&
          answer.rules !== undefined
        ) {
          ruling = await askRules(directory, domain, parts.localPart, answer.rules, question)
        }
      } catch {
        return reject(451, '4.3.0', 'The address book cannot be read now; please try again later')
      }
      next.push(...(ruling === undefined ? found.follow(step, at, answer) : found.obey(step, at, answer, ruling)))
    }
    steps = next
  }
  return found.resolution
}

/** An address on the way. */
interface Place {
  localPart: string
  domain: string
  /** Canonical. */
  key: string
}

class Found {
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

function refusal(code: number, enhanced: string, text: string): Refusal {
  return { code, enhanced, text }
}

function reject(code: number, enhanced: string, text: string): Resolution {
  return { kind: 'reject', reply: refusal(code, enhanced, text) }
}
