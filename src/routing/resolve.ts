/**
 * From one address to the places that get its mail: alias expansion.
 *
 * Standards: RFC 5321 §3.9 (aliases), §6.3 (loops), RFC 3463 (5.1.1, 5.4.6, 5.5.3).
 * Limits: depth and fan-out, because aliases of several domains can be made to multiply or to chase each other.
 */
import { splitAddress } from '../format/index.ts'
import { canonicalDomain, canonicalLocalPart } from './address.ts'
import type { Resolution } from './destination.ts'
import type { Directory, DirectoryAnswer } from './directory.ts'
import { Found, type Place, refusal, reject, type Step } from './found.ts'
import { askRules, type RuleQuestion } from './ruled-step.ts'
import type { Marks, Ruling } from './rules/index.ts'

export interface ResolveLimits {
  /** Aliases in a row. */
  depth: number
  /** Addresses looked at for one recipient. */
  addresses: number
}

export const defaultResolveLimits: ResolveLimits = { depth: 10, addresses: 200 }

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
