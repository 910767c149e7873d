/**
 * Calls that the requests of an isolate make together: while one to an object is under way, those that come for the same
 * object wait for its end, a moment at most, and the first to find it over takes along what all of them say. A request alone
 * waits for nothing.
 *
 * `GroupCommit` does so within one request or object. Between requests nothing may be shared that belongs to one: I/O, and
 * promises too. (The runtime takes back to its own request what waits for a promise that another resolves, but no longer
 * once the code that resolves it is optimised.) So what they share is plain: one of those whose words a call carries makes it
 * and writes down what came of each; the others look, by timers of their own. One whose client hangs up goes on all the
 * same, since it may carry others' words.
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
/** From one look to the next; the longer calls take, the rarer. */
const leastStepMs = 2
const mostStepMs = 10

export interface JointPorts<Item, Outcome> {
  /** An outcome for each, in order. */
  readonly call: BatchCall<Item, Outcome>
  /** Octets. */
  readonly sizeOf: (item: Item) => number
  /** Keeps the request that asks for it alive until then. */
  readonly hold: (work: Promise<unknown>) => void
  /** Milliseconds. */
  readonly clock: () => number
}

/** What one request says, and what came of it. */
interface Guest<Item, Outcome> extends Waiting<Item, Outcome> {
  heard?: { readonly outcome: Outcome } | { readonly cause: unknown }
}

interface Table<Item, Outcome> {
  readonly waiting: Guest<Item, Outcome>[]
  /** The latest call, while it is under way. */
  call?: { readonly begun: number } | undefined
  /** How long the last call took. */
  took: number
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
  enter(object: string, item: Item): Promise<Outcome> {
    const outcome = this.#outcome(object, item)
    this.#ports.hold(outcome.catch(() => undefined))
    return outcome
  }

  async #outcome(object: string, item: Item): Promise<Outcome> {
    const table = this.#tableOf(object)
    const guest: Guest<Item, Outcome> = {
      item,
      done: (outcome) => (guest.heard = { outcome }),
      failed: (cause) => (guest.heard = { cause }),
    }
    table.waiting.push(guest)
    for (let waited = 0; guest.heard === undefined;) {
      const isWaiting = table.waiting.includes(guest)
      if (isWaiting && (waited >= momentMs || !this.#isBusy(table))) {
        await this.#lead(object, table, guest)
        continue
      }
      if (waited > patienceMs) throw new Error(`${object} does not answer`)
      const step = isWaiting ? leastStepMs : Math.min(Math.max(table.took / 4, leastStepMs), mostStepMs)
      await new Promise((resolve) => setTimeout(resolve, step))
      waited += step
    }
    if ('cause' in guest.heard) throw guest.heard.cause
    return guest.heard.outcome
  }

  #tableOf(object: string): Table<Item, Outcome> {
    let table = this.#tables.get(object)
    if (table === undefined) this.#tables.set(object, (table = { waiting: [], took: 0 }))
    return table
  }

  #isBusy({ call }: Table<Item, Outcome>): boolean {
    return call !== undefined && this.#ports.clock() - call.begun < slowMs
  }

  /** The guest's request makes the call, for itself and for those that wait. Never rejects. */
  async #lead(object: string, table: Table<Item, Outcome>, guest: Guest<Item, Outcome>): Promise<void> {
    const { call, sizeOf, clock } = this.#ports
    const { waiting } = table
    waiting.unshift(...waiting.splice(waiting.indexOf(guest), 1))
    const own = { begun: clock() }
    table.call = own
    await settle(call, object, takeBatch(waiting, sizeOf, this.#limits))
    table.took = clock() - own.begun
    if (table.call === own) table.call = undefined
    const isOver = table.call === undefined && waiting.length === 0
    if (isOver && this.#tables.get(object) === table) this.#tables.delete(object)
  }
}
