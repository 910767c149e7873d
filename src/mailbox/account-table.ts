/**
 * The account's own facts: a few keys with values.
 */
import type { Sql } from '../storage/index.ts'
import { StoreError } from './errors.ts'
import type { AccountFacts, AccountPatch, NewAccount } from './types.ts'

type Key =
  | 'address'
  | 'name'
  | 'created'
  | 'quota'
  | 'uid_validity'
  | 'history_floor'
  | 'usage'
  | 'objects_swept'
  | 'vacation'
  | 'push_key'
  | 'push_rate'
  | 'notices_floor'
  | 'sent'
  | 'send_limits'
  | 'language'

export class AccountTable {
  readonly #sql: Sql
  #values: Map<string, string | number> | undefined

  constructor(sql: Sql) {
    this.#sql = sql
  }

  get facts(): AccountFacts {
    return {
      address: String(this.get('address') ?? ''),
      name: String(this.get('name') ?? ''),
      createdAt: Number(this.get('created') ?? 0),
      quota: this.get('quota') as number | undefined,
      language: this.get('language') as string | undefined,
    }
  }

  /** Writes the facts of a new account. */
  create(account: NewAccount, now: number): void {
    checkQuota(account.quota)
    this.set('address', account.address)
    this.set('name', account.name ?? '')
    this.set('created', now)
    this.set('quota', account.quota)
    this.set('push_key', account.pushKey)
  }

  update(patch: AccountPatch): void {
    if ('quota' in patch) checkQuota(patch.quota)
    if (patch.name !== undefined) this.set('name', patch.name)
    if ('quota' in patch) this.set('quota', patch.quota)
    if ('language' in patch) this.set('language', patch.language)
  }

  get(key: Key): string | number | undefined {
    return this.#load().get(key)
  }

  set(key: Key, value: string | number | undefined): void {
    if (value === this.get(key)) return
    if (value === undefined) {
      this.#sql.exec('DELETE FROM account WHERE key = ?', key)
      this.#load().delete(key)
      return
    }
    this.#sql.exec('INSERT OR REPLACE INTO account (key, value) VALUES (?, ?)', key, value)
    this.#load().set(key, value)
  }

  /** Seconds since the epoch, and above every UIDVALIDITY given before (RFC 9051 §2.3.1.1). */
  nextUidValidity(now: number): number {
    const last = Number(this.get('uid_validity') ?? 0)
    const next = Math.max(Math.floor(now / 1000), last + 1, 1)
    this.set('uid_validity', next)
    return next
  }

  forget(): void {
    this.#values = undefined
  }

  #load(): Map<string, string | number> {
    if (this.#values === undefined) {
      const rows = this.#sql.exec<{ key: string; value: string | number }>('SELECT key, value FROM account').toArray()
      this.#values = new Map(rows.map((row) => [row.key, row.value]))
    }
    return this.#values
  }
}

function checkQuota(quota: number | undefined): void {
  if (quota !== undefined && !(Number.isSafeInteger(quota) && quota >= 0)) {
    throw new StoreError('invalidProperties', 'a quota is a number of octets', ['quota'])
  }
}
