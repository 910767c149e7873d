/**
 * The keys that a hosted domain signs its mail with, and the ones it signed with.
 *
 * A key is published before it is used and stays published after: `next` (made, its record goes into the DNS), `active`
 * (signs), `retired` (signs no more; its record stays for as long as mail may be under way). The private half is gone with
 * the retirement.
 *
 * Standards: RFC 6376 §3.1 (selectors and the change of keys), §3.6.1; M3AAWG's practice of changing keys.
 * Security: the private halves leave the domain's object only towards the signer.
 */
import type { Sql, SqlRow } from '../storage/index.ts'

export type SigningKeyState = 'next' | 'active' | 'retired'

/** What the world may know of a key. */
export interface PublishedKey {
  selector: string
  /** `a=` of its signatures. */
  algorithm: string
  /** The TXT record at `selector._domainkey.DOMAIN`. */
  record: string
  state: SigningKeyState
  /** When it came into this state; milliseconds since the epoch. */
  since: number
}

export interface NewSigningKey {
  selector: string
  algorithm: string
  record: string
  /** PKCS #8 */
  privateKey: Uint8Array
}

/** A key that signs. */
export interface ActiveKey {
  selector: string
  algorithm: string
  privateKey: Uint8Array
}

interface KeyRow extends SqlRow {
  selector: string
  algorithm: string
  record: string
  state: SigningKeyState
  since: number
  private_key: ArrayBuffer | null
}

export class SigningKeys {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
  }

  /** In the order in which they were made. */
  list(): PublishedKey[] {
    return this.#rows().map(({ selector, algorithm, record, state, since }) => ({
      selector,
      algorithm,
      record,
      state,
      since,
    }))
  }

  /** The keys to sign with, one for each algorithm. */
  active(): ActiveKey[] {
    return this.#rows().flatMap(({ state, selector, algorithm, private_key }) =>
      state === 'active' && private_key !== null
        ? [{ selector, algorithm, privateKey: new Uint8Array(private_key) }]
        : [],
    )
  }

  /** Keys made anew. Waiting ones that never signed give way to them. A selector is never used twice. */
  add(keys: readonly NewSigningKey[], state: 'next' | 'active', now: number): void {
    this.#sql.transaction(() => {
      this.#sql.exec(`DELETE FROM signing_key WHERE state = 'next'`)
      if (state === 'active') this.#retire(now)
      for (const { selector, algorithm, record, privateKey } of keys) {
        const insert = `INSERT INTO signing_key (selector, algorithm, record, private_key, state, since)
          VALUES (?, ?, ?, ?, ?, ?)`
        this.#sql.exec(insert, selector, algorithm, record, privateKey, state, now)
      }
    })
  }

  /** What waited signs from now on; what signed is retired. False when nothing waits. */
  activate(now: number): boolean {
    return this.#sql.transaction(() => {
      if (!this.#rows().some(({ state }) => state === 'next')) return false
      this.#retire(now)
      this.#sql.exec(`UPDATE signing_key SET state = 'active', since = ? WHERE state = 'next'`, now)
      return true
    })
  }

  /** No key waits or signs any more. */
  retireAll(now: number): void {
    this.#sql.transaction(() => {
      this.#sql.exec(`DELETE FROM signing_key WHERE state = 'next'`)
      this.#retire(now)
    })
  }

  #retire(now: number): void {
    this.#sql.exec(
      `UPDATE signing_key SET state = 'retired', since = ?, private_key = NULL WHERE state = 'active'`,
      now,
    )
  }

  #rows(): KeyRow[] {
    return this.#sql.exec<KeyRow>('SELECT * FROM signing_key ORDER BY id').toArray()
  }
}
