/**
 * All queues of one destination as one, for the operator: most have a single one, and then this adds nothing.
 *
 * An entry of a further queue carries that queue's number behind its id: `hofccu1y5k~3`.
 */
import { AdminError, type QueueDoor } from '../../access/admin/index.ts'
import {
  type QueuedEntry,
  type QueueLimits,
  type QueuePage,
  type QueueSummary,
  readShardName,
  shardName,
  shareOf,
  type Which,
} from '../../queue/index.ts'
import type { Env } from './env.ts'
import { settingsOf } from './settings.ts'

interface Place {
  readonly id: string
  readonly shard: number
}

export function shardedQueue(env: Env, domain: string): QueueDoor {
  const configured = settingsOf(env).queueShards.get(domain) ?? 1
  const at = (shard: number) => env.QUEUE.getByName(shardName(domain, shard))

  /** Those of the settings, and those where mail waits from the time of other settings. */
  async function shards(): Promise<number[]> {
    const found = new Set(Array.from({ length: configured }, (_, shard) => shard))
    for (const { domain: name } of await env.REGISTRY.getByName('registry').waiting()) {
      const known = readShardName(name)
      if (known.domain === domain) found.add(known.shard)
    }
    return [...found].sort((a, b) => a - b)
  }

  async function each(which: Which, act: (shard: number, which: Which) => Promise<number>): Promise<number> {
    if (typeof which === 'string') {
      const place = placeOf(which)
      return act(place.shard, place.id)
    }
    const changed = await Promise.all((await shards()).map((shard) => act(shard, which)))
    return changed.reduce((sum, count) => sum + count, 0)
  }

  return {
    async list(page: QueuePage): Promise<QueuedEntry[]> {
      const { after, limit = 100 } = page
      const behind = after === undefined ? undefined : placeOf(after)
      const lists = await Promise.all(
        (await shards()).map(async (shard) => {
          const begin = behind === undefined ? {} : { after: behindIn(behind, shard) }
          return (await at(shard).list({ ...page, ...begin })).map((entry) => ({ entry, shard }))
        }),
      )
      return lists
        .flat()
        .sort((a, b) => parseInt(a.entry.id, 36) - parseInt(b.entry.id, 36) || a.shard - b.shard)
        .slice(0, limit)
        .map(({ entry, shard }) => named(entry, shard))
    },
    async show(id) {
      const place = placeOf(id)
      const entry = await at(place.shard).show(place.id)
      return entry === undefined ? undefined : named(entry, place.shard)
    },
    async summary(): Promise<QueueSummary> {
      const all = await Promise.all((await shards()).map(async (shard) => at(shard).summary()))
      const oldest = Math.min(...all.map((one) => one.oldest ?? Infinity))
      const total = (name: 'waiting' | 'held' | 'frozen') => all.reduce((sum, one) => sum + one[name], 0)
      const counts = { waiting: total('waiting'), held: total('held'), frozen: total('frozen') }
      return oldest === Infinity ? counts : { ...counts, oldest }
    },
    async limits(): Promise<QueueLimits> {
      const all = await Promise.all(Array.from({ length: configured }, async (_, shard) => at(shard).limits()))
      const whole: { perMinute?: number; concurrency?: number } = {}
      for (const share of all) {
        if (share.perMinute !== undefined) whole.perMinute = (whole.perMinute ?? 0) + share.perMinute
        if (share.concurrency !== undefined) whole.concurrency = (whole.concurrency ?? 0) + share.concurrency
      }
      return whole
    },
    async setLimits(limits) {
      const shares = Array.from({ length: configured }, (_, shard) => shareOf(limits, shard, configured))
      if (shares.includes(undefined)) {
        throw new AdminError('invalid', `${domain} has ${configured} queues, so a limit must be at least ${configured}`)
      }
      await Promise.all(shares.map(async (share, shard) => at(shard).setLimits(share as QueueLimits)))
    },
    retry: (which) => each(which, async (shard, meant) => at(shard).retry(meant)),
    hold: (which) => each(which, async (shard, meant) => at(shard).hold(meant)),
    release: (which) => each(which, async (shard, meant) => at(shard).release(meant)),
    remove: (which) => each(which, async (shard, meant) => at(shard).remove(meant)),
  }
}

function placeOf(id: string): Place {
  const [plain = '', shard = '0'] = id.split('~')
  return { id: plain, shard: /^\d{1,2}$/.test(shard) ? Number(shard) : 0 }
}

/** Entries are in the order of their ids, and of their queues where two ids are the same. */
function behindIn({ id, shard: behind }: Place, shard: number): string {
  const key = parseInt(id, 36)
  return shard <= behind || !Number.isSafeInteger(key) || key < 1 ? id : (key - 1).toString(36)
}

function named(entry: QueuedEntry, shard: number): QueuedEntry {
  return shard === 0 ? entry : { ...entry, id: `${entry.id}~${shard}` }
}
