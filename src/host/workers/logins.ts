/**
 * Login names: which account one means, and whether its password is right.
 *
 * A login name is the account's address. A bare name gets the default domain, or the only one that is hosted.
 */
import { splitAddress } from '../../format/index.ts'
import type { AuthenticateAnswer } from '../bridge/link/index.ts'
import { DirectoryClient } from './directory-client.ts'
import type { Env } from './env.ts'
import { settingsOf } from './settings.ts'

/** RFC 5321 §4.5.3.1.3 bounds a path to 256; UTF-8 names may be longer in characters of the login. */
const MAX_LOGIN = 320
const SOLE_DOMAIN_MS = 60_000

export interface FoundAccount {
  readonly accountId: string
  readonly address: string
  /** From memory: a few seconds old at most. */
  readonly cached: boolean
}

export class Logins {
  readonly #env: Env
  readonly #directory: DirectoryClient
  #soleDomain: { readonly name: string | undefined; readonly expires: number } | undefined

  constructor(env: Env) {
    this.#env = env
    this.#directory = new DirectoryClient(env)
  }

  /** The account of a login name; not that of an alias or a subaddress, which are addresses but no people. */
  async find(login: string, fresh = false): Promise<FoundAccount | undefined> {
    if (login === '' || login.length > MAX_LOGIN) return undefined
    const domain = login.includes('@') ? undefined : await this.#domainOfBareNames()
    const parts = splitAddress(domain === undefined ? login : `${login}@${domain}`)
    if (parts === undefined) return undefined
    const recalled = fresh ? undefined : this.#directory.recall(parts.domain, parts.localPart)
    const answer = recalled ?? (await this.#directory.ask(parts.domain, parts.localPart))
    if (answer.kind !== 'account' || answer.detail !== undefined) return undefined
    return { accountId: answer.accountId, address: answer.address, cached: recalled !== undefined }
  }

  async authenticate(login: string, password: string, clientAddress: string): Promise<AuthenticateAnswer> {
    const first = await this.find(login)
    if (first === undefined) return failed()
    const answer = await this.#check(first, password, clientAddress)
    if (answer.ok || answer.temporary || !first.cached) return answer
    const second = await this.find(login, true)
    if (second === undefined || second.accountId === first.accountId) return answer
    return this.#check(second, password, clientAddress)
  }

  async #check(account: FoundAccount, password: string, clientAddress: string): Promise<AuthenticateAnswer> {
    const stub = this.#env.ACCOUNT.getByName(account.accountId)
    const result = await stub.authenticate({ password, clientAddress })
    if (result.ok) return { ok: true, accountId: account.accountId, address: result.address }
    if (result.retryAfter === undefined) return failed()
    return { ok: false, temporary: true, text: 'Too many failed logins; try again later.' }
  }

  async #domainOfBareNames(): Promise<string | undefined> {
    const fixed = settingsOf(this.#env).defaultDomain
    if (fixed !== undefined) return fixed
    const now = Date.now()
    if (this.#soleDomain === undefined || this.#soleDomain.expires <= now) {
      const domains = await this.#env.REGISTRY.getByName('registry').domains()
      const name = domains.length === 1 ? domains[0]?.domain : undefined
      this.#soleDomain = { name, expires: now + (name === undefined ? 0 : SOLE_DOMAIN_MS) }
    }
    return this.#soleDomain.name
  }
}

function failed(): AuthenticateAnswer {
  return { ok: false, temporary: false, text: 'Authentication failed.' }
}
