/**
 * How many requests a token may make.
 *
 * Counted in the memory of one isolate: on one machine that is all there is; on Cloudflare, where several may serve one
 * client, each counts by itself, so the limit keeps programs from running wild and is no price list. What an account may
 * send is counted by the account itself.
 *
 * Standards: draft-ietf-httpapi-ratelimit-headers (RateLimit, RateLimit-Policy), RFC 6585 §4 (429), RFC 9110 §10.2.3.
 */

const minute = 60_000
/** Tokens counted at once; the oldest are forgotten, which is in their favour. */
const mostCounted = 10_000

interface Bucket {
  left: number
  at: number
}

export interface Allowance {
  readonly allowed: boolean
  readonly headers: Readonly<Record<string, string>>
}

/** A bucket for each id that holds a minute's requests and fills evenly. */
export class RateLimit {
  readonly #buckets = new Map<string, Bucket>()

  /** Takes a request's share. `perMinute` 0: as many as it likes. */
  take({ id, perMinute }: { readonly id: string; readonly perMinute: number }, now: number): Allowance {
    if (perMinute === 0) return { allowed: true, headers: {} }
    const known = this.#buckets.get(id) ?? { left: perMinute, at: now }
    const left = Math.min(perMinute, known.left + ((now - known.at) * perMinute) / minute)
    const allowed = left >= 1
    const rest = allowed ? left - 1 : left
    this.#buckets.delete(id)
    this.#buckets.set(id, { left: rest, at: now })
    if (this.#buckets.size > mostCounted) this.#forgetOldest()
    // When the bucket is full again.
    const refill = Math.ceil(((perMinute - rest) * 60) / perMinute)
    const headers = {
      'RateLimit-Policy': `"default";q=${perMinute};w=60`,
      RateLimit: `"default";r=${Math.floor(rest)};t=${refill}`,
      ...(allowed ? {} : { 'Retry-After': String(Math.ceil(((1 - rest) * 60) / perMinute)) }),
    }
    return { allowed, headers }
  }

  #forgetOldest(): void {
    const oldest = this.#buckets.keys().next().value
    if (oldest !== undefined) this.#buckets.delete(oldest)
  }
}
