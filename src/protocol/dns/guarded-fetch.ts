/**
 * A way to the resolver that gives up at once while the resolver is known not to answer, so that a dead one costs each
 * message no waiting.
 *
 * A question that is not answered says little about the resolver: the zone may be what is slow, and a stranger may own it.
 * So after a few in a row the resolver is asked for something that it answers by itself; only when that fails too is it
 * left alone for a while. Then whoever comes first asks again.
 *
 * Standards: RFC 6761 §6.4 (`invalid`: resolvers need nobody else to answer).
 */
import type { DnsFetch } from './doh.ts'
import { encodeQuery, queryPath } from './wire.ts'

export interface GuardedFetchOptions {
  /** The resolver's address. */
  url: string
  fetch: DnsFetch
  /** The same for the trial question, which must end within a second or so: its time is waited for. */
  trial: DnsFetch
  /** Milliseconds since the epoch. */
  clock: () => number
  /** Questions in a row without an answer before the trial; default 3. */
  failures?: number
  /** How long the resolver is left alone, in milliseconds; default 10 seconds. */
  pauseMs?: number
}

/** What is known of a resolver, in plain values: requests of one isolate may share it. */
export class ResolverHealth {
  /** Questions in a row without an answer. */
  failures = 0
  /** It is left alone until then. */
  downUntil = 0
  /** It was left alone, and nobody has found it well since. */
  isDown = false
  /** A trial is under way until then at most. */
  tryingUntil = 0
}

/** Far more than a trial takes: one whose request ended in the middle is forgotten after that. */
const TRIAL_MS = 5_000

export function guardedFetch(options: GuardedFetchOptions, health: ResolverHealth): DnsFetch {
  const { url, fetch, clock } = options
  const threshold = options.failures ?? 3
  const pauseMs = options.pauseMs ?? 10_000

  /** True when the resolver answers; false also when somebody else is finding out. */
  async function isWell(): Promise<boolean> {
    const now = clock()
    if (now < health.tryingUntil) return false
    health.tryingUntil = now + TRIAL_MS
    const query = encodeQuery(`${now}.invalid`, 'A') as Uint8Array
    const headers = { accept: 'application/dns-message' }
    try {
      const { status } = await options.trial(queryPath(url, query), { method: 'GET', headers })
      health.isDown = status < 200 || status > 299
    } catch {
      health.isDown = true
    }
    health.tryingUntil = 0
    if (health.isDown) health.downUntil = clock() + pauseMs
    else health.failures = 0
    return !health.isDown
  }

  return async (address, init) => {
    if (health.isDown && (clock() < health.downUntil || !(await isWell()))) {
      throw new Error('it has not answered for some time')
    }
    try {
      const response = await fetch(address, init)
      // An error of the resolver's HTTP side is no answer; what it says of the question is in the body.
      if (response.status < 500) health.failures = 0
      else await failed()
      return response
    } catch (error) {
      await failed()
      throw error
    }
  }

  async function failed(): Promise<void> {
    if (++health.failures >= threshold && !health.isDown) await isWell()
  }
}
