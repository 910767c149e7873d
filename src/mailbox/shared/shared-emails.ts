/**
 * What a principal may change about emails, checked before it is changed.
 *
 * An email may be in several mailboxes. Its keywords are the same in all of them, so a right to change them is needed in all
 * that the principal reads. Mailboxes that it does not read are none of its business: they keep what they have.
 *
 * Standards: RFC 8621 §2 (rights), §4.6, §4.8; RFC 4314 §4.
 */
import { StoreError } from '../errors.ts'
import type { EmailId, MailboxId } from '../ids.ts'
import type { OpenAccount } from '../open-account.ts'
import type { Email, EmailUpdate, NewEmail, Place, SetPatch } from '../types.ts'
import type { Scope } from './scope.ts'
import { forbidden } from './shared-mailboxes.ts'

export class SharedEmails {
  readonly #parts: OpenAccount
  readonly #scope: Scope

  constructor(parts: OpenAccount, scope: Scope) {
    this.#parts = parts
    this.#scope = scope
  }

  /** Those that the principal sees, with the places that it may read. */
  of(ids: readonly EmailId[]): Email[] {
    return this.#parts.visibility
      .shown(this.#parts.reader.emails(ids))
      .map((email) => this.#within(email))
      .filter((email) => email.places.length > 0)
  }

  /** In a transaction. As the principal sees them; of one that it may put somewhere but not read there, no places. */
  add(wanted: readonly NewEmail[]): Email[] {
    for (const { mailboxIds, keywords = [] } of wanted) {
      this.#allowEntering(mailboxIds)
      this.#allowKeywords(keywords, mailboxIds)
    }
    return this.#parts.writer.add(wanted).map((email) => this.#within(email))
  }

  /** In a transaction. */
  update(updates: readonly EmailUpdate[]): ReadonlyMap<EmailId, StoreError> {
    const refused = new Map<EmailId, StoreError>()
    for (const update of updates) {
      try {
        const checked = this.#checked(update)
        const refusal = this.#parts.updater.update([checked]).get(update.id)
        if (refusal !== undefined) refused.set(update.id, refusal)
      } catch (error) {
        if (!(error instanceof StoreError)) throw error
        refused.set(update.id, error)
      }
    }
    return refused
  }

  /** In a transaction. An email that is elsewhere too stays there. */
  destroy(ids: readonly EmailId[]): ReadonlyMap<EmailId, StoreError> {
    const refused = new Map<EmailId, StoreError>()
    const places: Place[] = []
    const found = new Map(this.of([...new Set(ids)]).map((email) => [email.id, email]))
    for (const id of ids) {
      const email = found.get(id)
      if (email === undefined) refused.set(id, new StoreError('notFound', 'no such email'))
      else if (!email.places.every(({ mailboxId }) => this.#scope.may(mailboxId, ['t', 'e']))) {
        refused.set(id, forbidden())
      } else places.push(...email.places)
    }
    for (const [mailbox, group] of Map.groupBy(places, ({ mailboxId }) => mailboxId)) {
      this.#parts.mover.expunge(
        mailbox,
        group.map(({ uid }) => uid),
      )
    }
    return refused
  }

  /** The update with the mailboxes as differences, so that those which the principal does not see stay as they are. */
  #checked(update: EmailUpdate): EmailUpdate {
    const email = this.of([update.id])[0]
    if (email === undefined) throw new StoreError('notFound', 'no such email')
    const current = email.places.map(({ mailboxId }) => mailboxId)
    if (update.keywords !== undefined) this.#allowKeywords(this.#changed(email, update.keywords), current)
    if (update.mailboxIds === undefined) return update
    const target = patched(current, update.mailboxIds)
    if (target.size === 0) throw noMailbox('an email is in at least one mailbox')
    const add = [...target].filter((id) => !current.includes(id))
    const remove = current.filter((id) => !target.has(id))
    this.#allowEntering(add)
    if (!remove.every((id) => this.#scope.may(id, ['t', 'e']))) throw forbidden()
    return { ...update, mailboxIds: { add, remove } }
  }

  /** The keywords that a patch adds or removes. */
  #changed(email: Email, patch: SetPatch<string>): string[] {
    const { replace, add = [], remove = [] } = patch
    const current = new Set(this.#parts.reader.keywordsOf(email))
    const wanted = patched([...current], {
      ...(replace === undefined ? {} : { replace: lower(replace) }),
      add: lower(add),
      remove: lower(remove),
    })
    return [...[...current].filter((name) => !wanted.has(name)), ...[...wanted].filter((name) => !current.has(name))]
  }

  #allowKeywords(names: readonly string[], mailboxes: readonly MailboxId[]): void {
    for (const name of names) {
      const right = name.toLowerCase() === '$seen' ? 's' : 'w'
      if (!mailboxes.every((id) => this.#scope.may(id, right))) throw forbidden()
    }
  }

  #allowEntering(mailboxes: readonly MailboxId[]): void {
    if (!mailboxes.every((id) => this.#scope.may(id, 'l'))) throw noMailbox('no such mailbox')
    if (!mailboxes.every((id) => this.#scope.may(id, 'i'))) throw forbidden()
  }

  #within(email: Email): Email {
    const places = email.places.filter(({ mailboxId }) => this.#scope.mayRead(mailboxId))
    return places.length === email.places.length ? email : { ...email, places }
  }
}

const lower = (names: readonly string[]): string[] => names.map((name) => name.toLowerCase())

function patched<T>(current: readonly T[], { replace, add = [], remove = [] }: SetPatch<T>): Set<T> {
  const target = new Set(replace ?? current)
  for (const value of remove) target.delete(value)
  for (const value of add) target.add(value)
  return target
}

function noMailbox(message: string): StoreError {
  return new StoreError('invalidProperties', message, ['mailboxIds'])
}
