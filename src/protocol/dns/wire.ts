/**
 * DNS messages as DNS-over-HTTPS carries them: a question out, an answer in.
 *
 * Standards: RFC 1035 §4, RFC 8484 §4.1 (id 0, GET and POST), RFC 6891 (EDNS), RFC 3225 (DO), RFC 2308 §5 (negative TTL).
 * Limits: messages of 65,535 octets, 16 CNAMEs.
 * Security: answers come from a resolver we chose, but their content is the work of strangers: every fault is a value.
 */
import packet from 'dns-packet'
import { base64Url } from './base64url.ts'
import { questionName } from './name.ts'
import { readRecord } from './read-record.ts'
import type { DnsAnswer, DnsRecords, DnsType } from './record.ts'

/** An answer may chain this many CNAMEs; resolvers stop at about as many. */
const maxCnames = 16
/** Used when a negative answer has no SOA to say how long it holds: short, so that a repaired zone is seen soon. */
const fallbackNegativeTtl = 60
/** TTLs with the top bit set are nonsense and count as 0 (RFC 2181 §8); a week bounds the rest (RFC 8767 §4 advises so). */
const maxTtl = 7 * 24 * 3600

/**
 * A query for `name`: id 0 so that HTTP caches can share it (RFC 8484 §4.1), recursion desired, EDNS with DO so that
 * the resolver tells by AD whether it validated. Undefined when `name` cannot be asked for.
 */
export function encodeQuery(name: string, type: DnsType): Uint8Array | undefined {
  const canonical = questionName(name)
  if (canonical === undefined) return undefined
  const message = packet.encode({
    type: 'query',
    id: 0,
    flags: packet.RECURSION_DESIRED,
    questions: [{ type, name: canonical, class: 'IN' }],
    additionals: [{ type: 'OPT', name: '.', udpPayloadSize: 4096, flags: packet.DNSSEC_OK, options: [] }],
  })
  return new Uint8Array(message)
}

/** The `?dns=` form of a query (RFC 8484 §4.1). `base` may hold a query string already. */
export function queryPath(base: string, query: Uint8Array): string {
  return `${base}${base.includes('?') ? '&' : '?'}dns=${base64Url(query)}`
}

/** Reads the answer to `encodeQuery(name, type)`. Whatever is wrong with it comes back as `failed`. */
export function decodeAnswer<Type extends DnsType>(bytes: Uint8Array, name: string, type: Type): DnsAnswer<Type> {
  const asked = questionName(name)
  if (asked === undefined) return failed(`"${name}" is not a domain name`)
  if (bytes.length > 65_535) return failed('the answer is longer than a DNS message can be')
  let message
  try {
    message = packet.decode(asBuffer(bytes))
  } catch {
    return failed('the answer is not a DNS message')
  }
  if (message.type !== 'response') return failed('the answer is a query')
  if ((message.flags & packet.TRUNCATED_RESPONSE) !== 0) return failed('the answer is truncated')
  const question = message.questions[0]
  if (message.questions.length !== 1 || question === undefined) return failed('the answer repeats no single question')
  if (questionName(question.name) !== asked || question.type !== type || question.class !== 'IN') {
    return failed('the answer belongs to another question')
  }
  const extended = message.additionals.find((record) => record.type === 'OPT')?.extendedRcode ?? 0
  const rcode = message.rcode ?? 'unknown'
  if (extended !== 0 || (rcode !== 'NOERROR' && rcode !== 'NXDOMAIN')) {
    return failed(`the resolver answered ${extended === 0 ? rcode : `extended error ${extended}`}`)
  }
  const authentic = (message.flags & packet.AUTHENTIC_DATA) !== 0
  return collect(message, asked, type, rcode === 'NXDOMAIN', authentic)
}

type Message = ReturnType<typeof packet.decode>

function collect<Type extends DnsType>(
  message: Message,
  asked: string,
  type: Type,
  nonexistent: boolean,
  authentic: boolean,
): DnsAnswer<Type> {
  let owner = asked
  let ttl = maxTtl
  for (let links = 0; ; links++) {
    const records: DnsRecords[Type][] = []
    for (const resource of message.answers) {
      if (resource.type !== type || resource.class !== 'IN' || ownerName(resource.name) !== owner) continue
      const record = readRecord(type, resource.data)
      if (record === undefined) return failed(`the answer holds a malformed ${type} record`)
      records.push(record)
      ttl = Math.min(ttl, lifetime(resource.ttl))
    }
    // NXDOMAIN after CNAMEs speaks of the last name (RFC 2308 §2.1, RFC 6604), so no records can belong to it.
    if (records.length > 0 && !nonexistent) return { status: 'found', records, name: owner, ttl, authentic }
    const alias = message.answers.find((resource) => resource.type === 'CNAME' && ownerName(resource.name) === owner)
    if (alias === undefined || type === 'CNAME') break
    if (links >= maxCnames) return failed('the answer holds a loop of CNAMEs')
    const target = readRecord('CNAME', alias.data)
    if (target === undefined) return failed('the answer holds a malformed CNAME record')
    ttl = Math.min(ttl, lifetime(alias.ttl))
    owner = target
  }
  return { status: nonexistent ? 'nxdomain' : 'nodata', ttl: Math.min(ttl, negativeTtl(message)), authentic }
}

/** RFC 2308 §5: the smaller of the SOA's own TTL and its MINIMUM field. */
function negativeTtl(message: Message): number {
  const soa = message.authorities.find((resource) => resource.type === 'SOA')
  if (soa === undefined) return fallbackNegativeTtl
  const minimum = (soa.data as { minimum?: unknown } | undefined)?.minimum
  return Math.min(lifetime(soa.ttl), typeof minimum === 'number' ? lifetime(minimum) : fallbackNegativeTtl)
}

function lifetime(ttl: number | undefined): number {
  return ttl === undefined || ttl > 0x7fff_ffff ? 0 : Math.min(ttl, maxTtl)
}

function ownerName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}

function failed(reason: string): { status: 'failed'; reason: string } {
  return { status: 'failed', reason }
}

/** dns-packet reads Node Buffers; workerd, Node and Deno all have them, the core's types do not. */
export function asBuffer(bytes: Uint8Array): Uint8Array {
  const host = globalThis as unknown as {
    Buffer: { from(data: ArrayBufferLike, offset: number, length: number): Uint8Array }
  }
  return host.Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
