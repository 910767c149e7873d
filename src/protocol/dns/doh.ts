/**
 * A resolver over DNS-over-HTTPS with a cache by TTL; the HTTP itself is a port.
 *
 * Standards: RFC 8484 (§4.1 request, §4.2.1 status codes, §5.1 freshness), RFC 2308 §5 (negative caching).
 * Limits: see `DnsCacheLimits`.
 */
import { DnsCache, lessTtl } from './cache.ts'
import type { DnsAnswer, DnsResolver, DnsType } from './record.ts'
import { decodeAnswer, encodeQuery, queryPath } from './wire.ts'

export interface DnsFetchResponse {
  status: number
  headers: { get(name: string): string | null }
  arrayBuffer(): Promise<ArrayBuffer>
}

/** `fetch` as far as DoH needs it. Timeouts are the host's: a rejection is a failed answer. */
export type DnsFetch = (
  url: string,
  init: { method: 'GET' | 'POST'; headers: Record<string, string>; body?: Uint8Array },
) => Promise<DnsFetchResponse>

export interface DohOptions {
  /** The resolver's address, e.g. `https://dns.example/dns-query`. */
  url: string
  fetch: DnsFetch
  /** Milliseconds since the epoch. */
  clock: () => number
  /** GET can be cached on the way (RFC 8484 §4.1), POST is smaller; default GET. */
  method?: 'GET' | 'POST'
  /** Where answers are kept; one of its own when absent. Only values are in it, so resolvers of several requests may share it. */
  cache?: DnsCache
  /** How long a failure is remembered, so that a broken zone is not asked for once a message; seconds, default 5. */
  failureTtl?: number
}

export class DohResolver implements DnsResolver {
  readonly #options: Required<DohOptions>
  /** Questions under way: the same one is asked once. */
  readonly #asking = new Map<string, Promise<DnsAnswer>>()

  constructor(options: DohOptions) {
    this.#options = { method: 'GET', cache: new DnsCache(), failureTtl: 5, ...options }
  }

  async resolve<Type extends DnsType>(name: string, type: Type): Promise<DnsAnswer<Type>> {
    const key = `${type} ${name.toLowerCase().replace(/\.$/, '')}`
    const known = this.#options.cache.get(key, this.#options.clock())
    if (known !== undefined) return known as DnsAnswer<Type>
    const query = encodeQuery(name, type)
    if (query === undefined) return { status: 'failed', reason: `"${name}" is not a domain name` }
    let asking = this.#asking.get(key)
    if (asking === undefined) {
      asking = this.#ask(query, name, type).then((answer) => this.#remember(key, answer))
      this.#asking.set(key, asking)
      void asking.finally(() => this.#asking.delete(key))
    }
    return (await asking) as DnsAnswer<Type>
  }

  async #ask(query: Uint8Array, name: string, type: DnsType): Promise<DnsAnswer> {
    const { url, method } = this.#options
    const accept = { accept: 'application/dns-message' }
    try {
      const response = await (method === 'GET'
        ? this.#options.fetch(queryPath(url, query), { method, headers: accept })
        : this.#options.fetch(url, {
            method,
            headers: { ...accept, 'content-type': 'application/dns-message' },
            body: query,
          }))
      if (response.status < 200 || response.status > 299) {
        return { status: 'failed', reason: `the DNS resolver answered HTTP ${response.status}` }
      }
      const type_ = response.headers.get('content-type') ?? ''
      if (!/^application\/dns-message\s*(;|$)/i.test(type_)) {
        return { status: 'failed', reason: 'the DNS resolver answered something other than a DNS message' }
      }
      return aged(decodeAnswer(new Uint8Array(await response.arrayBuffer()), name, type), response.headers.get('age'))
    } catch (error) {
      return { status: 'failed', reason: `the DNS resolver cannot be reached: ${(error as Error).message}` }
    }
  }

  #remember(key: string, answer: DnsAnswer): DnsAnswer {
    const ttl = answer.status === 'failed' ? this.#options.failureTtl : answer.ttl
    this.#options.cache.put(key, answer, ttl, this.#options.clock())
    return answer
  }
}

/** An HTTP cache on the way has used up part of the TTL (RFC 8484 §5.1). */
function aged<Type extends DnsType>(answer: DnsAnswer<Type>, age: string | null): DnsAnswer<Type> {
  const seconds = Number(age ?? 0)
  return Number.isFinite(seconds) && seconds > 0 ? lessTtl(answer, Math.floor(seconds)) : answer
}
