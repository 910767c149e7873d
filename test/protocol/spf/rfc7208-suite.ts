/**
 * The published test suite of SPF (test/fixtures/spf, its licence beside it), with its zones as a resolver.
 */
import { readFileSync } from 'node:fs'
import type { DnsAnswer, DnsRecords, DnsResolver, DnsType } from '../../../src/protocol/dns/index.ts'

export interface SuiteTest {
  helo: string
  host: string
  mailfrom: string
  result: string | string[]
  explanation?: string
}

type Data = string | (string | number)[]
/** `TIMEOUT`, or type and data. */
type Entry = string | Record<string, Data>

export interface Scenario {
  description: string
  tests: Record<string, SuiteTest>
  zonedata: Record<string, Entry[]>
}

const file = new URL('../../fixtures/spf/rfc7208-tests.json', import.meta.url)
export const scenarios = JSON.parse(readFileSync(file, 'utf8')) as Scenario[]

export class SuiteDns implements Pick<DnsResolver, 'resolve'> {
  readonly #zones = new Map<string, Entry[]>()

  constructor(zones: Record<string, Entry[]>) {
    for (const [name, entries] of Object.entries(zones)) this.#zones.set(name.toLowerCase(), withText(entries))
  }

  async resolve<Type extends DnsType>(name: string, type: Type): Promise<DnsAnswer<Type>> {
    let owner = name.toLowerCase()
    for (let links = 0; links < 8; links++) {
      const entries = this.#zones.get(owner)
      if (entries === undefined) return { status: 'nxdomain', ttl: 60, authentic: false }
      const data = entries.flatMap((entry) => (typeof entry === 'string' || !(type in entry) ? [] : [entry[type]!]))
      if (data.includes('TIMEOUT')) return { status: 'failed', reason: 'timeout' }
      if (data.length > 0) {
        const records = data.map((each) => record(type, each)) as DnsRecords[Type][]
        return { status: 'found', records, name: owner, ttl: 60, authentic: false }
      }
      if (entries.includes('TIMEOUT')) return { status: 'failed', reason: 'timeout' }
      const alias = entries.find((entry) => typeof entry !== 'string' && 'CNAME' in entry) as
        | { CNAME: string }
        | undefined
      if (alias === undefined) return { status: 'nodata', ttl: 60, authentic: false }
      owner = alias.CNAME.toLowerCase().replace(/\.$/, '')
    }
    return { status: 'failed', reason: 'a loop of CNAMEs' }
  }
}

/** Records of the old type SPF stand for TXT ones, unless there are any. */
function withText(entries: readonly Entry[]): Entry[] {
  const own = entries.filter((entry) => typeof entry === 'string' || entry['TXT'] !== 'NONE')
  if (entries.some((entry) => typeof entry !== 'string' && 'TXT' in entry)) return own
  return own.map((entry) => (typeof entry !== 'string' && 'SPF' in entry ? { TXT: entry['SPF'] } : entry))
}

function record(type: DnsType, data: Data): unknown {
  if (type === 'MX') return { preference: Number(data[0]), exchange: String(data[1]) }
  return typeof data === 'string' ? data : data.join('')
}
