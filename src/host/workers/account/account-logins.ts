/**
 * Who may use this account: passwords and tokens, with failures counted.
 *
 * Security: what is checked is an attacker's guess. Failures are counted before the slow hash is run, so guessing costs us
 * little and gets nowhere.
 */
import type { TokenSummary } from '../../../access/admin/index.ts'
import type { MailStore } from '../../../mailbox/index.ts'
import type { LoginAttempt, LoginResult } from '../doors.ts'
import { LoginGuard } from './login-guard.ts'

/** What the store's own tokens begin with. */
const STORE_PREFIX = 'facteur_'

export class AccountLogins {
  readonly #store: MailStore
  readonly #accountId: string
  readonly #guard = new LoginGuard(Date.now)

  constructor(store: MailStore, accountId: string) {
    this.#store = store
    this.#accountId = accountId
  }

  async check({ password, clientAddress }: LoginAttempt): Promise<LoginResult> {
    if (!this.#store.exists) return { ok: false }
    const retryAfter = this.#guard.wait(clientAddress)
    if (retryAfter > 0) return { ok: false, retryAfter }
    const secret = this.#tokenSecret(password) ?? password
    const credential = await this.#store.credentials.verify(secret)
    if (credential === undefined) {
      this.#guard.failed(clientAddress)
      return { ok: false }
    }
    this.#guard.succeeded(clientAddress)
    return { ok: true, address: this.#store.facts.address, credential }
  }

  async setPassword(password: string): Promise<void> {
    await this.#store.credentials.setPassword(password)
  }

  async addToken(name: string): Promise<{ id: string; token: string }> {
    const { credential, secret } = await this.#store.credentials.issue('token', name)
    return { id: String(credential.id), token: `fct_${this.#accountId}_${secret.slice(STORE_PREFIX.length)}` }
  }

  tokens(): TokenSummary[] {
    return this.#store.credentials
      .list()
      .filter((credential) => credential.kind !== 'password')
      .map(({ id, name, createdAt, lastUsedAt }) => ({
        id: String(id),
        name,
        created: createdAt,
        ...(lastUsedAt === undefined ? {} : { lastUsed: lastUsedAt }),
      }))
  }

  deleteToken(id: string): boolean {
    const found = this.#store.credentials.list().find((one) => String(one.id) === id && one.kind !== 'password')
    return found !== undefined && this.#store.credentials.revoke(found.id)
  }

  /** A test for the credentials that there are now: what lives on others has ended. */
  existing(): (credential: number) => boolean {
    const ids = new Set<number>(this.#store.credentials.list().map(({ id }) => id))
    return (credential) => ids.has(credential)
  }

  /** The store's form of `fct_<account id>_<secret>` when it is this account's: the id only says whom to ask. */
  #tokenSecret(text: string): string | undefined {
    const prefix = `fct_${this.#accountId}_`
    return text.startsWith(prefix) ? STORE_PREFIX + text.slice(prefix.length) : undefined
  }
}
