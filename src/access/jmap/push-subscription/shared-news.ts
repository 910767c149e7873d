/**
 * What others changed in what they share, until a push takes it along. In memory only: what is lost with the process is made
 * good by the next change.
 *
 * Standards: RFC 8620 §7.1; RFC 9670 §1.4.
 */
import type { StateChange, TypeState } from '../../../protocol/jmap/index.ts'

export class SharedNews {
  readonly #waiting = new Map<string, StateChange>()

  add(subscriptionId: string, change: StateChange): void {
    this.#waiting.set(subscriptionId, mergedChange(this.#waiting.get(subscriptionId), change))
  }

  get(subscriptionId: string): StateChange | undefined {
    return this.#waiting.get(subscriptionId)
  }

  /** Hands it over to a push. */
  take(subscriptionId: string): StateChange | undefined {
    const change = this.#waiting.get(subscriptionId)
    this.#waiting.delete(subscriptionId)
    return change
  }

  /** The push failed; what came since is newer. */
  putBack(subscriptionId: string, change: StateChange): void {
    this.#waiting.set(subscriptionId, mergedChange(change, this.#waiting.get(subscriptionId)))
  }

  keep(exists: (subscriptionId: string) => boolean): void {
    for (const id of this.#waiting.keys()) if (!exists(id)) this.#waiting.delete(id)
  }

  get size(): number {
    return this.#waiting.size
  }
}

/** Both in one; of a type that both name, the later state. */
export function mergedChange(first: StateChange | undefined, later: StateChange): StateChange
export function mergedChange(first: StateChange, later: StateChange | undefined): StateChange
export function mergedChange(first: StateChange | undefined, later: StateChange | undefined): StateChange | undefined
export function mergedChange(first: StateChange | undefined, later: StateChange | undefined): StateChange | undefined {
  if (first === undefined || later === undefined) return first ?? later
  const changed: Record<string, TypeState> = { ...first.changed }
  for (const [accountId, states] of Object.entries(later.changed)) {
    changed[accountId] = { ...changed[accountId], ...states }
  }
  return { '@type': 'StateChange', changed }
}
