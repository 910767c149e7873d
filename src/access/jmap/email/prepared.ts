/**
 * New emails made ready before the transaction of their call, where large ones go into the blob store first.
 *
 * A /set is one synchronous transaction; reading attachments from the blob store and putting the message there is not. So
 * the octets of each create are made first, put if they are large, and then forgotten: what waits for the transaction is
 * small. Without a blob store nothing is prepared, and each create makes its octets when its turn comes.
 */
import type { Incoming, Mail, Octets } from '../../../mailbox/index.ts'
import { SetError, type JsonObject, type SetArguments } from '../../../protocol/jmap/index.ts'

/** What a create makes of its record; throws what the client is to be told. Reads the store, writes nothing. */
export type MakeOctets = (value: JsonObject) => Uint8Array

/**
 * Octets that wait for the transaction. Small messages stay far below it; only such large ones count as the store keeps
 * inline in spite of their size, for their enormous header.
 */
const maxWaiting = 48 * 1024 * 1024

type Outcome = { readonly octets: Octets } | { readonly error: unknown }

export class Prepared {
  readonly #make: MakeOctets
  readonly #incoming: Incoming
  #waiting = 0
  readonly #outcomes = new Map<JsonObject, Outcome>()

  constructor(make: MakeOctets, incoming: Incoming) {
    this.#make = make
    this.#incoming = incoming
  }

  async prepare(store: Mail, creates: SetArguments['create']): Promise<void> {
    if (!this.#incoming.isNeeded) return
    for (const [, value] of creates) this.#outcomes.set(value, await this.#outcome(store, value))
  }

  /** The octets of one create: those prepared, else made now. Throws what making them threw. */
  octets(value: JsonObject): Octets {
    const outcome = this.#outcomes.get(value)
    if (outcome === undefined) return this.#make(value)
    if ('error' in outcome) throw outcome.error
    return outcome.octets
  }

  async #outcome(store: Mail, value: JsonObject): Promise<Outcome> {
    try {
      const octets = await this.#incoming.message(await store.reading(() => this.#make(value)))
      if (octets instanceof Uint8Array) this.#waiting += octets.length
      if (this.#waiting > maxWaiting) return { error: new SetError('tooLarge', 'Too many octets for one call.') }
      return { octets }
    } catch (error) {
      return { error }
    }
  }
}

/** Runs a call whose creates are prepared; afterwards, what was put and not used is removed. */
export async function withPrepared<T>(
  store: Mail,
  creates: SetArguments['create'],
  make: MakeOctets,
  run: (prepared: Prepared) => T,
): Promise<T> {
  const incoming = store.incoming()
  try {
    const prepared = new Prepared(make, incoming)
    await prepared.prepare(store, creates)
    return run(prepared)
  } finally {
    await incoming.settle()
  }
}
