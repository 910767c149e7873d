/**
 * The owner's side of IMAP visits: what others do with the mail that this account shares, one command at a time.
 *
 * What is short comes back as a value, which leaves the object when all that it has written is on disk. What is long is a
 * stream that goes no faster than the client reads; its last frame waits for the disk itself.
 *
 * Limits: visits at once. They are refused and never queued, so that two accounts that visit each other cannot wait in a
 * circle.
 */
import {
  answerGuest,
  type GuestAnswer,
  type GuestCall,
  type GuestDeps,
  type ImapSessionLimits,
  type PeopleLookup,
} from '../../../access/imap/index.ts'
import type { MailStore, Person } from '../../../mailbox/index.ts'
import type { LongText, VisitReply } from '../doors.ts'
import { describe, type Log } from '../log.ts'
import { octetsOf, textOf } from './long-text.ts'
import { frames, visitFrame } from './visit-frame.ts'

const maxVisits = 64
const PATIENCE_MS = 5_000
/** What a reply may have as a value. */
const maxValue = 4 * 1024 * 1024
/** What a stream holds that is not read. */
const window = 1024 * 1024

export interface GuestVisitsPorts {
  readonly store: MailStore
  readonly account: () => Person
  readonly limits: Partial<ImapSessionLimits>
  readonly people: PeopleLookup
  /** Resolves when all that was written is on disk. */
  readonly synced: () => Promise<void>
  readonly waitUntil: (work: Promise<void>) => void
  readonly log: Log
}

export class GuestVisits {
  readonly #ports: GuestVisitsPorts
  #visits = 0

  constructor(ports: GuestVisitsPorts) {
    this.#ports = ports
  }

  /** Null: no such account. */
  async visit(guest: Person, sent: LongText, octets: ReadableStream<Uint8Array> | null): Promise<VisitReply | null> {
    const [text, bytes] = await Promise.all([textOf(sent), octets === null ? none : octetsOf(octets)])
    if (!this.#ports.store.exists) return null
    const call = JSON.parse(text) as GuestCall
    if (this.#visits >= maxVisits) return value([], tooMany(call))
    this.#visits++
    const parcel = new Parcel()
    const done = this.#answer(guest, call, bytes, parcel).finally(() => this.#visits--)
    // What takes long goes out as it comes, so that the client hears of its progress (RFC 9585).
    const patience = setTimeout(() => parcel.hurry(), PATIENCE_MS)
    const answer = await Promise.race([done, parcel.full])
    clearTimeout(patience)
    if (answer !== undefined && parcel.size <= maxValue) return value(parcel.take(), answer)
    const { readable, writable } = new IdentityTransformStream()
    this.#ports.waitUntil(this.#stream(parcel, done, writable.getWriter()))
    return readable
  }

  #answer(guest: Person, call: GuestCall, octets: Uint8Array, parcel: Parcel): Promise<GuestAnswer> {
    const { store, account, limits, people, log } = this.#ports
    const deps: GuestDeps = {
      store,
      guest,
      account: { ...account() },
      clock: Date,
      limits: { ...limits, outputWindow: window },
      people,
      log: { error: (event, cause) => log('error', event, cause === undefined ? {} : { error: describe(cause) }) },
      output: parcel,
    }
    return answerGuest(deps, call, octets)
  }

  async #stream(
    parcel: Parcel,
    done: Promise<GuestAnswer>,
    writer: WritableStreamDefaultWriter<Uint8Array>,
  ): Promise<void> {
    const { synced, log } = this.#ports
    try {
      const ended = done.then(nothing, nothing)
      for (let isOver = false; !isOver || parcel.size > 0;) {
        for (const piece of parcel.take()) {
          for (const frame of frames(piece)) await writer.write(frame)
          parcel.acknowledge(piece.length)
        }
        isOver = await Promise.race([parcel.more().then(() => false), ended.then(() => true)])
      }
      const answer = await done
      await synced()
      await writer.write(visitFrame('answer', new TextEncoder().encode(JSON.stringify(answer))))
      await writer.close()
    } catch (error) {
      // The guest has gone: their command runs to its end for nobody.
      parcel.abandon()
      log('warning', 'a visit of somebody to a shared mailbox ended early', { error: describe(error) })
    }
  }
}

const none = new Uint8Array()
const nothing = (): void => undefined

function tooMany({ session }: GuestCall): GuestAnswer {
  return { session, refusal: { type: 'NO', text: 'Too many visit that account at once', code: 'UNAVAILABLE' } }
}

async function value(pieces: readonly Uint8Array[], answer: GuestAnswer): Promise<VisitReply> {
  const octets = pieces.length === 0 ? none : new Uint8Array(await new Blob([...pieces]).arrayBuffer())
  return { octets, answer: JSON.stringify(answer) }
}

/** What a session says, until somebody takes it. */
class Parcel {
  #pieces: Uint8Array[] = []
  #acknowledge: (count: number) => void = () => undefined
  #abandoned = false
  #waiting = Promise.withResolvers<void>()
  readonly #full = Promise.withResolvers<undefined>()
  size = 0

  /** Nobody waits any longer for the end. */
  hurry(): void {
    this.#full.resolve(undefined)
  }

  /** Resolves when the session waits for somebody to read. */
  get full(): Promise<undefined> {
    return this.#full.promise
  }

  send(bytes: Uint8Array): void {
    if (this.#abandoned) return this.#acknowledge(bytes.length)
    this.#pieces.push(bytes)
    this.size += bytes.length
    if (this.size > window) this.#full.resolve(undefined)
    this.#waiting.resolve()
  }

  onAcknowledge(acknowledge: (count: number) => void): void {
    this.#acknowledge = acknowledge
  }

  /** Resolves when there is something to take. */
  more(): Promise<void> {
    return this.size > 0 ? Promise.resolve() : this.#waiting.promise
  }

  take(): Uint8Array[] {
    const pieces = this.#pieces
    this.#pieces = []
    this.size = 0
    this.#waiting = Promise.withResolvers()
    return pieces
  }

  acknowledge(count: number): void {
    this.#acknowledge(count)
  }

  abandon(): void {
    this.#abandoned = true
    this.#pieces = []
    this.#acknowledge(Infinity)
  }
}
