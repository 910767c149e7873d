/**
 * The answering side of the codec: reads a question and writes the answer a resolver would give. The memory host and
 * the end-to-end tests are such resolvers.
 *
 * Standards: RFC 1035 §4, RFC 2308 §2 (a negative answer carries the SOA), RFC 8484.
 */
import packet from 'dns-packet'
import { fromBase64Url } from './base64url.ts'
import type { DnsType } from './record.ts'
import { asBuffer } from './wire.ts'

/** Resource records as dns-packet writes them: A and AAAA an address, MX `{preference, exchange}`, TXT text, CNAME a name. */
export interface DnsZoneAnswer {
  rcode: 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED'
  answers: { type: string; name: string; ttl: number; data: unknown }[]
  /** TTL of the negative answer; used when `answers` is empty. */
  negativeTtl?: number
  authentic?: boolean
}

export interface DnsQuestion {
  id: number
  name: string
  type: DnsType
}

const rcodes = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const

/** The question of a DoH request, from POST bytes or from the `dns` parameter of a GET; undefined when malformed. */
export function decodeQuestion(query: Uint8Array | string): DnsQuestion | undefined {
  const bytes = typeof query === 'string' ? fromBase64Url(query) : query
  if (bytes === undefined) return undefined
  try {
    const message = packet.decode(asBuffer(bytes))
    const question = message.questions[0]
    if (message.type !== 'query' || question === undefined) return undefined
    return { id: message.id, name: question.name.toLowerCase(), type: question.type as DnsType }
  } catch {
    return undefined
  }
}

export function encodeAnswer(question: DnsQuestion, answer: DnsZoneAnswer): Uint8Array {
  const flags =
    packet.RECURSION_DESIRED |
    packet.RECURSION_AVAILABLE |
    (answer.authentic === true ? packet.AUTHENTIC_DATA : 0) |
    rcodes[answer.rcode]
  const ttl = answer.negativeTtl
  const soa =
    ttl === undefined
      ? []
      : [{ type: 'SOA', name: '.', ttl, data: { mname: 'ns.invalid', rname: 'root.invalid', minimum: ttl } }]
  const bytes = packet.encode({
    type: 'response',
    id: question.id,
    flags,
    questions: [{ type: question.type, name: question.name }],
    answers: answer.answers.map((record) => ({ ...record, class: 'IN' })),
    authorities: soa,
  })
  return new Uint8Array(bytes)
}
