/**
 * What a command works on: the session's parts, without the machinery that runs it.
 */
import type { Commit, SessionMail } from '../../mailbox/index.ts'
import { encodeMailboxName, latin1OfUtf8, no, quotedOrLiteral, quotedUtf8 } from '../../protocol/imap/index.ts'
import type { Output } from '../session/index.ts'
import type { PeopleLookup } from './people-lookup.ts'
import type { ImapSessionLimits } from './limits.ts'
import type { Selected, TellingStyle } from './selected.ts'
import type { Enabled } from './session-state.ts'
import type { Notifications } from './notify/notifications.ts'
import type { OthersPort } from './others/port.ts'
import type { SeenMailboxes } from './others/seen-mailboxes.ts'
import type { Visiting } from './others/visiting.ts'
import type { Progress } from './progress.ts'

export type { Completion } from './completion.ts'

export interface ImapAccount {
  id: string
  address: string
  name: string
}

export class Context {
  readonly store: SessionMail
  readonly account: ImapAccount
  readonly output: Output
  readonly limits: ImapSessionLimits
  readonly now: () => number
  /** Whom mailboxes can be shared with; without it nobody. */
  readonly people: PeopleLookup | undefined
  /** Where the same mail is to be had over JMAP. */
  readonly jmapUrl: string | undefined
  /** The accounts of others; absent for a guest, whose commands go no further. */
  readonly others: OthersPort | undefined
  readonly enabled: Set<Enabled>
  selected: Selected | undefined
  /** In the place of `selected`: a mailbox of somebody else. */
  visiting: Visiting | undefined
  /** What a client that uses NOTIFY was told of the mailboxes of others, by account. */
  readonly watched = new Map<string, SeenMailboxes>()
  /** The accounts among them that have something to tell. */
  readonly watchedNews = new Set<string>()
  /** Others have their part of the command: what is selected is perhaps theirs. */
  isPart = false
  /** The tag of an IDLE in progress. */
  idle: string | undefined
  closed = false
  /** What the bridge writes is compressed (RFC 4978). */
  compressed = false
  /** The tag of an UNAUTHENTICATE: nothing more is done for this client (RFC 8437). */
  leaving: string | undefined
  /** Since the client has used NOTIFY: what it wants to be told. */
  watch: Notifications | undefined
  /** Of the command that is being done. */
  progress: Progress | undefined
  /** The client's own command is what changes the store. */
  acting = false
  /** New messages of the selected mailbox of which the client wants more than their number. */
  arrived: number[] = []
  /** UIDs that the client's own command has put into the selected mailbox. */
  readonly ownAdditions = new Set<number>()

  constructor(
    parts: Pick<Context, 'store' | 'account' | 'output' | 'limits' | 'now' | 'people' | 'jmapUrl' | 'others'>,
  ) {
    this.store = parts.store
    this.account = parts.account
    this.output = parts.output
    this.limits = parts.limits
    this.now = parts.now
    this.people = parts.people
    this.jmapUrl = parts.jmapUrl
    this.others = parts.others
    this.enabled = new Set()
  }

  /** IMAP4rev2 is switched on: names and strings are UTF-8, answers are ESEARCH, `\Recent` does not exist. */
  get rev2(): boolean {
    return this.enabled.has('IMAP4rev2')
  }

  /** Names and strings are UTF-8 on the wire (RFC 9051, RFC 9755 §3). */
  get utf8(): boolean {
    return this.rev2 || this.enabled.has('UTF8=ACCEPT')
  }

  /** Expunged messages are told by their UIDs (RFC 7162 §3.2.10, RFC 9586 §3.2). */
  get vanished(): boolean {
    return this.enabled.has('QRESYNC') || this.uidOnly
  }

  /** There are no message sequence numbers (RFC 9586). */
  get uidOnly(): boolean {
    return this.enabled.has('UIDONLY')
  }

  get modSeq(): boolean {
    return this.enabled.has('CONDSTORE')
  }

  /** The selected mailbox; the reader of commands has made sure that there is one. */
  get mailbox(): Selected {
    if (this.selected === undefined) throw no('No mailbox is selected')
    return this.selected
  }

  /** The selected mailbox when it may be changed; `NO [READ-ONLY]` after EXAMINE. */
  get writable(): Selected {
    if (this.mailbox.readOnly) throw no('The mailbox is open for reading only', 'READ-ONLY')
    return this.mailbox
  }

  /** A mailbox name as this client reads it. */
  mailboxName(name: string): string {
    return this.utf8 ? quotedUtf8(encodeMailboxName(name, true)) : quotedOrLiteral(encodeMailboxName(name, false))
  }

  /** A text as a string: UTF-8, quoted for clients that take that, else in a literal. */
  text(text: string): string {
    return this.utf8 ? quotedUtf8(latin1OfUtf8(text)) : quotedOrLiteral(latin1OfUtf8(text))
  }

  /** The same session, but with this mailbox in the place of the selected one: to look at, not to tell news of. */
  lookingAt(selected: Selected): Context {
    return Object.defineProperty(Object.create(this) as Context, 'selected', { value: selected })
  }

  /** How this client is told of messages. */
  get style(): TellingStyle {
    return { modSeq: this.modSeq, vanished: this.vanished, uidOnly: this.uidOnly }
  }

  /**
   * News of the selected mailbox, as far as the command in progress lets them be told, and the client wants them
   * (RFC 5465 §3.1) unless they are what it asks for.
   */
  sync(expunge: boolean, inAnyCase = false): void {
    const { selected, watch } = this
    if (selected === undefined || (this.isKeptFromNews && !inAnyCase)) return this.ownAdditions.clear()
    const flags = watch === undefined || watch.ofSelected('FlagChange')
    const added = selected.sync(this.output, { expunge, flags, ...this.style })
    if (
      watch?.wishes.selected?.fetch !== undefined ||
      selected.live.all.some(({ terms }) => terms.fetch !== undefined)
    ) {
      for (const uid of added) if (!this.ownAdditions.has(uid)) this.arrived.push(uid)
    }
    this.ownAdditions.clear()
  }

  /** The client's own command has just made the last change and shown it: not to be told again. */
  caughtUp(changed: readonly number[]): void {
    this.selected?.caughtUp(changed, !this.isKeptFromNews)
  }

  /** Changes that the client makes are not news to it (RFC 5465 §5). Synchronous. */
  actingItself<T>(work: () => T): T {
    this.acting = true
    try {
      return work()
    } finally {
      this.acting = false
    }
  }

  /** To be called with every commit. */
  note(commit: Commit): void {
    if (this.watch === undefined) return
    this.watch.note(commit, this.acting)
    const placed = this.acting && this.selected !== undefined ? commit.placements.get(this.selected.mailbox) : undefined
    for (const uid of placed?.added ?? []) this.ownAdditions.add(uid)
  }

  /** With NOTIFY, news of the selected mailbox come only to those who asked for them. */
  get isKeptFromNews(): boolean {
    return this.watch !== undefined && !this.watch.ofSelected('MessageNew')
  }
}
