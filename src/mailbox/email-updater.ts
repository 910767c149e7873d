/**
 * Changes and removes emails by id, one refusal per email, as JMAP wants it.
 *
 * To JMAP an email is not in a mailbox where it is marked `\Deleted`. That place is left alone until the email is put
 * there: then the mark goes, and the UID stays.
 *
 * Standards: RFC 8621 §4.6 (Email/set), §4.1.1.
 */
import { batches } from './batches.ts'
import type { EmailReader } from './email-reader.ts'
import { StoreError } from './errors.ts'
import type { FlagWriter } from './flag-writer.ts'
import type { EmailId, MailboxId } from './ids.ts'
import { deletedFlag } from './keyword-name.ts'
import { checkNames } from './keyword-table.ts'
import type { StoreLimits } from './limits.ts'
import type { Mailboxes } from './mailboxes.ts'
import type { Mover } from './mover.ts'
import type { Email, EmailUpdate, Place, SetPatch } from './types.ts'
import type { Visibility } from './visibility.ts'

/** Email rows read at once while destroying: a few megabytes. */
const emailsAtOnce = 1000

export class EmailUpdater {
  readonly #limits: StoreLimits
  readonly #reader: EmailReader
  readonly #mailboxes: Mailboxes
  readonly #flags: FlagWriter
  readonly #mover: Mover
  readonly #visibility: Visibility

  constructor(
    limits: StoreLimits,
    reader: EmailReader,
    mailboxes: Mailboxes,
    flags: FlagWriter,
    mover: Mover,
    visibility: Visibility,
  ) {
    this.#limits = limits
    this.#reader = reader
    this.#mailboxes = mailboxes
    this.#flags = flags
    this.#mover = mover
    this.#visibility = visibility
  }

  update(updates: readonly EmailUpdate[]): ReadonlyMap<EmailId, StoreError> {
    const refused = new Map<EmailId, StoreError>()
    for (const update of updates) {
      try {
        this.#update(update)
      } catch (error) {
        if (!(error instanceof StoreError)) throw error
        refused.set(update.id, error)
      }
    }
    return refused
  }

  destroy(ids: readonly EmailId[]): ReadonlyMap<EmailId, StoreError> {
    const known = new Set<EmailId>()
    for (const batch of batches([...new Set(ids)], emailsAtOnce)) {
      const hidden = this.#visibility.hidden(batch)
      const emails = this.#reader.emails(batch).filter((email) => !hidden.has(email.id))
      for (const { id } of emails) known.add(id)
      this.#destroy(emails)
    }
    const unknown = ids.filter((id) => !known.has(id))
    return new Map(unknown.map((id) => [id, new StoreError('notFound', 'no such email')]))
  }

  #destroy(emails: readonly Email[]): void {
    const byMailbox = new Map<MailboxId, number[]>()
    for (const { mailboxId, uid } of emails.flatMap((email) => email.places)) {
      const uids = byMailbox.get(mailboxId)
      if (uids === undefined) byMailbox.set(mailboxId, [uid])
      else uids.push(uid)
    }
    for (const [mailbox, uids] of byMailbox) this.#mover.unplace(mailbox, uids)
    this.#mover.forgetEmails(emails.map((email) => email.id))
  }

  /** Checks everything first: a refused update changes nothing. */
  #update(update: EmailUpdate): void {
    const email = this.#reader.emails([update.id])[0]
    const shown = email === undefined ? undefined : this.#visibility.shown([email])[0]
    if (email === undefined || shown === undefined) throw new StoreError('notFound', 'no such email')
    const marked = email.places.filter((place) => !shown.places.includes(place))
    if (update.keywords !== undefined) checkNames(update.keywords)
    const target = update.mailboxIds === undefined ? undefined : this.#target(shown, marked, update.mailboxIds)
    if (update.keywords !== undefined) this.#flags.ofEmail(email.places, update.keywords)
    if (target === undefined) return
    for (const { mailboxId, uid } of marked) {
      if (target.has(mailboxId)) this.#flags.set(mailboxId, [uid], { remove: [deletedFlag] })
    }
    const current = email.places.map((place) => place.mailboxId)
    const leave = shown.places.map((place) => place.mailboxId).filter((id) => !target.has(id))
    const enter = [...target].filter((id) => !current.includes(id))
    if (leave.length > 0 || enter.length > 0) this.#mover.relocate(email.id, email.places, leave, enter)
  }

  #target(shown: Email, marked: readonly Place[], patch: SetPatch<MailboxId>): Set<MailboxId> {
    const target = new Set(patch.replace ?? shown.places.map((place) => place.mailboxId))
    for (const id of patch.remove ?? []) target.delete(id)
    for (const id of patch.add ?? []) target.add(id)
    const properties = ['mailboxIds']
    for (const id of target) {
      if (this.#mailboxes.get(id) === undefined)
        throw new StoreError('invalidProperties', 'no such mailbox', properties)
    }
    if (target.size === 0) throw new StoreError('invalidProperties', 'an email is in at least one mailbox', properties)
    const places = new Set([...target, ...marked.map((place) => place.mailboxId)])
    if (places.size > this.#limits.maxMailboxesPerEmail) {
      throw new StoreError('tooManyMailboxes', 'too many mailboxes for one email', properties)
    }
    return target
  }
}
