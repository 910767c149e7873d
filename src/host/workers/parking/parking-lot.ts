/**
 * Sessions at rest, parked: what they go on from, while the account's object sleeps and no WebSocket is held for them.
 *
 * It is memory of the isolate. On one machine the Worker and all its objects are one isolate, which ends with its process;
 * a bridge sees that by its channel. Where that is not so (on Cloudflare, where a hibernated WebSocket costs nothing) there
 * are no channels, and nothing is parked.
 *
 * Limits: a bridge parks no more than its connections, each state is bounded by its session; what a bridge leaves behind is
 * forgotten after a minute.
 * Security: an id begins with its channel's, which only that bridge knows.
 */
import type { Rest } from '../../../access/imap/index.ts'
import { randomText } from '../random.ts'
import type { SessionProtocol } from '../account/session-engines.ts'

export interface ParkedSession {
  readonly accountId: string
  readonly kind: SessionProtocol
  /** Which password or token opened it. */
  readonly credential: number
  /** JSON. */
  readonly state: string
  readonly rest: Rest
}

interface Entry extends ParkedSession {
  /** Its bridge has been told to come for it. */
  told: boolean
}

/** A bridge that lost its channel takes back all it has parked, as soon as it can. */
const LEFT_BEHIND_MS = 60_000

export class ParkingLot {
  readonly #now: () => number
  /** The time when it closed, for those that have. */
  readonly #channels = new Map<string, number | undefined>()
  readonly #entries = new Map<string, Entry>()
  readonly #byAccount = new Map<string, Set<string>>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** For a bridge: what it parks is known by the channel's id that this gives, a dot, and a name of its own. */
  openChannel(): string {
    this.#clearUp()
    const channel = randomText(24)
    this.#channels.set(channel, undefined)
    return channel
  }

  closeChannel(channel: string): void {
    if (this.#channels.has(channel)) this.#channels.set(channel, this.#now())
  }

  /** False: the bridge does not listen, or has used that id before. */
  park(id: string, session: ParkedSession): boolean {
    this.#clearUp()
    const channel = channelOf(id)
    const isOpen = this.#channels.has(channel) && this.#channels.get(channel) === undefined
    if (!isOpen || this.#entries.has(id)) return false
    this.#entries.set(id, { ...session, told: false })
    const ids = this.#byAccount.get(session.accountId)
    if (ids === undefined) this.#byAccount.set(session.accountId, new Set([id]))
    else ids.add(id)
    return true
  }

  accountOf(id: string): string | undefined {
    return this.#entries.get(id)?.accountId
  }

  /** The session leaves: for its account's object, which goes on with it. */
  take(id: string, accountId: string): ParkedSession | undefined {
    const entry = this.#entries.get(id)
    if (entry?.accountId !== accountId) return undefined
    this.#remove(id, entry)
    return entry
  }

  /** The client has gone. */
  forget(id: string): void {
    const entry = this.#entries.get(id)
    if (entry !== undefined) this.#remove(id, entry)
  }

  /** Sessions of an account. */
  count(accountId: string): number {
    return this.#byAccount.get(accountId)?.size ?? 0
  }

  /** Those sessions of an account that are meant and whose bridge has not been told yet: it is to be told now. */
  recall(accountId: string, isMeant: (session: ParkedSession) => boolean): string[] {
    return this.#of(accountId)
      .filter(([, entry]) => !entry.told && isMeant(entry))
      .map(([id]) => id)
  }

  /** The bridge has been told to come for these. Not before it has: an object that fails meanwhile forgets that it wanted to. */
  told(ids: readonly string[]): void {
    for (const id of ids) {
      const entry = this.#entries.get(id)
      if (entry !== undefined) entry.told = true
    }
  }

  /** Ends sessions of an account. When their bridge is told and comes for them, they are no more. */
  end(accountId: string, isMeant: (session: ParkedSession) => boolean): string[] {
    const meant = this.#of(accountId).filter(([, entry]) => isMeant(entry))
    for (const [id, entry] of meant) this.#remove(id, entry)
    return meant.map(([id]) => id)
  }

  #of(accountId: string): [id: string, entry: Entry][] {
    const ids = this.#byAccount.get(accountId)
    return ids === undefined ? [] : [...ids].map((id) => [id, this.#entries.get(id) as Entry])
  }

  #remove(id: string, { accountId }: Entry): void {
    this.#entries.delete(id)
    const ids = this.#byAccount.get(accountId)
    ids?.delete(id)
    if (ids?.size === 0) this.#byAccount.delete(accountId)
  }

  #clearUp(): void {
    const longAgo = this.#now() - LEFT_BEHIND_MS
    for (const [channel, closedAt] of this.#channels) {
      if (closedAt === undefined || closedAt > longAgo) continue
      this.#channels.delete(channel)
      for (const [id, entry] of this.#entries) if (channelOf(id) === channel) this.#remove(id, entry)
    }
  }
}

export function channelOf(id: string): string {
  return id.slice(0, Math.max(0, id.indexOf('.')))
}

/** The isolate's only one: the Worker's requests and all objects meet here. */
export const parkingLot = new ParkingLot(Date.now)
