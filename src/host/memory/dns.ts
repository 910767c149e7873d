/**
 * A DNS of its own: zones in memory, as a resolver and as a DNS-over-HTTPS server.
 */
import {
  canonicalName,
  decodeQuestion,
  type DnsAnswer,
  type DnsFetch,
  type DnsRecords,
  type DnsResolver,
  type DnsType,
  encodeAnswer,
} from '../../protocol/dns/index.ts'

type Zone = { [Type in DnsType]?: DnsRecords[Type][] }

const ttl = 300

/** Names that are not in a zone do not exist; `broken` ones cannot be resolved. */
export class MemoryDns implements DnsResolver {
  readonly zones = new Map<string, Zone>()
  readonly broken = new Set<string>()
  /** Names whose answers are validated by DNSSEC. */
  readonly signed = new Set<string>()
  /** Every question asked, `MX example.com`. */
  readonly asked: string[] = []

  set(name: string, records: Zone): this {
    this.zones.set(name, records)
    return this
  }

  async resolve<Type extends DnsType>(name: string, type: Type): Promise<DnsAnswer<Type>> {
    this.asked.push(`${type} ${name}`)
    if (this.broken.has(name)) return { status: 'failed', reason: 'the resolver answered SERVFAIL' }
    const authentic = this.signed.has(name)
    const owner = canonicalName(name)
    const zone = owner === undefined ? undefined : this.zones.get(owner)
    if (owner === undefined || zone === undefined) return { status: 'nxdomain', ttl, authentic }
    const records = zone[type]
    if (records === undefined) return { status: 'nodata', ttl, authentic }
    return { status: 'found', records, name: owner, ttl, authentic }
  }

  /** The same zones over DNS-over-HTTPS, GET and POST. */
  readonly fetch: DnsFetch = async (url, init) => {
    const question = decodeQuestion(init.body ?? new URL(url).searchParams.get('dns') ?? '')
    if (question === undefined) return response(400, new Uint8Array())
    const answer = await this.resolve(question.name, question.type)
    const rcode = answer.status === 'failed' ? 'SERVFAIL' : answer.status === 'nxdomain' ? 'NXDOMAIN' : 'NOERROR'
    const records = answer.status === 'found' ? answer.records : []
    const { name, type } = question
    const bytes = encodeAnswer(question, {
      rcode,
      ...(answer.status !== 'failed' && answer.authentic ? { authentic: true } : {}),
      answers: records.map((data) => ({ type, name, ttl, data })),
      ...(records.length === 0 ? { negativeTtl: ttl } : {}),
    })
    return response(200, bytes)
  }
}

function response(status: number, bytes: Uint8Array) {
  return {
    status,
    headers: { get: (name: string) => (name.toLowerCase() === 'content-type' ? 'application/dns-message' : null) },
    arrayBuffer: async () => bytes.slice().buffer,
  }
}
