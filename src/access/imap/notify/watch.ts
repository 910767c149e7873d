/**
 * What a client that has used NOTIFY wants to be told, and what is waiting to be told it.
 *
 * News of mailboxes that are not selected are gathered here at each commit, and told when the session may speak. News of
 * the selected one's messages are the session's own business, which asks here whether they are wanted.
 *
 * Standards: RFC 5465 §5 (events), §5.8 (overflow), §6 (mailboxes).
 * Limits: one waiting line for each name, one word for each annotation; when there are too many, notifications end (RFC 5465 §5.8).
 */
import type { Commit, MailboxId } from '../../../mailbox/index.ts'
import { astring, type NotifyEvent, type NotifyWishes } from '../../../protocol/imap/index.ts'
import { statusLine } from '../command/status.ts'
import type { Context } from '../context.ts'
import { isIn, type SourcedMailbox } from '../mailbox-source.ts'
import { namedMailboxes } from '../mailbox-names.ts'
import { nameChanges } from './name-changes.ts'
import { figuresFor } from './figures.ts'
import { metadataNames } from './metadata-names.ts'
import type { Notifications } from './notifications.ts'
import { knownMailboxes, type KnownMailboxes } from './known-mailboxes.ts'

const maxWaiting = 1000

export class Watch implements Notifications {
  readonly wishes: NotifyWishes
  readonly #context: Context
  #known: KnownMailboxes
  /** LIST responses; a later one of the same mailbox takes the place of an earlier one. */
  readonly #lines = new Map<string, string>()
  readonly #metadata = new Map<MailboxId | undefined, Set<string>>()
  /** What has happened to messages in mailboxes that are not selected. */
  readonly #messages = new Map<MailboxId, Set<NotifyEvent>>()

  constructor(context: Context, wishes: NotifyWishes) {
    this.#context = context
    this.wishes = wishes
    this.#known = knownMailboxes(context.store)
  }

  ofSelected(event: NotifyEvent): boolean {
    return this.wishes.selected?.events.includes(event) === true
  }

  get isImmediate(): boolean {
    return this.wishes.selected?.delayed === false
  }

  /** The events that are to be told of a mailbox that is not selected. */
  eventsOf(mailbox: SourcedMailbox): ReadonlySet<NotifyEvent> {
    return new Set(this.wishes.groups.filter(({ of }) => isIn(mailbox, of)).flatMap(({ events }) => events))
  }

  get hasNews(): boolean {
    return this.#lines.size + this.#metadata.size + this.#messages.size > 0
  }

  note(commit: Commit, own: boolean): void {
    const before = this.#known
    const { created, updated, destroyed } = commit.mailboxes
    if (created.length + updated.length + destroyed.length > 0) this.#known = knownMailboxes(this.#context.store)
    if (own || this.wishes.groups.length === 0 || this.#isTooMuch) return
    const places = { before, after: this.#known, wanted: (mailbox: SourcedMailbox) => this.eventsOf(mailbox) }
    for (const [name, line] of nameChanges(this.#context, commit.mailboxes, places)) {
      this.#lines.delete(name)
      this.#lines.set(name, line)
    }
    for (const [mailbox, entries] of metadataNames(this.wishes, commit, places)) {
      this.#metadata.set(mailbox, new Set([...(this.#metadata.get(mailbox) ?? []), ...entries]))
    }
    for (const [id, { added, changed, expunged }] of commit.placements) {
      const mailbox = this.#known.get(id)
      if (mailbox === undefined || id === this.#context.selected?.mailbox) continue
      const happened = new Set<NotifyEvent>(this.#messages.get(id))
      if (added.length > 0) happened.add('MessageNew')
      if (expunged.length > 0) happened.add('MessageExpunge')
      if (changed.length > 0) happened.add('FlagChange')
      const wanted = this.eventsOf(mailbox)
      if ([...happened].some((event) => wanted.has(event))) this.#messages.set(id, happened)
    }
  }

  tell(): boolean {
    const { output, store, selected } = this.#context
    if (this.hasNews && (output.congested || this.#isTooMuch)) return false
    for (const line of this.#lines.values()) output.text(line)
    for (const [mailbox, entries] of this.#metadata) {
      const name = mailbox === undefined ? '""' : this.#nameOf(mailbox)
      if (name !== undefined) output.text(`* METADATA ${name} ${Array.from(entries, astring).join(' ')}\r\n`)
    }
    for (const named of this.#messages.size === 0 ? [] : namedMailboxes(store).values()) {
      const { mailbox, name } = named
      const happened = this.#messages.get(mailbox.id)
      if (happened === undefined || mailbox.id === selected?.mailbox) continue
      const wanted = this.eventsOf({ ...mailbox, name })
      const items = figuresFor(wanted, happened, this.#context.modSeq)
      if (items.length > 0) output.text(statusLine(this.#context, named, items))
    }
    this.#lines.clear()
    this.#metadata.clear()
    this.#messages.clear()
    return true
  }

  get #isTooMuch(): boolean {
    let waiting = this.#lines.size
    for (const entries of this.#metadata.values()) waiting += entries.size
    return waiting > maxWaiting
  }

  #nameOf(mailbox: MailboxId): string | undefined {
    const known = this.#known.get(mailbox)
    return known && this.#context.mailboxName(known.name)
  }
}
