/**
 * Answers of the DNS kept in memory for as long as they say, in plain values: whoever asks the same resolver may share one.
 *
 * Standards: RFC 1035 §3.2.1 (TTL), RFC 2308 §5 (negative answers).
 * Limits: by count and by size, since a TXT record may have 64 KB and strangers decide what is asked for. The oldest answer
 * makes room.
 */
import type { DnsAnswer } from './record.ts'

export interface DnsCacheLimits {
  /** Answers; default 1,000. */
  entries: number
  /** Octets of memory, about; default 4 MiB. */
  octets: number
}

interface CachedAnswer {
  answer: DnsAnswer
  fetched: number
  expires: number
  size: number
}

/** What an entry costs beside the text of its records. */
const ENTRY_SIZE = 300

export class DnsCache {
  readonly #limits: DnsCacheLimits
  readonly #answers = new Map<string, CachedAnswer>()
  #size = 0

  constructor(limits: Partial<DnsCacheLimits> = {}) {
    this.#limits = { entries: 1_000, octets: 4 * 1024 * 1024, ...limits }
  }

  get size(): number {
    return this.#answers.size
  }

  /** With the TTL that is left of it. */
  get(key: string, now: number): DnsAnswer | undefined {
    const entry = this.#answers.get(key)
    if (entry === undefined) return undefined
    if (now < entry.expires) return lessTtl(entry.answer, Math.floor((now - entry.fetched) / 1000))
    this.#drop(key, entry)
    return undefined
  }

  /** Keeps `answer` for `ttl` seconds. */
  put(key: string, answer: DnsAnswer, ttl: number, now: number): void {
    const size = ENTRY_SIZE + sizeOf(answer)
    if (ttl <= 0 || size > this.#limits.octets) return
    const known = this.#answers.get(key)
    if (known !== undefined) this.#drop(key, known)
    for (const [oldest, entry] of this.#answers) {
      if (this.#answers.size < this.#limits.entries && this.#size + size <= this.#limits.octets) break
      this.#drop(oldest, entry)
    }
    this.#answers.set(key, { answer, fetched: now, expires: now + ttl * 1000, size })
    this.#size += size
  }

  #drop(key: string, entry: CachedAnswer): void {
    this.#answers.delete(key)
    this.#size -= entry.size
  }
}

export function lessTtl<Type extends DnsAnswer>(answer: Type, seconds: number): Type {
  return answer.status === 'failed' ? answer : { ...answer, ttl: Math.max(0, answer.ttl - seconds) }
}

function sizeOf(answer: DnsAnswer): number {
  if (answer.status !== 'found') return 0
  let size = 0
  for (const record of answer.records) size += typeof record === 'string' ? record.length : ENTRY_SIZE
  return size
}
