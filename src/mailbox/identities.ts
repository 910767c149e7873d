/**
 * Who the user may write as.
 *
 * Standards: RFC 8621 §6.
 */
import type { Sql } from '../storage/index.ts'
import { StoreError } from './errors.ts'
import type { IdentityId } from './ids.ts'
import type { Journal } from './journal.ts'
import type { Identity, IdentityPatch, NewIdentity } from './types.ts'

/** Characters of one identity with its signatures: below the 2 MB of a row in any script. */
const maxSize = 500_000
const maxIdentities = 1000

type Value = Omit<Identity, 'id' | 'email' | 'mayDelete'>

export class Identities {
  readonly #sql: Sql
  readonly #journal: Journal

  constructor(sql: Sql, journal: Journal) {
    this.#sql = sql
    this.#journal = journal
  }

  all(): readonly Identity[] {
    return Array.from(this.#sql.exec('SELECT id, email, may_delete, value FROM identity ORDER BY id'), identityFromRow)
  }

  get(id: IdentityId): Identity | undefined {
    const query = 'SELECT id, email, may_delete, value FROM identity WHERE id = ?'
    return this.#sql.exec(query, id).toArray().map(identityFromRow)[0]
  }

  create(wanted: NewIdentity): Identity {
    if (this.all().length >= maxIdentities) throw new StoreError('overQuota', `at most ${maxIdentities} identities`)
    const value = checked({
      name: wanted.name ?? '',
      replyTo: wanted.replyTo ?? null,
      bcc: wanted.bcc ?? null,
      textSignature: wanted.textSignature ?? '',
      htmlSignature: wanted.htmlSignature ?? '',
    })
    const id = this.#journal.take() as IdentityId
    const mayDelete = wanted.mayDelete ?? true
    this.#sql.exec(
      'INSERT INTO identity (id, email, may_delete, value) VALUES (?, ?, ?, ?)',
      id,
      wanted.email,
      mayDelete ? 1 : 0,
      JSON.stringify(value),
    )
    this.#journal.record.identities.create(id)
    return { id, email: wanted.email, mayDelete, ...value }
  }

  update(id: IdentityId, patch: IdentityPatch): Identity {
    const current = this.#expect(id)
    const { name, replyTo, bcc, textSignature, htmlSignature } = { ...current, ...patch }
    const value = checked({ name, replyTo, bcc, textSignature, htmlSignature })
    this.#journal.touch()
    this.#sql.exec('UPDATE identity SET value = ? WHERE id = ?', JSON.stringify(value), id)
    this.#journal.record.identities.update(id)
    return { ...current, ...value }
  }

  destroy(id: IdentityId): void {
    if (!this.#expect(id).mayDelete) throw new StoreError('forbidden', 'this identity cannot be deleted')
    this.#journal.touch()
    this.#sql.exec('DELETE FROM identity WHERE id = ?', id)
    this.#journal.record.identities.destroy(id)
  }

  #expect(id: IdentityId): Identity {
    const identity = this.get(id)
    if (identity === undefined) throw new StoreError('notFound', 'no such identity')
    return identity
  }
}

function checked(value: Value): Value {
  if (JSON.stringify(value).length > maxSize) throw new StoreError('tooLarge', 'the identity is too large')
  return value
}

function identityFromRow(row: Record<string, unknown>): Identity {
  return {
    id: row.id as IdentityId,
    email: row.email as string,
    mayDelete: row.may_delete === 1,
    ...(JSON.parse(row.value as string) as Value),
  }
}
