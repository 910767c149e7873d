/**
 * Who makes a request, and what they may do.
 *
 * Standards: RFC 6750 §2.1 (bearer token), §3 (challenge), RFC 9110 §15.5.4 (403: known, and not allowed).
 * Security: asked before anything of the request is read. The administration token has every scope; an API token has those
 * it was made with. 403 names what is missing to whoever has shown a valid token, and to nobody else.
 */
import { type ApiToken, isRestricted, reachesAddress, reachesDomain, type Scope } from '../../../access/api/index.ts'
import { bearerMatches, parseAuthorization, tokenAccount } from '../authorization.ts'
import type { House } from '../house.ts'
import { ApiFault, type Place } from './fault.ts'

export class Caller {
  /** As the audit log names it. */
  readonly name: string
  /** Undefined: the administrator. */
  readonly token: ApiToken | undefined

  constructor(name: string, token?: ApiToken) {
    this.name = name
    this.token = token
  }

  /** What counts its requests; undefined: nothing does. */
  get rate(): { readonly id: string; readonly perMinute: number } | undefined {
    return this.token === undefined ? undefined : { id: this.token.id, perMinute: this.token.perMinute }
  }

  has(scope: Scope): boolean {
    return this.token === undefined || this.token.scopes.includes(scope)
  }

  get isRestricted(): boolean {
    return this.token !== undefined && isRestricted(this.token)
  }

  reachesDomain(domain: string): boolean {
    return this.token === undefined || reachesDomain(this.token, plain(domain))
  }

  reachesAddress(address: string): boolean {
    return this.token === undefined || reachesAddress(this.token, plain(address))
  }

  expectScope(scope: Scope): void {
    if (this.has(scope)) return
    throw new ApiFault(403, `this token lacks the scope "${scope}"`, {
      members: { scope },
      headers: { 'WWW-Authenticate': `Bearer realm="api", error="insufficient_scope", scope="${scope}"` },
    })
  }

  expectHouse(): void {
    if (this.isRestricted) throw new ApiFault(403, 'this token is for a part of the house, and this is for all of it')
  }

  expectDomain(domain: string): void {
    if (!this.reachesDomain(domain)) throw new ApiFault(403, 'this token is not for that domain')
  }

  /** `places`: where in the request it is named. */
  expectAddress(address: string, places: readonly Place[] = []): void {
    if (this.reachesAddress(address)) return
    const detail = 'this token is not for that account'
    throw new ApiFault(403, detail, { errors: places.map((place) => ({ ...place, detail })) })
  }
}

/** An account's own token, which its person made for JMAP and IMAP: here it sends and reads that account's mail. */
async function holderOf(house: House, text: string, request: Request): Promise<ApiToken | undefined> {
  if (tokenAccount(text) === undefined) return undefined
  const holder = await house.mail.holderOf(text, house.clientAddress(request))
  if (holder === undefined) return undefined
  const { accountId, address } = holder
  const scopes = ['messages:send', 'messages:read'] as const
  return { id: accountId, name: address, scopes, domains: [], accounts: [address], perMinute: 6_000, created: 0 }
}

/** Names are compared as they are stored. An international name that is not in its ASCII form is nobody's. */
function plain(name: string): string {
  return name.trim().toLowerCase()
}

/** Throws 401 for credentials that are none, 403 where administration is closed. */
export async function identify(house: House, request: Request): Promise<Caller> {
  const given = request.headers.get('Authorization')
  const authorization = parseAuthorization(given)
  // What has the form of a token is most likely one, and comparing it with another secret first would only take time.
  if (authorization?.scheme === 'bearer') {
    const token = await house.api.verify(authorization.token)
    if (token !== undefined) return new Caller(`token ${token.name} (${token.id})`, token)
  }
  const { adminToken } = house
  if (adminToken !== undefined && (await bearerMatches(given, adminToken))) return new Caller('administrator')
  if (authorization?.scheme === 'bearer') {
    const holder = await holderOf(house, authorization.token, request)
    if (holder !== undefined) return new Caller(holder.name, holder)
  }
  if (adminToken === undefined && authorization === undefined) {
    throw new ApiFault(403, 'no administration token is set')
  }
  throw new ApiFault(401, 'show an API token, or the administration token', {
    headers: { 'WWW-Authenticate': 'Bearer realm="api"' },
  })
}
