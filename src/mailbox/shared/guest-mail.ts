/**
 * What is shared with a principal, as their IMAP session works on it.
 *
 * Unlike `SharedMail`, it shows what is marked `\Deleted`, and what is refused to a flag of many does not fail the others
 * (RFC 4314 §4). Without the right to look a mailbox up it is not there, whatever else was granted: JMAP could not name it
 * either, and nothing tells that it exists (RFC 4314 §6).
 *
 * Standards: RFC 4314 §4 (which command needs which right), RFC 5464 §3.3 (annotations).
 * Security: the principal is authenticated; all its arguments are hostile. An object of this class serves one command, so
 * that what it has opened is what that command reads.
 */
import type { Annotations } from '../annotations.ts'
import { MailboxError, StoreError } from '../errors.ts'
import type { Grants } from '../grants.ts'
import type { EmailId, MailboxId, ModSeq, Uid } from '../ids.ts'
import type { Incoming } from '../incoming.ts'
import type { StoreLimits } from '../limits.ts'
import type { OpenAccount } from '../open-account.ts'
import type { Query, QueryResult } from '../query/query.ts'
import { hasRights, type Right, type Rights } from '../rights.ts'
import type { EmailSet, SearchedText } from '../search/text-index.ts'
import type { SessionMail } from '../session-mail.ts'
import type { Person } from '../share-news.ts'
import type { ShareTellings } from '../share-tellings.ts'
import type {
  CopyOutcome,
  Email,
  EnvelopeColumn,
  EnvelopeRow,
  FlagOutcome,
  Mailbox,
  MailboxCounts,
  MailboxPatch,
  NewEmail,
  NewMailbox,
  Quota,
  SetPatch,
} from '../types.ts'
import type { MailboxView } from '../view.ts'
import { GuestFlags } from './guest-flags.ts'
import { guestAnnotations, guestGrants } from './guest-parts.ts'
import type { SharedMail } from './shared-mail.ts'
import { forbidden } from './shared-mailboxes.ts'

export interface GuestMailParts {
  readonly guest: Person
  readonly owner: SessionMail
  readonly shared: SharedMail
  readonly parts: OpenAccount
  readonly namePrefix: string
}

export class GuestMail implements SessionMail {
  readonly namePrefix: string
  readonly grants: Pick<Grants, 'of' | 'set'>
  readonly annotations: Pick<Annotations, 'of' | 'set'>
  readonly shareTellings: Pick<ShareTellings, 'all'>
  readonly #owner: SessionMail
  readonly #shared: SharedMail
  readonly #parts: OpenAccount
  readonly #flags: GuestFlags
  /** Mailboxes that this command has looked into: the messages it names come from there. */
  readonly #opened = new Set<MailboxId>()
  #mailboxes: { readonly state: ModSeq; readonly version: number; readonly all: readonly Mailbox[] } | undefined

  constructor({ guest, owner, shared, parts, namePrefix }: GuestMailParts) {
    this.namePrefix = namePrefix
    this.#owner = owner
    this.#shared = shared
    this.#parts = parts
    const allow = (id: MailboxId, rights: readonly Right[]): void => this.#allow(id, rights)
    const rightsTo = (id: MailboxId): Rights => this.rightsTo(id)
    this.#flags = new GuestFlags({ rightsTo, readable: () => this.#readable(), view: (id) => owner.view(id) })
    this.grants = guestGrants({ parts, guest, allow })
    this.annotations = guestAnnotations({ parts, allow })
    this.shareTellings = owner.shareTellings
  }

  get limits(): StoreLimits {
    return this.#owner.limits
  }

  get state(): ModSeq {
    return this.#owner.state
  }

  transaction<T>(work: () => T): T {
    return this.#owner.transaction(work)
  }

  reading<T>(work: () => T): Promise<T> {
    return this.#owner.reading(work)
  }

  incoming(): Incoming {
    return this.#owner.incoming()
  }

  quota(): Quota {
    return this.#shared.quota()
  }

  mailboxes(): readonly Mailbox[] {
    const { state } = this
    const { version } = this.#parts.grants
    if (this.#mailboxes?.state !== state || this.#mailboxes.version !== version) {
      this.#mailboxes = { state, version, all: this.#shared.mailboxes().map(withoutRole) }
    }
    return this.#mailboxes.all
  }

  mailbox(id: MailboxId): Mailbox | undefined {
    const mailbox = this.#shared.mailbox(id)
    return mailbox && withoutRole(mailbox)
  }

  /** Which mailbox is used for what is the owner's own order: nobody else may give or take a role. */
  mailboxByRole(): undefined {
    return undefined
  }

  /** From the owner's top level on, as RFC 4314 §4 has it for LIST: levels that may not be looked up are names only. */
  mailboxPath(id: MailboxId): readonly string[] {
    this.#allow(id, [])
    return this.#owner.mailboxPath(id)
  }

  rightsTo(id: MailboxId): Rights {
    return this.#shared.rightsTo(id)
  }

  counts(id: MailboxId): MailboxCounts {
    this.#allow(id, ['r'])
    return this.#owner.counts(id)
  }

