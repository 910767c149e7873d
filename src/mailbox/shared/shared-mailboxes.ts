/**
 * The mailboxes that a principal sees, and what it may change about them.
 *
 * Standards: RFC 8621 §2 (parentId, isSubscribed, rights), §2.5; RFC 4314 §4 (which command needs which right).
 */
import { Counts } from '../counts.ts'
import { MailboxError, StoreError } from '../errors.ts'
import type { MailboxId } from '../ids.ts'
import type { ShownCounts } from '../mail.ts'
import { inOrder } from '../mailbox-row.ts'
import type { OpenAccount } from '../open-account.ts'
import type { Right } from '../rights.ts'
import type { Mailbox, MailboxPatch, NewMailbox } from '../types.ts'
import type { Scope } from './scope.ts'

const nothing: ShownCounts = { visible: 0, visibleUnread: 0, totalThreads: 0, unreadThreads: 0 }

export class SharedMailboxes {
  readonly #parts: OpenAccount
  readonly #scope: Scope
  #counts: Counts | undefined
  #countsVersion = -1

  constructor(parts: OpenAccount, scope: Scope) {
    this.#parts = parts
    this.#scope = scope
  }

  all(): readonly Mailbox[] {
    const shown = [...this.#scope.visible().keys()].map((id) => [id, this.expect(id)] as const)
    return inOrder(new Map(shown))
  }

  get(id: MailboxId): Mailbox | undefined {
    const { mailboxes, subscriptions } = this.#parts
    const mailbox = this.#scope.may(id, 'l') ? mailboxes.get(id) : undefined
    if (mailbox === undefined) return undefined
    const parentId = mailbox.parentId !== null && this.#scope.may(mailbox.parentId, 'l') ? mailbox.parentId : null
    return { ...mailbox, parentId, isSubscribed: subscriptions.has(this.#scope.principal, id) }
  }

  expect(id: MailboxId): Mailbox {
    const mailbox = this.get(id)
    if (mailbox === undefined) throw new MailboxError('notFound', 'no such mailbox')
    return mailbox
  }

  /** Throws `notFound`, `forbidden`. */
  allow(id: MailboxId, rights: Right | readonly Right[]): void {
    this.expect(id)
    if (!this.#scope.may(id, rights)) throw forbidden()
  }

  counts(id: MailboxId): ShownCounts {
    this.expect(id)
    if (!this.#scope.mayRead(id)) return nothing
    const { views, mailboxes, journal } = this.#parts
    const { version } = this.#scope
    if (this.#counts === undefined || this.#countsVersion !== version) {
      const counted = {
        expect: (one: MailboxId) => mailboxes.expect(one),
        byRole: (role: 'trash') => mailboxes.byRole(role),
        ids: () => this.#scope.readable(),
      } as Pick<typeof mailboxes, 'expect' | 'byRole' | 'ids'>
      this.#counts = new Counts(views, counted, () => journal.state)
      this.#countsVersion = version
    }
    return this.#counts.of(id)
  }

  /** A child of a shared mailbox, shared as that one is. In a transaction. */
  create(wanted: NewMailbox): Mailbox {
    const { mailboxes, grants, subscriptions } = this.#parts
    const parentId = wanted.parentId ?? null
    // What is at the top, and which mailbox has which role, is the owner's own order.
    if (parentId === null || (wanted.role ?? null) !== null) throw forbidden()
    this.#allowParent(parentId)
    const { isSubscribed = true, ...rest } = wanted
    grants.checkInheriting(parentId)
    const { id } = mailboxes.create(rest)
    grants.inherit(id, parentId)
    if (isSubscribed) subscriptions.set(this.#scope.principal, id, true)
    return this.expect(id)
  }

  /** In a transaction. The subscription is the principal's own; everything else is the owner's mailbox. */
  update(id: MailboxId, patch: MailboxPatch): Mailbox {
    const current = this.expect(id)
    const { isSubscribed, ...given } = patch
    const shared = Object.fromEntries(
      Object.entries(given).filter(([name, value]) => value !== undefined && value !== current[name as 'name']),
    ) as MailboxPatch
    if (Object.keys(shared).length > 0) {
      if (!this.#scope.may(id, 'x') || shared.role !== undefined || shared.parentId === null) throw forbidden()
      if (shared.parentId !== undefined) this.#allowParent(shared.parentId)
    }
    if (isSubscribed !== undefined && typeof isSubscribed !== 'boolean')
      throw new MailboxError('invalidProperties', 'isSubscribed is a boolean', ['isSubscribed'])
    if (Object.keys(shared).length > 0) this.#parts.mailboxes.update(id, shared)
    if (isSubscribed !== undefined) this.#parts.subscriptions.set(this.#scope.principal, id, isSubscribed)
    return this.expect(id)
  }

  /** In a transaction. Whoever may not remove what is in it may only remove it empty. */
  destroy(id: MailboxId, removeEmails: boolean): void {
    this.allow(id, 'x')
    const view = this.#parts.views.of(id)
    const isEmpty = view.length === view.deletedUids().length
    if (removeEmails && !isEmpty && !this.#scope.may(id, ['t', 'e'])) throw forbidden()
    this.#parts.destroyMailbox(id, removeEmails)
  }

  #allowParent(parentId: MailboxId): void {
    if (this.get(parentId) === undefined)
      throw new MailboxError('invalidProperties', 'no such parent mailbox', ['parentId'])
    if (!this.#scope.may(parentId, 'k')) throw forbidden()
  }
}

export function forbidden(): StoreError {
  return new StoreError('forbidden', 'this is not among the rights that were granted')
}
