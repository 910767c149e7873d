/**
 * The mailbox a session has selected, as this client knows it: its message sequence numbers stand for what it has been
 * told, not for what is there.
 *
 * Standards: RFC 9051 §5.2, §5.5 (when news may be told), §7.5.1 (EXPUNGE), RFC 7162 §3.1 (MODSEQ in news), §3.2.10
 * (VANISHED), RFC 9586 (UIDFETCH).
 *
 * One mark is enough to find the news: UIDs and mod-sequences come from the account's one counter, so everything above
 * the mark is new or changed, and what the change log has behind it is gone.
 */
import {
  hasRights,
  type MailboxId,
  type MailboxView,
  noRights,
  type Rights,
  type SessionMail,
} from '../../mailbox/index.ts'
import { SequenceSet, bad, formatUidSet, no } from '../../protocol/imap/index.ts'
import type { Output } from '../session/index.ts'
import { FlagList } from './flag-list.ts'
import { FlagRenderer } from './flag-renderer.ts'
import { LiveSearches } from './live/live-searches.ts'
import { SequenceMap } from './sequence-map.ts'
import type { SelectedState } from './session-state.ts'

/** How a client is told of messages, by what it has enabled. */
export interface TellingStyle {
  /** With their mod-sequences (RFC 7162 §3.2). */
  readonly modSeq: boolean
  /** VANISHED in place of EXPUNGE (RFC 7162 §3.2.10). */
  readonly vanished: boolean
  /** UIDFETCH in place of FETCH (RFC 9586 §3.3). */
  readonly uidOnly: boolean
}

interface SelectedFacts {
  mailbox: MailboxId
  uidValidity: number
  readOnly: boolean
  told: number
  goneSince?: number
}

export class Selected {
  readonly mailbox: MailboxId
  readonly uidValidity: number
  readonly readOnly: boolean
  readonly map: SequenceMap
  readonly flags = new FlagRenderer()
  /** The flags this client has been told to exist. */
  readonly flagList = new FlagList()
  /** Searches whose results the client follows. */
  readonly live = new LiveSearches()
  readonly #store: SessionMail
  /** The counter up to which the client has been told everything but `#gone`. */
  #told: number
  /** Expunged, and the client not told yet: they still have their sequence numbers. */
  readonly #gone: Set<number>
  /** What the counter was when the first of `#gone` went. */
  #goneSince: number
  #saved: readonly number[] | 'lost' = []

  private constructor(store: SessionMail, facts: SelectedFacts, uids: Uint32Array, gone: readonly number[]) {
    this.#store = store
    this.mailbox = facts.mailbox
    this.uidValidity = facts.uidValidity
    this.readOnly = facts.readOnly
    this.#told = facts.told
    this.map = new SequenceMap(uids)
    this.#gone = new Set(gone)
    this.#goneSince = facts.goneSince ?? 1
    const view = store.view(facts.mailbox)
    const { told } = facts
    if (told === store.state) this.flagList.addAll(view)
    for (let row = 0; told < store.state && row < view.length; row++) {
      if ((view.modseqs[row] as number) <= told) this.flagList.add(view, row)
    }
  }

  /** The mailbox as it is now. */
  static open(store: SessionMail, mailbox: MailboxId, readOnly: boolean): Selected {
    const { uidValidity } = store.counts(mailbox)
    const uids = store.view(mailbox).uidList()
    return new Selected(store, { mailbox, uidValidity, readOnly, told: store.state }, uids, [])
  }

  /**
   * The mailbox as the client knew it when `state` was taken: what is left of what it had been told, and what has gone
   * since. Undefined when that cannot be known any more: the mailbox is gone, or the history does not reach back.
   */
  static resume(store: SessionMail, state: SelectedState): Selected | undefined {
    const mailbox = state.mailbox as MailboxId
    if (!isReadable(store, mailbox, state.uidValidity)) return undefined
    const since = store.expungedSince(mailbox, state.told)
    if (since === undefined) return undefined
    const pending = state.gone === '' ? [] : SequenceSet.parse(state.gone).numbers()
    const gone = [...new Set([...pending, ...since.filter((uid) => uid <= state.told)])]
    const left = store
      .view(mailbox)
      .uidList()
      .filter((uid) => uid <= state.told)
    const uids = new Uint32Array(left.length + gone.length)
    uids.set(left)
    uids.set(gone, left.length)
    if (gone.length > 0) uids.sort()
    // What has gone since is news that the next `sync` finds.
    const selected = new Selected(store, { ...state, mailbox }, uids, pending)
    if (state.savedLost) selected.#saved = 'lost'
    else if (state.saved !== undefined) selected.#saved = selected.map.uidsIn(SequenceSet.parse(state.saved))
    return selected
  }

