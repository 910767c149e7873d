/**
 * Masked addresses: made up for one correspondent each, so that a person's own address need not be told, and taken back one
 * by one. They lead to the account that made them, and to no other.
 *
 * Standards: none; states and properties are those of Fastmail's JMAP extension (https://www.fastmail.com/dev/maskedemail).
 * Limits: 1,000 an account, 100 new ones a day. An address that was revoked is never given out again.
 */
import type { Sql, SqlRow } from '../storage/index.ts'

/** `pending`: waits a day for its first message; `disabled`: mail goes to the trash; `deleted`: mail is refused. */
export type MaskState = 'pending' | 'enabled' | 'disabled' | 'deleted'

/** What its owner says of it. */
export interface MaskFacts {
  /** Origin of the site it was made for, as `https://example.com`; `''`: none. */
  forDomain: string
  description: string
  /** Where a password manager shows it. */
  url: string | null
}

export interface MaskedAddress extends MaskFacts {
  localPart: string
  accountId: string
  state: MaskState
  /** The program that made it. */
  createdBy: string
  /** Milliseconds since the epoch, as the next. */
  created: number
  /** Of the newest message, to the hour; undefined: none came yet. */
  lastMessage?: number
}

export type MaskRefusal = 'tooMany' | 'tooFast'

interface MaskRow extends SqlRow {
  local_part: string
  account: string
  state: MaskState
  facts: string
  created: number
  last_message: number | null
}

const day = 24 * 3_600_000
const hour = 3_600_000
export const mostMasks = 1_000
export const mostMasksADay = 100

export class MaskedAddresses {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
  }

  /** Moves with every change, whoever's. */
  get state(): number {
    return Number(this.#sql.exec(`SELECT value FROM setting WHERE key = 'masks'`).toArray()[0]?.value ?? 0)
  }

  find(localPart: string): MaskedAddress | undefined {
    const query = 'SELECT * FROM masked_address WHERE local_part = ?'
    return this.#sql.exec<MaskRow>(query, localPart).toArray().map(fromRow)[0]
  }

  /** Oldest first. */
  of(accountId: string): MaskedAddress[] {
    const query = 'SELECT * FROM masked_address WHERE account = ? ORDER BY created, local_part'
    return this.#sql.exec<MaskRow>(query, accountId).toArray().map(fromRow)
  }

  /** `localPart` is nobody's yet. */
  add(mask: Omit<MaskedAddress, 'lastMessage'>, now: number): MaskRefusal | undefined {
    this.#dropUnused(mask.accountId, now)
    const count = 'SELECT count(*) AS own, total(created > ?) AS today FROM masked_address WHERE account = ?'
    const { own, today } = this.#sql.exec<{ own: number; today: number }>(count, now - day, mask.accountId).one()
    if (own >= mostMasks) return 'tooMany'
    if (today >= mostMasksADay) return 'tooFast'
    const { localPart, accountId, state, created } = mask
    this.#sql.transaction(() => {
      const insert = 'INSERT INTO masked_address (local_part, account, state, facts, created) VALUES (?, ?, ?, ?, ?)'
      this.#sql.exec(insert, localPart, accountId, state, factsText(mask), created)
      this.#moved()
    })
    return undefined
  }

  /** Another state, other facts; somebody else's is left alone. */
  update(accountId: string, mask: Pick<MaskedAddress, 'localPart' | 'state' | 'createdBy'> & MaskFacts): void {
    this.#sql.transaction(() => {
      const update = 'UPDATE masked_address SET state = ?, facts = ? WHERE local_part = ? AND account = ?'
      this.#sql.exec(update, mask.state, factsText(mask), mask.localPart, accountId)
      this.#moved()
    })
  }

  /** One that was never used: it becomes anybody's again. */
  remove(accountId: string, localPart: string): void {
    this.#sql.transaction(() => {
      const unused = `local_part = ? AND account = ? AND state = 'pending' AND last_message IS NULL`
      this.#sql.exec(`DELETE FROM masked_address WHERE ${unused}`, localPart, accountId)
      this.#moved()
    })
  }

  /** A message came. The first one puts a pending address to use; the time is written once an hour. */
  used(localPart: string, now: number): void {
    const mask = this.find(localPart)
    if (mask === undefined || mask.state === 'deleted') return
    const isFresh = mask.lastMessage !== undefined && mask.lastMessage > now - hour
    if (isFresh && mask.state !== 'pending') return
    this.#sql.transaction(() => {
      const state = mask.state === 'pending' ? 'enabled' : mask.state
      const update = 'UPDATE masked_address SET state = ?, last_message = ? WHERE local_part = ?'
      this.#sql.exec(update, state, now, localPart)
      this.#moved()
    })
  }

  /** The account is gone. */
  removeAll(accountId: string): void {
    this.#sql.exec('DELETE FROM masked_address WHERE account = ?', accountId)
  }

  /** A pending address that no message came to within a day was not wanted: it never was. */
  #dropUnused(accountId: string, now: number): void {
    const unused = `account = ? AND state = 'pending' AND last_message IS NULL AND created <= ?`
    this.#sql.exec(`DELETE FROM masked_address WHERE ${unused}`, accountId, now - day)
  }

  #moved(): void {
    this.#sql.exec('INSERT OR REPLACE INTO setting VALUES (?, ?)', 'masks', String(this.state + 1))
  }
}

function factsText({ forDomain, description, url, createdBy }: MaskFacts & { createdBy: string }): string {
  return JSON.stringify({ forDomain, description, url, createdBy })
}

function fromRow({ local_part, account, state, facts, created, last_message }: MaskRow): MaskedAddress {
  return {
    localPart: local_part,
    accountId: account,
    state,
    ...(JSON.parse(facts) as MaskFacts & { createdBy: string }),
    created,
    ...(last_message === null ? {} : { lastMessage: last_message }),
  }
}
