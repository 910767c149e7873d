/**
 * Login names: which account one means, and whether its password is right.
 *
 * A login name is the account's address. A bare name gets the default domain, or the only one that is hosted.
 */
import { encodeBase64, encodeUtf8, splitAddress } from '../../format/index.ts'
import { scramIterations, scramSaltLength } from '../../mailbox/index.ts'
import type { ScramProof, ScramSalt } from '../../protocol/sasl/index.ts'
import { canonicalLocalPart } from '../../routing/index.ts'
import type { AuthenticateAnswer, ScramProofAnswer } from '../bridge/link/index.ts'
import { tokenAccount } from '../http/index.ts'
import { DirectoryClient } from './directory-client.ts'
import type { LoginAttempt, LoginResult } from './doors.ts'
import type { Env } from './env.ts'
import { settingsOf } from './settings.ts'

/** RFC 5321 §4.5.3.1.3 bounds a path to 256; UTF-8 names may be longer in characters of the login. */
const MAX_LOGIN = 320
const SOLE_DOMAIN_MS = 60_000
/** An object's name that no account has: those are `a` and 20 letters. */
const NOBODY = 'nobody'

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

  /** The account of a login name; not that of an alias, a subaddress or a masked address, which are addresses but no people. */
  async find(login: string, fresh = false): Promise<FoundAccount | undefined> {
    if (login === '' || login.length > MAX_LOGIN) return undefined
    const parts = splitAddress(await this.#whole(login))
    if (parts === undefined) return undefined
    const recalled = fresh ? undefined : this.#directory.recall(parts.domain, parts.localPart)
    const answer = recalled ?? (await this.#directory.ask(parts.domain, parts.localPart))
    if (answer.kind !== 'account' || answer.detail !== undefined || answer.mask !== undefined) return undefined
    return { accountId: answer.accountId, address: answer.address, cached: recalled !== undefined }
  }

  async authenticate(login: string, attempt: LoginAttempt): Promise<AuthenticateAnswer> {
    const [accountId, result] = await this.#check(login, attempt)
    return result.ok ? { ok: true, accountId, address: result.address } : refusalOf(result)
  }

  /** Is this proof of SCRAM right? Nothing has begun with it. */
  async scramProof(login: string, attempt: LoginAttempt & { scram: ScramProof }): Promise<ScramProofAnswer> {
    const [, result] = await this.#check(login, attempt)
    if (!result.ok) return refusalOf(result)
    return result.signature === undefined ? failed() : { ok: true, signature: result.signature }
  }

  /**
   * What a client has to know before it can show its password (RFC 5802 §5.1). Who does not exist, and who cannot use
   * SCRAM, gets a salt too: always the same one for the same name, which nobody can tell from a real one.
   */
  async scramSalt(login: string): Promise<ScramSalt> {
    const account = await this.find(login)
    // An object of nobody's is asked too: it stays empty, and the answer takes as long.
    const salt = await this.#env.ACCOUNT.getByName(account?.accountId ?? NOBODY).scramSalt()
    return salt ?? { salt: await this.#imaginarySalt(login), iterations: scramIterations }
  }

  async #imaginarySalt(login: string): Promise<string> {
    const parts = splitAddress(await this.#whole(login))
    // In one spelling, as an account's salt is the same in all.
    const name = parts === undefined ? login : `${canonicalLocalPart(parts.localPart)}@${parts.domain.toLowerCase()}`
    const secret = encodeUtf8(`scram salt ${settingsOf(this.#env).bridgeSecret ?? ''}`)
    const hmac = { name: 'HMAC', hash: 'SHA-256' }
    const key = await crypto.subtle.importKey('raw', secret, hmac, false, ['sign'])
    const made = new Uint8Array(await crypto.subtle.sign('HMAC', key, encodeUtf8(name)))
    return encodeBase64(made.subarray(0, scramSaltLength))
  }

  /** Asks the account, and looks for the account again when where it was is only remembered. */
  async #check(login: string, attempt: LoginAttempt): Promise<[accountId: string, LoginResult]> {
    if (login === '' && 'token' in attempt) {
      const accountId = tokenAccount(attempt.token)
      return accountId === undefined ? ['', { ok: false }] : [accountId, await this.#ask(accountId, attempt)]
    }
    const first = await this.find(login)
    if (first === undefined) return ['', { ok: false }]
    const result = await this.#ask(first.accountId, attempt)
    if (result.ok || result.retryAfter !== undefined || !first.cached) return [first.accountId, result]
    const second = await this.find(login, true)
    if (second === undefined || second.accountId === first.accountId) return [first.accountId, result]
    return [second.accountId, await this.#ask(second.accountId, attempt)]
  }

  async #ask(accountId: string, attempt: LoginAttempt): Promise<LoginResult> {
    return this.#env.ACCOUNT.getByName(accountId).authenticate(attempt)
  }

  /** The login with a domain, where it has none and there is one for it. */
  async #whole(login: string): Promise<string> {
    const domain = login.includes('@') ? undefined : await this.#domainOfBareNames()
    return domain === undefined ? login : `${login}@${domain}`
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

type Refusal = Extract<AuthenticateAnswer, { ok: false }>

function failed(): Refusal {
  return { ok: false, temporary: false, text: 'Authentication failed.' }
}

function refusalOf({ retryAfter }: Extract<LoginResult, { ok: false }>): Refusal {
  if (retryAfter === undefined) return failed()
  return { ok: false, temporary: true, text: 'Too many failed logins; try again later.' }
}
