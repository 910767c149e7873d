/**
 * The sessions of one account that a bridge has parked. The lot holds them, so that they do not keep the account's object;
 * their bridge is told when it has to come for them.
 */
import { endsRest } from '../../../access/imap/index.ts'
import type { Commit } from '../../../mailbox/index.ts'
import { describe, type Log } from '../log.ts'
import type { ParkedSession, ParkingLot } from '../parking/parking-lot.ts'

export interface ParkedSessionsPorts {
  readonly lot: ParkingLot
  readonly accountId: string
  /** Has the bridges come for these. */
  readonly comeFor: (ids: string[]) => Promise<void>
  readonly log: Log
}

export class ParkedSessions {
  readonly #ports: ParkedSessionsPorts

  constructor(ports: ParkedSessionsPorts) {
    this.#ports = ports
  }

  get size(): number {
    return this.#ports.lot.count(this.#ports.accountId)
  }

  /** False: it has to stay. */
  park(id: string, session: Omit<ParkedSession, 'accountId'>): boolean {
    return this.#ports.lot.park(id, { ...session, accountId: this.#ports.accountId })
  }

  /** Undefined: it is no more. */
  take(id: string): ParkedSession | undefined {
    return this.#ports.lot.take(id, this.#ports.accountId)
  }

  /** The store has committed: those whose clients are to be told of it come back. */
  notify(commit: Commit): void {
    const { lot, accountId } = this.#ports
    void this.#comeFor(lot.recall(accountId, ({ rest }) => endsRest(rest, commit)))
  }

  /** Ends those whose credentials are no more; their bridge finds that out. */
  closeRevoked(exists: (credential: number) => boolean): void {
    const { lot, accountId } = this.#ports
    void this.#comeFor(lot.end(accountId, ({ credential }) => !exists(credential)))
  }

  async #comeFor(ids: string[]): Promise<void> {
    if (ids.length === 0) return
    const { lot, comeFor, log } = this.#ports
    try {
      await comeFor(ids)
      lot.told(ids)
    } catch (error) {
      log('error', 'the news of parked sessions could not be told', { error: describe(error) })
    }
  }
}
