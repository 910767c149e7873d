/**
 * Where to push state changes to, and how far each was told.
 *
 * A subscription remembers the state that its push service took last. What is still to be told is the difference to the
 * account's state, so a delivery writes nothing here, and nothing is forgotten when the process dies in between.
 *
 * Standards: RFC 8620 §7.2; RFC 8292 (application server key).
 * Security: urls and keys are secrets of a device; `url` comes from a client and was checked by the caller.
 */
import type { Sql, SqlRow } from '../storage/index.ts'
import type { AccountTable } from './account-table.ts'
import { StoreError } from './errors.ts'
import type { CredentialId, ModSeq } from './ids.ts'
import type { Journal } from './journal.ts'
import type { NewPushSubscription, PushSubscription, PushSubscriptionPatch } from './types.ts'

/** All are posted to after one change (RFC 8620 §8.6 wants a limit per user). */
const maxSubscriptions = 50
/** Creations that may come at once, and how long each takes to be allowed again (RFC 8620 §8.6). */
const burst = 20
const refill = 180_000

export class PushSubscriptions {
  readonly #sql: Sql
  readonly #journal: Journal
  readonly #account: AccountTable
  readonly #now: () => number
  #known: readonly PushSubscription[] | undefined

  constructor(sql: Sql, journal: Journal, account: AccountTable, now: () => number) {
    this.#sql = sql
    this.#journal = journal
    this.#account = account
    this.#now = now
  }

  /** From memory after the first time: every commit asks. */
  all(): readonly PushSubscription[] {
    return (this.#known ??= Array.from(this.#sql.exec('SELECT * FROM push_subscription ORDER BY created, id'), fromRow))
  }

  get(id: string): PushSubscription | undefined {
    return this.all().find((each) => each.id === id)
  }

  /** Unverified, told up to the present state. Throws `overQuota`, `rateLimit`. */
  create(wanted: NewPushSubscription): PushSubscription {
    return this.#journal.transaction(() => {
      if (this.all().length >= maxSubscriptions) {
        throw new StoreError('overQuota', `at most ${maxSubscriptions} push subscriptions`)
      }
      this.#spendCreation()
      const made: PushSubscription = {
        ...wanted,
        progress: 'new',
        toldState: this.#journal.state,
        failures: 0,
        notBefore: 0,
      }
      this.#sql.exec(
        `INSERT INTO push_subscription (id, credential, device, url, p256dh, auth, types, expires, code, created,
           progress, told, failures, not_before) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        made.id,
        made.credentialId,
        made.deviceClientId,
        made.url,
        made.keys?.p256dh ?? null,
        made.keys?.auth ?? null,
        made.types === null ? null : JSON.stringify(made.types),
        made.expiresAt,
        made.verificationCode,
        this.#now(),
        made.progress,
        made.toldState,
        made.failures,
        made.notBefore,
      )
      this.#known = [...this.all(), made]
      return made
    })
  }

  /** Throws `notFound`. */
  update(id: string, patch: PushSubscriptionPatch): PushSubscription {
    return this.#journal.transaction(() => {
      const current = this.get(id)
      if (current === undefined) throw new StoreError('notFound', 'no such push subscription')
      const next = { ...current, ...patch }
      this.#sql.exec(
        `UPDATE push_subscription SET types = ?, expires = ?, progress = ?, told = ?, failures = ?, not_before = ?
         WHERE id = ?`,
        next.types === null ? null : JSON.stringify(next.types),
        next.expiresAt,
        next.progress,
        next.toldState,
        next.failures,
        next.notBefore,
        id,
      )
      this.#known = this.all().map((each) => (each.id === id ? next : each))
      return next
    })
  }

  /** False when there is none. */
  destroy(id: string): boolean {
    return this.#remove((each) => each.id === id) > 0
  }

  /** RFC 8620 §7.2: a subscription ends with the credentials that made it. */
  destroyOfRevoked(exists: (id: CredentialId) => boolean): void {
    this.#remove((each) => !exists(each.credentialId))
  }

  /** RFC 8620 §7.2: nothing is sent after the time of expiry. */
  destroyExpired(): void {
    const now = this.#now()
    this.#remove((each) => each.expiresAt <= now)
  }

  /** The private application server key (RFC 8292), as the host wrote it; undefined in an account from before there were keys. */
  get serverKey(): string | undefined {
    const key = this.#account.get('push_key')
    return key === undefined ? undefined : String(key)
  }

  /** The key that is kept: an earlier one stays, since clients have subscribed with it (RFC 9749 §4). */
  keepServerKey(key: string): string {
    return this.#journal.transaction(() => {
      if (this.serverKey === undefined) this.#account.set('push_key', key)
      return this.serverKey as string
    })
  }

  forget(): void {
    this.#known = undefined
  }

  #remove(which: (subscription: PushSubscription) => boolean): number {
    const gone = this.all().filter(which)
    if (gone.length === 0) return 0
    this.#journal.transaction(() => {
      for (const { id } of gone) this.#sql.exec('DELETE FROM push_subscription WHERE id = ?', id)
      this.#known = this.all().filter((each) => !gone.includes(each))
    })
    return gone.length
  }

  /** One number holds the whole bucket: when it would be full again (the "generic cell rate" algorithm). */
  #spendCreation(): void {
    const now = this.#now()
    const full = Math.max(now, Number(this.#account.get('push_rate') ?? 0)) + refill
    if (full - now > burst * refill) throw new StoreError('rateLimit', 'too many push subscriptions were made lately')
    this.#account.set('push_rate', full)
  }
}

function fromRow(row: SqlRow): PushSubscription {
  return {
    id: row.id as string,
    credentialId: row.credential as CredentialId,
    deviceClientId: row.device as string,
    url: row.url as string,
    keys: row.p256dh === null ? null : { p256dh: row.p256dh as string, auth: row.auth as string },
    types: row.types === null ? null : (JSON.parse(row.types as string) as string[]),
    expiresAt: row.expires as number,
    verificationCode: row.code as string,
    progress: row.progress as PushSubscription['progress'],
    toldState: row.told as ModSeq,
    failures: row.failures as number,
    notBefore: row.not_before as number,
  }
}
