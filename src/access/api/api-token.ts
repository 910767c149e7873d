/**
 * API tokens: what a program shows to use the HTTP API, and what it may do with it.
 *
 * Standards: RFC 6750 §1.2 and §2.1 (bearer tokens, their characters).
 * Security: a token is 200 bits by chance, so that a plain hash keeps it; only the hash is stored.
 */
import type { Scope } from './scope.ts'

/** What is known of a token; everything but its secret. Times are milliseconds since the epoch. */
export interface ApiToken {
  readonly id: string
  readonly name: string
  readonly scopes: readonly Scope[]
  /** Only these domains, with all that is in them, and these accounts; where both are empty, the whole house. */
  readonly domains: readonly string[]
  readonly accounts: readonly string[]
  /** Requests a minute; 0: as many as it likes. */
  readonly perMinute: number
  readonly created: number
  readonly expires?: number
  /** To a few minutes. */
  readonly lastUsed?: number
}

export type NewApiToken = Omit<ApiToken, 'id' | 'created' | 'lastUsed'>

const idLength = 10
const secretLength = 40
const shape = new RegExp(`^fca_([0-9a-z]{${idLength}})_[0-9a-z]{${secretLength}}$`)

/** The id in a text that has the form of an API token. */
export function apiTokenId(text: string): string | undefined {
  return shape.exec(text)?.[1]
}

/** `randomText` gives letters and digits of 5 bits each. */
export function newApiToken(randomText: (length: number) => string): { id: string; token: string } {
  const id = randomText(idLength)
  return { id, token: `fca_${id}_${randomText(secretLength)}` }
}

/** True when the token is for a part of the house only. */
export function isRestricted({ domains, accounts }: Pick<ApiToken, 'domains' | 'accounts'>): boolean {
  return domains.length > 0 || accounts.length > 0
}

/** All in lower case, as domains and hosted addresses are stored. */
export function reachesDomain(token: Pick<ApiToken, 'domains' | 'accounts'>, domain: string): boolean {
  return !isRestricted(token) || token.domains.includes(domain)
}

export function reachesAddress(token: Pick<ApiToken, 'domains' | 'accounts'>, address: string): boolean {
  const domain = address.slice(address.lastIndexOf('@') + 1)
  return reachesDomain(token, domain) || token.accounts.includes(address)
}
