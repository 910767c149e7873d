/**
 * Gathers what is said to one object into one call: what comes while a call is under way goes together in the next one. The
 * object commits a call with one fsync, so a busy one takes many times more messages a second, and an idle one waits for
 * nothing.
 *
 * Limits: a batch is at most 64 messages or 8 MiB (one larger message goes alone): an RPC argument may hold 32 MiB, and a
 * batch holds up everything behind it.
 */

export interface BatchLimits {
  readonly messages: number
  readonly bytes: number
}

export const defaultBatchLimits: BatchLimits = { messages: 64, bytes: 8 * 1024 * 1024 }

/** One outcome for each item, in order. */
export type BatchCall<Item, Outcome> = (object: string, batch: Item[]) => Promise<readonly Outcome[]>

export interface Waiting<Item, Outcome> {
  readonly item: Item
  readonly done: (outcome: Outcome) => void
  readonly failed: (cause: unknown) => void
}

/** Has a batch under way for each object that is called; belongs to one request, as all I/O does. */
export class GroupCommit<Item, Outcome> {
  readonly #call: BatchCall<Item, Outcome>
  readonly #sizeOf: (item: Item) => number
  readonly #limits: BatchLimits
  readonly #waiting = new Map<string, Waiting<Item, Outcome>[]>()

  constructor(call: BatchCall<Item, Outcome>, sizeOf: (item: Item) => number, limits = defaultBatchLimits) {
    this.#call = call
    this.#sizeOf = sizeOf
    this.#limits = limits
  }

  /** Resolves after the object's answer, so after its commit. Rejects when the call failed or its answer is short. */
  enter(object: string, item: Item): Promise<Outcome> {
    return new Promise((done, failed) => {
      const waiting = this.#waiting.get(object)
      if (waiting !== undefined) {
        waiting.push({ item, done, failed })
        return
      }
      this.#waiting.set(object, [{ item, done, failed }])
      // Lets the rest of a batch, and what came in the same frame, join the first call.
      queueMicrotask(() => void this.#drain(object))
    })
  }

  async #drain(object: string): Promise<void> {
    for (;;) {
      const waiting = this.#waiting.get(object)
      if (waiting === undefined || waiting.length === 0) break
      await settle(this.#call, object, takeBatch(waiting, this.#sizeOf, this.#limits))
    }
    this.#waiting.delete(object)
  }
}

/** Takes those that make the next batch away from those that wait; at least one. */
export function takeBatch<Some extends { readonly item: unknown }>(
  waiting: Some[],
  sizeOf: (item: Some['item']) => number,
  limits: BatchLimits,
): Some[] {
  let bytes = 0
  let count = 0
  for (const { item } of waiting) {
    bytes += sizeOf(item)
    if (count > 0 && (count >= limits.messages || bytes > limits.bytes)) break
    count++
  }
  return waiting.splice(0, count)
}

/** Makes the call, and tells each what came of it. Never rejects. */
export async function settle<Item, Outcome>(
  call: BatchCall<Item, Outcome>,
  object: string,
  batch: readonly Waiting<Item, Outcome>[],
): Promise<void> {
  try {
    const outcomes = await call(
      object,
      batch.map(({ item }) => item),
    )
    for (const [index, { done, failed }] of batch.entries()) {
      if (index < outcomes.length) done(outcomes[index] as Outcome)
      else failed(new Error(`${object} answered for ${outcomes.length} of ${batch.length}`))
    }
  } catch (cause) {
    for (const { failed } of batch) failed(cause)
  }
}
