/**
 * What an attempt came to and the storage would not take, as when the disk is full: remembered by the life that knows it, so
 * that neither the message nor its report goes out again only because we could not write down that it went.
 */
import type { QueuedRecipient } from './entry.ts'
import type { RecipientOutcome } from './outcome.ts'
import type { SpooledEntry } from './spool-row.ts'

type Outcomes = ReadonlyMap<string, RecipientOutcome>

export class Unwritten {
  readonly #outcomes = new Map<number, Outcomes>()
  readonly #reported = new Map<number, Set<string>>()

  /** Outcomes that the entry on disk does not know. */
  outcomes(key: number): Outcomes | undefined {
    return this.#outcomes.get(key)
  }

  attempted(key: number, outcomes: Outcomes): void {
    this.#outcomes.set(key, outcomes)
  }

  /** A report on those was handed over durably. */
  reported(key: number, owed: readonly QueuedRecipient[], late: readonly QueuedRecipient[]): void {
    const marks = owed.map(markOf)
    this.#reported.set(key, new Set(late.length > 0 ? [...marks, delayNotice] : marks))
  }

  /** The entry without what it owes on disk and no more in truth. */
  withoutReported(entry: SpooledEntry): SpooledEntry {
    const reported = this.#reported.get(entry.key)
    if (reported === undefined) return entry
    const recipients = entry.recipients.map((recipient): QueuedRecipient => {
      if (recipient.owed === undefined || !reported.has(markOf(recipient))) return recipient
      const { owed: _owed, ...rest } = recipient
      return rest
    })
    return { ...entry, recipients, delayNoticed: entry.delayNoticed || reported.has(delayNotice) }
  }

  /** The entry is on disk as it is in truth, or gone. */
  written(key: number): void {
    this.#outcomes.delete(key)
    this.#reported.delete(key)
  }
}

const delayNotice = 'delay'

function markOf({ address, owed, last }: QueuedRecipient): string {
  return `${owed} ${last?.at} ${address}`
}
