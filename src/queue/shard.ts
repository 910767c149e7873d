/**
 * Where mail for a destination waits: in an object of its own; in several, when one is too slow for so much mail; or in one
 * that all destinations share, where a commit of its own is what an object costs and a thread of its own is not what it gets.
 *
 * The rule is stable: it follows from the message, its domain and the numbers of objects alone. When a number changes, what
 * waits stays where it is and goes from there.
 */
import type { QueueLimits } from './limits.ts'

/** More would be more objects than connections that any destination takes. */
const mostShards = 32
/** In no domain name. Objects that are shared have names that begin with it. */
const separator = '~'

/** What the operator has decided. */
export interface QueuePlaces {
  /** Destinations that have several queues. */
  readonly shards: ReadonlyMap<string, number>
  /** Objects that all other destinations share; 0: each has its own. */
  readonly shared: number
}

/** Names of the objects that take mail for the domain now; never empty. */
export function queueNames(domain: string, { shards, shared }: QueuePlaces): string[] {
  const count = shards.get(domain)
  if (count === undefined && shared > 0) return [`${separator}${shardOf(domain, shared)}`]
  return Array.from({ length: count ?? 1 }, (_, shard) => shardName(domain, shard))
}

export function isSharedName(name: string): boolean {
  return name.startsWith(separator)
}

/** What the registry is told when mail for the domain waits in the object of that name. */
export function waitingMark(domain: string, name: string): string {
  return isSharedName(name) ? `${domain}${separator}${name}` : name
}

export function readWaitingMark(mark: string): { domain: string; name: string } {
  const at = mark.indexOf(separator)
  if (at < 0) return { domain: mark, name: mark }
  const name = mark.slice(at + 1)
  return { domain: mark.slice(0, at), name: isSharedName(name) ? name : mark }
}

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

/** Whose queue an object of that name is; undefined when it is shared. */
export function domainOf(name: string): string | undefined {
  return isSharedName(name) ? undefined : name.split(separator, 1)[0]
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
