/**
 * A destination with so much mail that one object is too slow for it has several queues: which of them a message goes to, and
 * what they are called.
 *
 * The rule is stable: it follows from the message and the number of queues alone. When the number changes, what waits stays
 * where it is and goes from there.
 */
import type { QueueLimits } from './limits.ts'

/** More would be more objects than connections that any destination takes. */
const mostShards = 32
/** In no domain name. */
const separator = '~'

/** Reads `gmail.com=8,outlook.com=4`: queues by canonical domain. `problem` is a sentence for the operator. */
export function parseShards(
  text: string,
): { ok: true; shards: ReadonlyMap<string, number> } | { ok: false; problem: string } {
  const shards = new Map<string, number>()
  for (const item of text.split(',').map((part) => part.trim())) {
    if (item === '') continue
    const match = /^([a-z0-9.-]{1,253})=([0-9]{1,2})$/.exec(item.toLowerCase())
    const count = Number(match?.[2])
    if (match === null || count < 1 || count > mostShards) {
      return {
        ok: false,
        problem: `"${item.slice(0, 80)}" is not a domain and a number of queues from 1 to ${mostShards}`,
      }
    }
    shards.set(match[1] as string, count)
  }
  return { ok: true, shards }
}

/** 0 ≤ shard < `count`: always the same for the same seed (FNV-1a). */
export function shardOf(seed: string, count: number): number {
  if (count <= 1) return 0
  let hash = 0x811c9dc5
  for (let i = 0; i < seed.length; i++) hash = Math.imul(hash ^ seed.charCodeAt(i), 0x01000193)
  return (hash >>> 0) % count
}

/** The first queue has the domain's own name, as if it were the only one. */
export function shardName(domain: string, shard: number): string {
  return shard === 0 ? domain : `${domain}${separator}${shard}`
}

export function readShardName(name: string): { domain: string; shard: number } {
  const at = name.lastIndexOf(separator)
  return at < 0 ? { domain: name, shard: 0 } : { domain: name.slice(0, at), shard: Number(name.slice(at + 1)) }
}

/** One queue's part of what all of them may have together; undefined when there is not one for each. */
export function shareOf(limits: QueueLimits, shard: number, count: number): QueueLimits | undefined {
  const part = (whole: number) => Math.floor(whole / count) + (shard < whole % count ? 1 : 0)
  const share: { perMinute?: number; concurrency?: number } = {}
  for (const name of ['perMinute', 'concurrency'] as const) {
    const whole = limits[name]
    if (whole === undefined) continue
    if (whole < count) return undefined
    share[name] = part(whole)
  }
  return share
}
