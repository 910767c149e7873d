/**
 * Calls that the requests of an isolate make together: while one to an object is under way, those that come for the same
 * object wait for its end, a moment at most, and the first of them takes along what all of them say. A request alone waits for
 * nothing.
 *
 * `GroupCommit` does so within one request or object. This one crosses from request to request, for which the runtime has
 * rules: I/O belongs to the request that began it, so a call is made by one of those whose words it carries; a promise may be
 * resolved by another request, and its waiting goes on in its own (`handle_cross_request_promise_resolution`). A request
 * that waits for nothing of its own is taken for hung and ended, so each has a timer. And one whose client hangs up goes on
 * all the same, since it may carry others' words. Where promises may not be resolved so, each request makes its own call.
 *
 * Limits: those of a batch; a moment is 10 ms, so what is slow holds up the batch it is in, and nothing behind it.
 */
import {
  type BatchCall,
  type BatchLimits,
  defaultBatchLimits,
  settle,
  takeBatch,
  type Waiting,
} from './group-commit.ts'

/** How long a request waits for the end of a call that it is not in. */
const momentMs = 10
/** A call that is older is slow: waiting for its end does not pay. */
const slowMs = 100
/** After that a request gives up on a call that another one makes: longer than any call lives. */
const patienceMs = 120_000

export interface JointPorts<Item, Outcome> {
  /** An outcome for each, in order. */
  readonly call: BatchCall<Item, Outcome>
  /** Octets. */
  readonly sizeOf: (item: Item) => number
  /** Keeps the request that asks for it alive until then. */
  readonly hold: (work: Promise<unknown>) => void
  /** Milliseconds. */
  readonly clock: () => number
  /** Whether the runtime lets a request resolve another's promise. */
  readonly isShared: boolean
}

interface Guest<Item, Outcome> extends Waiting<Item, Outcome> {
  /** Lets its request make the next call. */
  lead: () => void
}

interface Table<Item, Outcome> {
  readonly waiting: Guest<Item, Outcome>[]
  /** The latest call, while it is under way. */
  call?: { readonly begun: number } | undefined
}

export class JointCalls<Item, Outcome> {
  readonly #ports: JointPorts<Item, Outcome>
  readonly #limits: BatchLimits
  readonly #tables = new Map<string, Table<Item, Outcome>>()

  constructor(ports: JointPorts<Item, Outcome>, limits = defaultBatchLimits) {
    this.#ports = ports
    this.#limits = limits
  }

  /** To be called by a request for itself. Resolves after the object's answer; rejects when the call fails. */
  async enter(object: string, item: Item): Promise<Outcome> {
    const table = this.#tableOf(object)
    let timer: ReturnType<typeof setTimeout> | undefined
    const outcome = new Promise<Outcome>((done, failed) => {
      const guest: Guest<Item, Outcome> = { item, done, failed, lead: () => undefined }
      table.waiting.push(guest)
      if (!this.#ports.isShared || !this.#isBusy(table)) {
        void this.#lead(object, table)
        return
      }
      const turn = new Promise<void>((resolve) => (guest.lead = resolve))
      void turn.then(() => this.#lead(object, table))
      timer = setTimeout(() => {
        while (table.waiting.includes(guest)) void this.#lead(object, table)
        timer = setTimeout(() => failed(new Error(`${object} does not answer`)), patienceMs)
      }, momentMs)
    })
    this.#ports.hold(outcome.catch(() => undefined))
    try {
      return await outcome
    } finally {
      if (timer !== undefined) clearTimeout(timer)
    }
  }

  #tableOf(object: string): Table<Item, Outcome> {
    let table = this.#tables.get(object)
    if (table === undefined) this.#tables.set(object, (table = { waiting: [] }))
    return table
  }

  #isBusy({ call }: Table<Item, Outcome>): boolean {
    return call !== undefined && this.#ports.clock() - call.begun < slowMs
  }

  /** The request that is running now makes the call for those that wait. Never rejects. */
  async #lead(object: string, table: Table<Item, Outcome>): Promise<void> {
    const { call, sizeOf, clock } = this.#ports
    const batch = takeBatch(table.waiting, sizeOf, this.#limits)
    if (batch.length === 0) return
    const own = { begun: clock() }
    table.call = own
    await settle(call, object, batch)
    if (table.call === own) table.call = undefined
    const [next] = table.waiting
    if (next !== undefined) next.lead()
    else if (table.call === undefined && this.#tables.get(object) === table) this.#tables.delete(object)
  }
}
