/**
 * The maildrop of one session: INBOX as it was when the session began.
 *
 * Standards: RFC 1939 §4 (message-numbers do not change within a session), §5 (sizes, DELE, RSET).
 *
 * Messages that IMAP has marked `\Deleted` are not in it: their owner has deleted them. What other clients add, mark or
 * remove during the session changes nothing here.
 */
import type { EmailId, MailboxId, MailStore, PlacementChanges } from '../../mailbox/index.ts'
import type { MaildropState } from './session-state.ts'

interface Entry {
  uid: number
  email: number
  /** Stored octets. */
  size: number
}

export class Maildrop {
  readonly mailbox: MailboxId
  readonly #opened: number
  readonly #hidden: readonly number[]
  readonly #entries: readonly Entry[]
  /** Octets on the wire, by index; differs from the stored size for few. */
  readonly #octets: Map<number, number>
  readonly #marked = new Set<number>()
  readonly #gone = new Set<number>()
  #total = 0
  #markedOctets = 0

  private constructor(mailbox: MailboxId, opened: number, hidden: readonly number[], entries: readonly Entry[]) {
    this.mailbox = mailbox
    this.#opened = opened
    this.#hidden = hidden
    this.#entries = entries
    this.#octets = new Map()
  }

  /** INBOX as it is now; to be completed by `measure`. */
  static open(store: MailStore): Maildrop {
    const mailbox = inbox(store)
    const view = store.view(mailbox)
    const entries: Entry[] = []
    const hidden = new Runs()
    for (let row = 0; row < view.length; row++) {
      const uid = view.uidAt(row)
      if (view.isDeletedAt(row)) hidden.add(uid, row)
      else entries.push({ uid, email: view.emailIdAt(row), size: view.sizes[row] as number })
    }
    return new Maildrop(mailbox, store.state, hidden.bounds, entries)
  }

  /** Learns the sizes on the wire, `utf8` or not. Rejects when some have to be counted and the blob store fails. */
  async measure(store: MailStore, utf8: boolean): Promise<void> {
    const unknown = this.#measure(wireSizes(store, utf8))
    if (unknown.length > 0) this.#measure(await store.countCrlfSizes(unknown))
  }