  createMailbox(mailbox: NewMailbox): Mailbox {
    return this.#changing(() => this.#shared.createMailbox(mailbox))
  }

  updateMailbox(id: MailboxId, patch: MailboxPatch): Mailbox {
    if (this.#owner.mailbox(id)?.role === 'inbox' && patch.name !== undefined) throw forbidden()
    return this.#changing(() => this.#shared.updateMailbox(id, patch))
  }

  destroyMailbox(id: MailboxId, options: { removeEmails?: boolean } = {}): void {
    this.#changing(() => this.#shared.destroyMailbox(id, options))
  }

  sharedWith(principal: string): ReturnType<SessionMail['sharedWith']> {
    return this.#owner.sharedWith(principal)
  }

  view(mailbox: MailboxId): MailboxView {
    this.#allow(mailbox, ['r'])
    this.#opened.add(mailbox)
    return this.#owner.view(mailbox)
  }

  /** Flags that the guest may not set there are left out (RFC 4314 §4, APPEND). */
  add(emails: readonly NewEmail[]): Email[] {
    for (const { mailboxIds } of emails) for (const id of mailboxIds) this.#allow(id, ['i'])
    return this.#owner.add(
      emails.map((email) => ({ ...email, keywords: this.#flags.settable(email.mailboxIds, email.keywords ?? []) })),
    )
  }

  setFlags(
    mailbox: MailboxId,
    uids: readonly number[],
    change: SetPatch<string>,
    unchangedSince?: number,
  ): FlagOutcome {
    this.#allow(mailbox, ['r'])
    const allowed = this.#flags.allowed(mailbox, uids, change)
    return this.#owner.setFlags(mailbox, uids, allowed, unchangedSince)
  }

  copy(mailbox: MailboxId, uids: readonly number[], to: MailboxId): CopyOutcome {
    this.#allow(mailbox, ['r'])
    this.#allow(to, ['i'])
    return this.#owner.copy(mailbox, uids, to)
  }

  move(mailbox: MailboxId, uids: readonly number[], to: MailboxId): CopyOutcome {
    this.#allow(mailbox, ['r', 't', 'e'])
    this.#allow(to, ['i'])
    return this.#owner.move(mailbox, uids, to)
  }

  expunge(mailbox: MailboxId, uids: readonly number[]): Uid[] {
    this.#allow(mailbox, ['e'])
    return this.#owner.expunge(mailbox, uids)
  }

  expungedSince(mailbox: MailboxId, modseq: number): Uid[] | undefined {
    this.#allow(mailbox, ['r'])
    return this.#owner.expungedSince(mailbox, modseq)
  }

  vanishedSince(mailbox: MailboxId, modseq: number): Uid[] | undefined {
    this.#allow(mailbox, ['r'])
    return this.#owner.vanishedSince(mailbox, modseq)
  }

  *envelopes(
    mailbox: MailboxId,
    uids: readonly number[] | { readonly from: number; readonly to: number },
    columns: readonly EnvelopeColumn[],
  ): Generator<EnvelopeRow> {
    this.#allow(mailbox, ['r'])
    this.#opened.add(mailbox)
    for (const row of this.#owner.envelopes(mailbox, uids, columns)) {
      this.#allow(mailbox, ['r'])
      yield row
    }
  }

  raw(id: EmailId): Uint8Array | undefined {
    this.#stillOpen()
    return this.#owner.raw(id)
  }

  slice(id: EmailId, start: number, end: number): Uint8Array | undefined {
    this.#stillOpen()
    return this.#owner.slice(id, start, end)
  }

  inlineMessages(ids: readonly EmailId[]): ReadonlyMap<EmailId, Uint8Array> {
    this.#stillOpen()
    return this.#owner.inlineMessages(ids)
  }

  query(query: Query): QueryResult {
    return this.#shared.query(query)
  }

  mayContain(text: string, where: SearchedText): EmailSet | undefined {
    return this.#owner.mayContain(text, where)
  }

  /** Throws `notFound` for what may not be looked up, `forbidden`. */
  #allow(id: MailboxId, rights: readonly Right[]): void {
    const granted = this.rightsTo(id)
    if (!hasRights(granted, 'l')) throw new MailboxError('notFound', 'no such mailbox')
    if (!hasRights(granted, rights)) throw forbidden()
  }

  /** A command that waited in between: what it has read from may have been taken away. */
  #stillOpen(): void {
    if (this.#opened.size === 0) throw new StoreError('notFound', 'no such email')
    for (const id of this.#opened) this.#allow(id, ['r'])
  }

  #readable(): MailboxId[] {
    return this.mailboxes().flatMap(({ id }) => (hasRights(this.rightsTo(id), 'r') ? [id] : []))
  }

  #changing<T>(work: () => T): T {
    try {
      return work()
    } finally {
      this.#mailboxes = undefined
    }
  }
}

/** A client that found the trash of somebody else by its role would take it for the user's own. */
function withoutRole(mailbox: Mailbox): Mailbox {
  return mailbox.role === null ? mailbox : { ...mailbox, role: null }
}
