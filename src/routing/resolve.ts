/**
 * From one address to the places that get its mail: alias expansion.
 *
 * Standards: RFC 5321 §3.9 (aliases), §6.3 (loops), RFC 3463 (5.1.1, 5.4.6, 5.5.3).
 * Limits: depth and fan-out, because aliases of several domains can be made to multiply or to chase each other.
 */
import { formatAddress, splitAddress } from '../format/index.ts'
import { canonicalDomain, canonicalLocalPart } from './address.ts'
import type { Directory, DirectoryAnswer, Refusal } from './directory.ts'

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
}

export interface RelayDestination {
  kind: 'relay'
  /** Canonical: names the queue. */
  domain: string
  address: string
  via: string[]
}

export type Destination = MailboxDestination | RelayDestination

export type Resolution =
  | {
      kind: 'route'
      /** Never empty; no two to the same mailbox or relay address. */
      destinations: Destination[]
      /** Alias targets that do not exist any more. */
      dead: { address: string; via: string[]; reply: Refusal }[]
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
}

/**
 * Where mail for `address` goes. A directory that cannot be asked gives a 451 rejection: nothing is guessed, and the
 * same question may be asked again.
 */
export async function resolve(
  address: string,
  directory: Directory,
  limits: ResolveLimits = defaultResolveLimits,
): Promise<Resolution> {
  const destinations = new Map<string, Destination>()
  const dead: { address: string; via: string[]; reply: Refusal }[] = []
  const seen = new Set<string>()
  let steps: Step[] = [{ address, via: [] }]
  for (let depth = 0; steps.length > 0; depth++) {
    if (depth > limits.depth) return reject(550, '5.4.6', 'Mail for this address is forwarded in too many steps')
    const next: Step[] = []
    for (const step of steps) {
      const parts = splitAddress(step.address)
      const domain = parts === undefined ? undefined : canonicalDomain(parts.domain)
      if (parts === undefined || domain === undefined) {
        dead.push({ ...step, reply: refusal(550, '5.1.3', 'This is not a valid mail address') })
        continue
      }
      const key = `${canonicalLocalPart(parts.localPart)}@${domain}`
      if (seen.has(key)) continue
      seen.add(key)
      if (seen.size > limits.addresses) {
        return reject(550, '5.5.3', 'Mail for this address is forwarded to too many addresses')
      }
      let answer: DirectoryAnswer
      try {
        answer = await directory.lookup(domain, parts.localPart)
      } catch {
        return reject(451, '4.3.0', 'The address book cannot be read now; please try again later')
      }
      switch (answer.kind) {
        case 'foreign': {
          const relayed = formatAddress({ localPart: parts.localPart, domain })
          // Elsewhere the local part may be sensitive to case (RFC 5321 §2.4).
          place(destinations, `relay ${relayed}`, { kind: 'relay', domain, address: relayed, via: step.via })
          break
        }
        case 'unknown':
          dead.push({ ...step, reply: refusal(550, '5.1.1', 'No such user here') })
          break
        case 'account': {
          const final = formatAddress({ localPart: parts.localPart, domain })
          const { accountId, detail, mask } = answer
          const destination: MailboxDestination = { kind: 'mailbox', accountId, address: final, domain, via: step.via }
          if (detail !== undefined) destination.detail = detail
          if (mask !== undefined) destination.mask = mask
          place(destinations, `mailbox ${accountId}`, destination)
          break
        }
        case 'alias':
          for (const target of answer.targets) next.push({ address: target, via: [...step.via, key] })
      }
    }
    steps = next
  }
  if (destinations.size > 0) return { kind: 'route', destinations: [...destinations.values()], dead }
  if (dead.length > 0) return { kind: 'reject', reply: (dead[0] as { reply: Refusal }).reply }
  return reject(550, '5.4.6', 'Mail for this address is forwarded in a loop')
}

function place(destinations: Map<string, Destination>, key: string, destination: Destination): void {
  if (!destinations.has(key)) destinations.set(key, destination)
}

function refusal(code: number, enhanced: string, text: string): Refusal {
  return { code, enhanced, text }
}

function reject(code: number, enhanced: string, text: string): Resolution {
  return { kind: 'reject', reply: refusal(code, enhanced, text) }
}