  /** What to keep over hibernation, or undefined when that takes more than `limit` octets. */
  state(limit: number): SelectedState | undefined {
    const gone = formatUidSet([...this.#gone].sort((a, b) => a - b))
    if (gone.length > limit) return undefined
    const { mailbox, uidValidity, readOnly } = this
    const state: SelectedState = { mailbox, uidValidity, readOnly, told: this.#told, gone }
    if (this.hasGone) state.goneSince = this.#goneSince
    const saved = this.#saved === 'lost' ? '' : this.map.compactSet(this.#saved)
    if (this.#saved === 'lost' || saved.length > limit) state.savedLost = true
    else if (saved !== '') state.saved = saved
    const live = this.live.state(this.map, 2 * limit - gone.length - (state.saved?.length ?? 0))
    if (live.length > 0) state.live = live
    return state
  }

  get view(): MailboxView {
    return this.#store.view(this.mailbox)
  }

  /** It has not been deleted, and the user may still read it. */
  get isThere(): boolean {
    return isReadable(this.#store, this.mailbox, this.uidValidity)
  }

  /** What the user may change in it; nothing after EXAMINE. */
  get rights(): Rights {
    return this.readOnly ? noRights : this.#store.rightsTo(this.mailbox)
  }

  /** Some message the client still counts is not there any more. */
  get hasGone(): boolean {
    return this.#gone.size > 0
  }

  /** Keeps the result of SEARCH RETURN (SAVE): UIDs, ascending (RFC 9051 §6.4.4.1). */
  save(uids: readonly number[]): void {
    this.#saved = uids
  }

  /** Sequence numbers that a command's set names, ascending. `BAD` for a number that does not exist. */
  resolve(set: SequenceSet, uid: boolean): number[] {
    if (set.saved)
      return this.savedUids()
        .map((saved) => this.map.sequenceOf(saved))
        .filter((sequence) => sequence > 0)
    if (uid) return this.map.sequencesOfUids(set)
    const sequences = this.map.sequences(set)
    if (sequences === undefined) throw bad('No such message')
    return sequences
  }

  /** `$`. `NO [NOTSAVED]` when the result could not be kept. */
  savedUids(): readonly number[] {
    if (this.#saved === 'lost') throw no('The saved search result is no longer there', 'NOTSAVED')
    return this.#saved
  }

  /**
   * Tells what has happened: changed flags and new messages always, expunged messages when the command in progress
   * lets it (`expunge`), flags unless they are not wanted. Gives the UIDs that are new.
   */
  sync(output: Output, options: TellingStyle & { expunge: boolean; flags: boolean }): readonly number[] {
    const state = this.#store.state
    const told = this.#told
    const news = state !== told
    const delayed = this.hasGone
    let since: readonly number[] = []
    let changed: readonly number[] = []
    let grown = false
    if (news) {
      const view = this.view
      this.live.leave(output, this.#noticeExpunged(view, told), this.map)
      since = view.changedSince(told)
      this.live.touch(since)
      changed = since.filter((uid) => uid <= told)
      for (const uid of since) if (uid > told) this.map.append(uid)
      grown = changed.length < since.length
      this.#told = state
    }
    const expunging = options.expunge && this.hasGone
    if (expunging) this.#tellExpunged(output, options.vanished)
    if (grown) output.text(`* ${this.map.length} EXISTS\r\n`)
    if (since.length > 0) this.tellNewFlags(output, since)
    if (options.flags && changed.length > 0) this.tellFlags(output, changed, options)
    if (expunging && delayed && options.modSeq) this.tellModSeq(output)
    return grown ? since.filter((uid) => uid > told) : []
  }

  /** Up to which mod-sequence the client knows everything: not beyond what it could not be told of (RFC 7162 §3.2). */
  tellModSeq(output: Output): void {
    const highest = this.hasGone ? this.#goneSince : this.#store.counts(this.mailbox).highestModSeq
    output.text(`* OK [HIGHESTMODSEQ ${highest}] All that is below has been told\r\n`)
  }

  /** `FLAGS` anew when one of these messages has a keyword that nobody in this mailbox had. */
  tellNewFlags(output: Output, uids: readonly number[]): void {
    const view = this.view
    let news = false
    for (const uid of uids) {
      const row = view.indexOf(uid)
      if (row >= 0 && this.flagList.add(view, row)) news = true
    }
    if (news) output.text(this.flagList.render(this.rights))
  }

  /** `FETCH` responses that carry the flags of these UIDs. */
  tellFlags(output: Output, uids: readonly number[], { modSeq, uidOnly }: TellingStyle): void {
    const view = this.view
    for (const uid of uids) {
      const index = view.indexOf(uid)
      if (index < 0) continue
      const behind = modSeq ? ` MODSEQ (${view.modseqAt(index)})` : ''
      const flags = this.flags.at(view, index)
      output.text(
        uidOnly
          ? `* ${uid} UIDFETCH (FLAGS (${flags})${behind})\r\n`
          : `* ${this.map.sequenceOf(uid)} FETCH (UID ${uid} FLAGS (${flags})${behind})\r\n`,
      )
    }
  }

  /** The client's own command has just made the last change and shown it: not to be told again, if all before it is `known`. */
  caughtUp(changed: readonly number[], known: boolean): void {
    this.live.touch(changed)
    if (known) this.#told = this.#store.state
  }

  /** The UIDs that are newly gone. */
  #noticeExpunged(view: MailboxView, told: number): ReadonlySet<number> {
    const noticed = new Set<number>()
    const since = this.#store.expungedSince(this.mailbox, told)
    const gone: Iterable<number> = since ?? this.map.uids.filter((uid) => view.indexOf(uid) < 0)
    for (const uid of gone) {
      if (this.map.sequenceOf(uid) === 0) continue
      if (!this.hasGone) this.#goneSince = told
      if (!this.#gone.has(uid)) noticed.add(uid)
      this.#gone.add(uid)
    }
    return noticed
  }

  #tellExpunged(output: Output, vanished: boolean): void {
    const uids = vanished ? [...this.#gone].sort((a, b) => a - b) : []
    const numbers = this.map.remove(this.#gone)
    if (this.#saved !== 'lost' && this.#saved.length > 0) {
      this.#saved = this.#saved.filter((uid) => !this.#gone.has(uid))
    }
    this.#gone.clear()
    if (vanished) return output.text(`* VANISHED ${formatUidSet(uids)}\r\n`)
    let text = ''
    for (const number of numbers) text += `* ${number} EXPUNGE\r\n`
    output.text(text)
  }
}

function isReadable(store: SessionMail, mailbox: MailboxId, uidValidity: number): boolean {
  return store.mailbox(mailbox)?.uidValidity === uidValidity && hasRights(store.rightsTo(mailbox), 'r')
}
