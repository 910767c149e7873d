/**
 * Who may use this account: passwords and tokens, with failures counted.
 *
 * Security: what is checked is an attacker's guess. Failures are counted before the slow hash is run, so guessing costs us
 * little and gets nowhere.
 */
import type { TokenSummary } from '../../../access/admin/index.ts'
import { decodeBase64, encodeBase64 } from '../../../format/index.ts'
import type { MailStore } from '../../../mailbox/index.ts'
import type { ScramSalt } from '../../../protocol/sasl/index.ts'
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

  async check(attempt: LoginAttempt): Promise<LoginResult> {
    const { clientAddress } = attempt
    if (!this.#store.exists) return { ok: false }
    const retryAfter = this.#guard.wait(clientAddress)
    if (retryAfter > 0) return { ok: false, retryAfter }
    const verified = await this.#verify(attempt)
    if (verified === undefined) {
      this.#guard.failed(clientAddress)
      return { ok: false }
    }
    this.#guard.succeeded(clientAddress)
    return { ok: true, address: this.#store.facts.address, ...verified }
  }

  scramSalt(): ScramSalt | null {
    const used = this.#store.exists ? this.#store.credentials.scramSalt() : undefined
    return used === undefined ? null : { salt: encodeBase64(used.salt), iterations: used.iterations }
  }

  async #verify(attempt: LoginAttempt): Promise<{ credential: number; signature?: string } | undefined> {
    const { credentials } = this.#store
    if ('scram' in attempt) {
      const { message, proof } = attempt.scram
      const shown = await credentials.verifyScram(message, decodeBase64(proof) ?? new Uint8Array(0))
      return shown === undefined ? undefined : { credential: shown.id, signature: encodeBase64(shown.signature) }
    }
    const token = 'token' in attempt ? this.#tokenSecret(attempt.token) : undefined
    const credential =
      'token' in attempt
        ? await credentials.verifyToken(token ?? '')
        : await credentials.verify(this.#tokenSecret(attempt.password) ?? attempt.password)
    return credential === undefined ? undefined : { credential }
  }

  async setPassword(password: string): Promise<void> {
    await this.#store.credentials.setPassword(password)
  }

  async addToken(name: string): Promise<{ id: string; token: string }> {
    const shown = (secret: string) => `fct_${this.#accountId}_${secret.slice(STORE_PREFIX.length)}`
    const { credential, secret } = await this.#store.credentials.issue('token', name, shown)
    return { id: String(credential.id), token: shown(secret) }
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
