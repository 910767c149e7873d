/**
 * The directory port: asks the object of the domain, and remembers its answer for a few seconds.
 *
 * RCPT and DATA ask the same question within milliseconds, and a busy server asks it thousands of times a second. What
 * such a memory can do wrong is bounded: an account that is gone refuses the message itself, and an address that is new
 * is never remembered as unknown. A changed alias takes effect everywhere within the lifetime below, at once in the
 * isolate that made the change.
 */
import {
  canonicalDomain,
  canonicalLocalPart,
  compileRules,
  type Directory,
  type DirectoryAnswer,
  type DomainRules,
} from '../../routing/index.ts'
import type { Env } from './env.ts'
import { describe, log } from './log.ts'

const LIFETIME_MS = 5_000
/** About 200 bytes each. */
const MAX_ENTRIES = 20_000

interface Remembered {
  readonly answer: DirectoryAnswer
  readonly expires: number
}

/** Plain values only: an isolate serves many requests, and I/O may not cross from one to another. */
const remembered = new Map<string, Remembered>()

/** Rules of domains, with the version that was asked for; a thousand of them are some hundred kilobytes. */
const rulesOf = new Map<string, DomainRules & { readonly versions: readonly number[] }>()
const MAX_RULED_DOMAINS = 100

export class DirectoryClient implements Directory {
  readonly #namespace: Env['DOMAIN']

  constructor(env: Env) {
    this.#namespace = env.DOMAIN
  }

  async lookup(domain: string, localPart: string): Promise<DirectoryAnswer> {
    return this.recall(domain, localPart) ?? this.ask(domain, localPart)
  }

  /** The remembered answer while it is fresh. */
  recall(domain: string, localPart: string): DirectoryAnswer | undefined {
    const key = cacheKey(domain, localPart)
    const entry = remembered.get(key)
    if (entry === undefined) return undefined
    if (entry.expires > Date.now()) return entry.answer
    remembered.delete(key)
    return undefined
  }

  /** The domain's own answer, now. */
  async ask(domain: string, localPart: string): Promise<DirectoryAnswer> {
    const canonical = canonicalDomain(domain)
    if (canonical === undefined) return { kind: 'foreign' }
    const answer = await this.#ask(canonical, localPart)
    if (answer.kind !== 'unknown') remember(cacheKey(domain, localPart), answer)
    return answer
  }

  async rules(domain: string, version: number): Promise<DomainRules> {
    const known = rulesOf.get(domain)
    if (known?.versions.includes(version) === true) return known
    const { rules, separator, version: latest } = await this.#namespace.getByName(domain).rules()
    // They may have changed since the directory answered.
    const found = { rules: compileRules(rules), separator, versions: [version, latest] }
    if (rulesOf.size >= MAX_RULED_DOMAINS) rulesOf.clear()
    rulesOf.set(domain, found)
    return found
  }

  /** To the rooms a failure means "later", whatever it was: what it was is told here. */
  async #ask(domain: string, localPart: string): Promise<DirectoryAnswer> {
    try {
      return await this.#namespace.getByName(domain).lookup(localPart)
    } catch (cause) {
      log('error', 'a domain does not answer', { domain, error: describe(cause) })
      throw cause
    }
  }
}

/** Called after a change of addresses here. */
export function forgetDirectory(): void {
  remembered.clear()
  rulesOf.clear()
}

function remember(key: string, answer: DirectoryAnswer): void {
  if (remembered.size >= MAX_ENTRIES) {
    const oldest = remembered.keys().next().value
    if (oldest !== undefined) remembered.delete(oldest)
  }
  remembered.set(key, { answer, expires: Date.now() + LIFETIME_MS })
}

function cacheKey(domain: string, localPart: string): string {
  return `${canonicalLocalPart(localPart)}@${domain.toLowerCase()}`
}
