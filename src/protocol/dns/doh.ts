/**
 * A resolver over DNS-over-HTTPS with a cache by TTL; the HTTP itself is a port.
 *
 * Standards: RFC 8484 (§4.1 request, §4.2.1 status codes, §5.1 freshness), RFC 2308 §5 (negative caching).
 * Limits: `maxEntries` answers are kept; the oldest makes room.
 */
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
  /** Answers kept in memory; default 1,000 (about 300 KB). */
  maxEntries?: number
  /** How long a failure is remembered, so that a broken zone is not asked for once a message; seconds, default 5. */
  failureTtl?: number
}

interface CachedAnswer {
  answer: DnsAnswer
  fetched: number
  expires: number
}

export class DohResolver implements DnsResolver {
  readonly #options: Required<DohOptions>
  readonly #cache = new Map<string, CachedAnswer>()
  /** Questions under way: the same one is asked once. */
  readonly #asking = new Map<string, Promise<DnsAnswer>>()

  constructor(options: DohOptions) {
    this.#options = { method: 'GET', maxEntries: 1_000, failureTtl: 5, ...options }
  }

  async resolve<Type extends DnsType>(name: string, type: Type): Promise<DnsAnswer<Type>> {
    const query = encodeQuery(name, type)
    if (query === undefined) return { status: 'failed', reason: `"${name}" is not a domain name` }
    const key = `${type} ${name.toLowerCase().replace(/\.$/, '')}`
    const known = this.#remembered(key)
    if (known !== undefined) return known as DnsAnswer<Type>
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

  #remembered(key: string): DnsAnswer | undefined {
    const entry = this.#cache.get(key)
    if (entry === undefined) return undefined
    const now = this.#options.clock()
    if (now >= entry.expires) {
      this.#cache.delete(key)
      return undefined
    }
    return lessTtl(entry.answer, Math.floor((now - entry.fetched) / 1000))
  }

  #remember(key: string, answer: DnsAnswer): DnsAnswer {
    const fetched = this.#options.clock()
    const ttl = answer.status === 'failed' ? this.#options.failureTtl : answer.ttl
    if (ttl <= 0) return answer
    if (this.#cache.size >= this.#options.maxEntries) {
      const oldest = this.#cache.keys().next().value
      if (oldest !== undefined) this.#cache.delete(oldest)
    }
    this.#cache.set(key, { answer, fetched, expires: fetched + ttl * 1000 })
    return answer
  }
}

/** An HTTP cache on the way has used up part of the TTL (RFC 8484 §5.1). */
function aged<Type extends DnsType>(answer: DnsAnswer<Type>, age: string | null): DnsAnswer<Type> {
  const seconds = Number(age ?? 0)
  return Number.isFinite(seconds) && seconds > 0 ? lessTtl(answer, Math.floor(seconds)) : answer
}

function lessTtl<Type extends DnsType>(answer: DnsAnswer<Type>, seconds: number): DnsAnswer<Type> {
  return answer.status === 'failed' ? answer : { ...answer, ttl: Math.max(0, answer.ttl - seconds) }
}