  /** The maildrop that `state` was taken from; undefined when not all of it is known any more. */
  static resume(store: MailStore, state: MaildropState, utf8: boolean): Maildrop | undefined {
    const mailbox = inbox(store)
    const { opened, hidden, marked, gone } = state
    const view = store.view(mailbox)
    const entries: Entry[] = []
    for (let row = 0; row < view.length && view.uidAt(row) <= opened; row++) {
      const uid = view.uidAt(row)
      if (!within(hidden, uid)) entries.push({ uid, email: view.emailIdAt(row), size: view.sizes[row] as number })
    }
    for (let at = 0; at < gone.length; at += 4) {
      const [uid = 0, email = 0, size = 0] = gone.slice(at, at + 3)
      entries.push({ uid, email, size })
    }
    if (entries.length !== state.length) return undefined
    entries.sort((a, b) => a.uid - b.uid)
    const maildrop = new Maildrop(mailbox, opened, hidden, entries)
    if (maildrop.#measure(wireSizes(store, utf8)).length > 0) return undefined
    for (let at = 0; at < gone.length; at += 4) maildrop.#restoreGone(gone[at] as number, gone[at + 3] as number)
    for (let at = 0; at < marked.length; at += 2) {
      for (let number = marked[at] as number; number <= (marked[at + 1] as number); number++) maildrop.mark(number)
    }
    return maildrop
  }

  /** The highest message-number. */
  get length(): number {
    return this.#entries.length
  }

  /** Messages that are not marked as deleted, and their octets: the drop listing (RFC 1939 §5, STAT). */
  get listing(): { messages: number; octets: number } {
    return { messages: this.length - this.#marked.size, octets: this.#total - this.#markedOctets }
  }

  /** Whether there is a message with this number, marked or not. */
  has(number: number): boolean {
    return number >= 1 && number <= this.length
  }

  isMarked(number: number): boolean {
    return this.#marked.has(number)
  }

  /** The next message that is not marked; 0 behind the last. */
  after(number: number): number {
    for (let next = number + 1; next <= this.length; next++) if (!this.#marked.has(next)) return next
    return 0
  }

  email(number: number): EmailId {
    return this.#entry(number).email as EmailId
  }

  /** Octets as they are stored: what there is to read. */
  storedSize(number: number): number {
    return this.#entry(number).size
  }

  /** Octets with every line ended by CRLF (RFC 1939 §11). */
  octets(number: number): number {
    return this.#octets.get(number - 1) ?? this.#entry(number).size
  }

  mark(number: number): void {
    if (this.#marked.has(number)) return
    this.#marked.add(number)
    this.#markedOctets += this.octets(number)
  }

  unmarkAll(): void {
    this.#marked.clear()
    this.#markedOctets = 0
  }

  /** UIDs of the messages marked as deleted. */
  markedUids(): number[] {
    return Array.from(this.#marked, (number) => this.#entry(number).uid).sort((a, b) => a - b)
  }

  /** Remembers what others have removed from the mailbox. */
  notice(changes: PlacementChanges): void {
    for (const uid of changes.expunged) {
      const index = this.#indexOf(uid)
      if (index >= 0) this.#gone.add(index)
    }
  }

  /** Undefined when it is more than `limit` numbers in one of its parts. */
  state(limit: number): MaildropState | undefined {
    const marked = new Runs()
    for (const number of [...this.#marked].sort((a, b) => a - b)) marked.add(number, number)
    const gone = Array.from(this.#gone, (index) => this.#entries[index] as Entry)
    const facts = gone.flatMap(({ uid, email, size }) => [uid, email, size, this.octets(this.#indexOf(uid) + 1)])
    if (Math.max(marked.bounds.length, facts.length, this.#hidden.length) > limit) return undefined
    return {
      opened: this.#opened,
      length: this.length,
      hidden: this.#hidden,
      marked: marked.bounds,
      gone: facts,
    }
  }

  #restoreGone(uid: number, octets: number): void {
    const index = this.#indexOf(uid)
    this.#gone.add(index)
    this.#total += octets - this.octets(index + 1)
    this.#octets.set(index, octets)
  }

  /** Takes sizes that are not the stored ones; gives the emails whose size is not known. */
  #measure(sizes: ReadonlyMap<EmailId, number | null>): EmailId[] {
    const unknown: EmailId[] = []
    if (sizes.size > 0) {
      for (const [index, { email }] of this.#entries.entries()) {
        const octets = sizes.get(email as EmailId)
        if (octets === null) unknown.push(email as EmailId)
        else if (octets !== undefined) this.#octets.set(index, octets)
      }
    }
    this.#total = 0
    for (let number = 1; number <= this.length; number++) this.#total += this.octets(number)
    return unknown
  }

  #entry(number: number): Entry {
    const entry = this.#entries[number - 1]
    if (entry === undefined) throw new RangeError(`message ${number} of ${this.length}`)
    return entry
  }

  /** The index of a UID, or -1. */
  #indexOf(uid: number): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#entries[middle] as Entry).uid < uid) low = middle + 1
      else high = middle
    }
    return this.#entries[low]?.uid === uid ? low : -1
  }
}

/** Gathers ascending numbers as runs: those at neighbouring places are one. */
class Runs {
  /** First and last of each run. */
  readonly bounds: number[] = []
  #place = -2

  add(number: number, place: number): void {
    if (place === this.#place + 1) this.bounds[this.bounds.length - 1] = number
    else this.bounds.push(number, number)
    this.#place = place
  }
}

function within(runs: readonly number[], number: number): boolean {
  for (let at = 0; at < runs.length; at += 2) {
    if (number >= (runs[at] as number) && number <= (runs[at + 1] as number)) return true
  }
  return false
}

/** Where they are not the stored ones; null: not known. */
function wireSizes(store: MailStore, utf8: boolean): ReadonlyMap<EmailId, number | null> {
  const sizes = store.crlfSizes()
  const surrogates = utf8 ? undefined : store.surrogateSizes()
  return surrogates === undefined || surrogates.size === 0 ? sizes : new Map([...sizes, ...surrogates])
}

function inbox(store: MailStore): MailboxId {
  const mailbox = store.mailboxByRole('inbox')
  if (mailbox === undefined) throw new Error('the account has no inbox')
  return mailbox.id
}
