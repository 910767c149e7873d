/**
 * `facteur dns`: what a domain's zone should say, ready to paste, and whether the DNS says it.
 */
import { createHash, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { adminClient, serverFlags } from '../admin-client.ts'
import { OperationError, UsageError } from '../failure.ts'
import { describeFlags, parseFlags } from '../flags.ts'
import { table } from '../table.ts'

const flagTable = {
  ...serverFlags,
  'tls-cert': {
    type: 'string',
    value: 'FILE',
    help: "the mail server's certificate, PEM: for a TLSA record (when absent, the one in the data directory)",
  },
  check: { type: 'boolean', help: 'ask the DNS, and fail (exit code 1) when something required is not right' },
} as const

export const usage = [
  'facteur dns DOMAIN            the records its zone needs, as lines of a zone file',
  'facteur dns DOMAIN --check    which of them the DNS has',
  '',
  ...describeFlags(flagTable),
].join('\n')

interface ZoneRecord {
  readonly name: string
  readonly type: string
  readonly value: string
  readonly purpose: string
  readonly required: boolean
}

interface CheckedRecord extends ZoneRecord {
  readonly status: 'found' | 'missing' | 'different' | 'unknown'
  readonly present: readonly string[]
}

export async function run(argv: readonly string[]): Promise<number> {
  const { flags, positionals } = parseFlags(flagTable, argv, process.env)
  const [domain, ...more] = positionals
  if (domain === undefined || more.length > 0) throw new UsageError('say "dns DOMAIN" or "dns DOMAIN --check".')
  const client = adminClient(flags)
  const digest = keyDigest(flags['tls-cert'], flags.url === undefined ? flags.data : undefined)
  const query = { key: digest }
  if (!flags.check) {
    const records = await client.request<ZoneRecord[]>('GET', ['domains', domain, 'dns'], undefined, query)
    console.log(flags.json ? JSON.stringify(records) : records.map(zoneLine).join('\n'))
    return 0
  }
  const records = await client.request<CheckedRecord[]>('GET', ['domains', domain, 'dns', 'check'], undefined, query)
  console.log(flags.json ? JSON.stringify(records) : table(records.flatMap(report)))
  return records.some(({ required, status }) => required && status !== 'found') ? 1 : 0
}

function zoneLine({ name, type, value, purpose }: ZoneRecord): string {
  return `; ${purpose}\n${name}. 3600 IN ${type} ${zoneValue(type, value)}`
}

/** SHA-256 of the certificate's public key; undefined when there is no certificate to be found. */
function keyDigest(file: string | undefined, data: string | undefined): string | undefined {
  const path = file ?? (data === undefined ? undefined : join(data, 'tls', 'certificate.pem'))
  if (path === undefined || (file === undefined && !existsSync(path))) return undefined
  try {
    const { publicKey } = new X509Certificate(readFileSync(path))
    return createHash('sha256')
      .update(publicKey.export({ type: 'spki', format: 'der' }))
      .digest('hex')
  } catch (cause) {
    throw new OperationError(`the certificate ${path} cannot be read: ${(cause as Error).message}.`, { cause })
  }
}

/** TXT as quoted strings of at most 255 octets (RFC 1035 §3.3); the names in the others with their final dot. */
function zoneValue(type: string, value: string): string {
  if (type === 'TLSA') return value
  if (type !== 'TXT') return `${value}.`
  const escaped = (value.match(/.{1,255}/gs) ?? ['']).map((piece) => `"${piece.replace(/["\\]/g, '\\$&')}"`)
  return escaped.join(' ')
}

function report({ name, type, value, purpose, required, status, present }: CheckedRecord): string[][] {
  const verdict = { found: 'ok', missing: required ? 'MISSING' : 'missing', different: 'DIFFERENT', unknown: 'unknown' }
  const first = [verdict[status], name, type, purpose]
  if (status === 'found') return [first]
  const wanted = ['', '', '  should be', value]
  return [first, wanted, ...present.map((text) => ['', '', '  is', text])]
}
