/**
 * Messages that went and are kept for a while, for whoever took them and was told where they can be fetched. None of them
 * waits for anything: no attempt, no place in the count of what waits, and an alarm an hour at most for what is over.
 *
 * Limits: octets in all; beyond, the one that was kept first makes room.
 */
import type { QueueEvent } from './event.ts'
import type { Spool } from './spool.ts'
import type { SpooledEntry } from './spool-row.ts'

export interface KeptPorts {
  readonly spool: Spool
  readonly clock: () => number
  readonly log: (event: QueueEvent) => void
  /** See `QueueOptions.maxKept`. */
  readonly most: number
}

/** What is over waits so long for others that will be, so that they share an alarm. */
const sweepDelay = 3_600_000
/** In one event; then others have their turn. */
const mostInSweep = 1_000
/** What each counts for at least: even an empty message is a row, and a place in memory in every life. */
const leastSize = 16 * 1024

interface KeptMessage {
  readonly size: number
  readonly until: number
}

export class Kept {
  readonly #ports: KeptPorts
  /** By key, the one kept first in front. */
  readonly #all = new Map<number, KeptMessage>()
  #octets = 0
  #earliest = Infinity
  /** The last sweep had too much to do. */
  #unfinished = false

  constructor(ports: KeptPorts) {
    this.#ports = ports
  }

  /** What the last life left. */
  know({ key, size, next }: { key: number; size: number; next: number }): void {
    this.#all.set(key, { size, until: next })
    this.#octets += counted(size)
    this.#earliest = Math.min(this.#earliest, next)
  }

  /** An entry with nothing left to do, as it is kept; undefined where its outcomes do not ask for that. */
  take(entry: SpooledEntry): SpooledEntry | undefined {
    const { key, size } = entry
    const { spool, clock, most } = this.#ports
    const until = Math.max(
      0,
      ...entry.recipients.map(({ state, last }) => (state === 'delivered' ? last?.keepUntil : 0) ?? 0),
    )
    if (until <= clock() || counted(size) > most) return undefined
    for (const [oldest, { size: room }] of this.#all) {
      if (this.#octets + counted(size) <= most) break
      spool.end({ key: oldest, size: room })
      this.forget(oldest)
    }
    this.know({ key, size, next: until })
    return { ...entry, status: 'kept', next: until }
  }

  /** It is gone, or waits again. */
  forget(key: number): void {
    const known = this.#all.get(key)
    if (known === undefined) return
    this.#octets -= counted(known.size)
    this.#all.delete(key)
  }

  /** When `sweep` is to be called next; Infinity: never. */
  get nextSweep(): number {
    if (this.#all.size === 0) return Infinity
    return this.#unfinished ? this.#earliest : this.#earliest + sweepDelay
  }

  /** Removes what is over, as much as one event may. */
  sweep(): void {
    const now = this.#ports.clock()
    if (this.nextSweep > now) return
    let room = mostInSweep
    let earliest = Infinity
    try {
      for (const [key, { size, until }] of this.#all) {
        if (until <= now && room-- > 0) {
          this.#ports.spool.remove({ key, size })
          this.forget(key)
        } else earliest = Math.min(earliest, until)
      }
      this.#unfinished = earliest <= now
    } catch (cause) {
      // The storage does not even take that: again with the next.
      this.#ports.log({ type: 'fault', cause })
      this.#unfinished = false
      earliest = now
    }
    this.#earliest = earliest
  }
}

function counted(size: number): number {
  return Math.max(size, leastSize)
}
