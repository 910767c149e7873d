/**
 * All queues of one destination as one, for the operator: most have a single one, and then this adds nothing.
 *
 * The id of an entry that is not in the first of the places where its domain's mail goes now says where it is: `hofccu1y5k~3`
 * in the domain's fourth queue, `hofccu1y5k~0` in its first, `hofccu1y5k~~0` in the first of the objects that are shared.
 */
import { AdminError, type QueueDoor } from '../../access/admin/index.ts'
import {
  isSharedName,
  type QueuedEntry,
  type QueueLimits,
  queueNames,
  type QueuePage,
  type QueueSummary,
  readWaitingMark,
  shardName,
  shareOf,
  type Which,
} from '../../queue/index.ts'
import type { Env } from './env.ts'
import { settingsOf } from './settings.ts'

interface Place {
  readonly id: string
  /** Of the object. */
  readonly name: string
}

export function shardedQueue(env: Env, domain: string): QueueDoor {
  const configured = queueNames(domain, settingsOf(env).queuePlaces)
  const first = configured[0] as string
  const at = (name: string) => env.QUEUE.getByName(name)

  /** Those of the settings, and those where mail waits from the time of other settings. */
  async function names(): Promise<string[]> {
    const found = new Set(configured)
    for (const { domain: mark } of await env.REGISTRY.getByName('registry').waiting()) {
      const known = readWaitingMark(mark)
      if (known.domain === domain) found.add(known.name)
    }
    return [...found].sort((a, b) => rankOf(a) - rankOf(b))
  }

  /** In the order of their numbers, those that are shared behind the others. */
  function rankOf(name: string): number {
    return isSharedName(name) ? 1_000 + Number(name.slice(1)) : Number(name.slice(domain.length + 1))
  }

  async function each(which: Which, act: (name: string, which: Which) => Promise<number>): Promise<number> {
    if (typeof which === 'string') {
      const place = placeOf(which)
      return act(place.name, place.id)
    }
    const changed = await Promise.all((await names()).map((name) => act(name, which)))
    return changed.reduce((sum, count) => sum + count, 0)
  }

  function placeOf(id: string): Place {
    const [plain = '', ...rest] = id.split('~')
    const number = /^\d{1,2}$/.exec(rest.at(-1) ?? '')?.[0]
    if (number === undefined) return { id: plain, name: first }
    return { id: plain, name: rest.length === 1 ? shardName(domain, Number(number)) : `~${number}` }
  }

  function named(entry: QueuedEntry, name: string): QueuedEntry {
    if (name === first) return entry
    const suffix = isSharedName(name) ? `~${name}` : `~${Number(name.slice(domain.length + 1))}`
    return { ...entry, id: `${entry.id}${suffix}` }
  }

  /** Entries are in the order of their ids, and of their queues where two ids are the same. */
  function behindIn(behind: Place, name: string): string {
    const key = parseInt(behind.id, 36)
    const isSame = rankOf(name) <= rankOf(behind.name) || !Number.isSafeInteger(key) || key < 1
    return isSame ? behind.id : (key - 1).toString(36)
  }

  return {
    async list(page: QueuePage): Promise<QueuedEntry[]> {
      const { after, limit = 100 } = page
      const behind = after === undefined ? undefined : placeOf(after)
      const lists = await Promise.all(
        (await names()).map(async (name) => {
          const begin = behind === undefined ? {} : { after: behindIn(behind, name) }
          return (await at(name).list({ ...page, ...begin }, domain)).map((entry) => ({ entry, name }))
        }),
      )
      return lists
        .flat()
        .sort((a, b) => parseInt(a.entry.id, 36) - parseInt(b.entry.id, 36) || rankOf(a.name) - rankOf(b.name))
        .slice(0, limit)
        .map(({ entry, name }) => named(entry, name))
    },
    async show(id) {
      const place = placeOf(id)
      const entry = await at(place.name).show(place.id, domain)
      return entry === undefined ? undefined : named(entry, place.name)
    },
    async summary(): Promise<QueueSummary> {
      const all = await Promise.all((await names()).map(async (name) => at(name).summary(domain)))
      const oldest = Math.min(...all.map((one) => one.oldest ?? Infinity))
      const total = (name: 'waiting' | 'held' | 'frozen' | 'kept') => all.reduce((sum, one) => sum + one[name], 0)
      const counts = { waiting: total('waiting'), held: total('held'), frozen: total('frozen'), kept: total('kept') }
      return oldest === Infinity ? counts : { ...counts, oldest }
    },
    async limits(): Promise<QueueLimits> {
      const all = await Promise.all(configured.map(async (name) => at(name).limits(domain)))
      const whole: { perMinute?: number; concurrency?: number } = {}
      for (const share of all) {
        if (share.perMinute !== undefined) whole.perMinute = (whole.perMinute ?? 0) + share.perMinute
        if (share.concurrency !== undefined) whole.concurrency = (whole.concurrency ?? 0) + share.concurrency
      }
      return whole
    },
    async setLimits(limits) {
      const count = configured.length
      const shares = configured.map((_, place) => shareOf(limits, place, count))
      if (shares.includes(undefined)) {
        throw new AdminError('invalid', `${domain} has ${count} queues, so a limit must be at least ${count}`)
      }
      await Promise.all(configured.map(async (name, place) => at(name).setLimits(shares[place] as QueueLimits, domain)))
    },
    retry: (which) => each(which, async (name, meant) => at(name).retry(meant, domain)),
    hold: (which) => each(which, async (name, meant) => at(name).hold(meant, domain)),
    release: (which) => each(which, async (name, meant) => at(name).release(meant, domain)),
    remove: (which) => each(which, async (name, meant) => at(name).remove(meant, domain)),
  }
}
