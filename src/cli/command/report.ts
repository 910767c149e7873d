/**
 * `facteur report`: what other servers report of a domain's mail.
 */
import { adminClient, serverFlags } from '../admin-client.ts'
import { UsageError } from '../failure.ts'
import { describeFlags, type FlagTable, parseFlags } from '../flags.ts'
import { type Report, type ReportSummary, showReport, showReports, showSources, type Source } from './report-tables.ts'

const reportFlags = {
  kind: {
    type: 'string',
    value: 'dmarc|tls|failure',
    help: 'only reports of mail in the name of the domain, of TLS, of single messages',
  },
  days: { type: 'string', value: 'N', help: 'only of the last days' },
} as const satisfies FlagTable

const flagTable = { ...serverFlags, ...reportFlags }

export const usage = [
  'facteur report list [DOMAIN]      reports that came, of one domain or of all',
  'facteur report show DOMAIN ID     what one of them says',
  'facteur report sources DOMAIN     who sent mail in its name, by all DMARC reports',
  '',
  ...describeFlags(flagTable),
].join('\n')

export async function run(argv: readonly string[]): Promise<number> {
  const { flags, positionals } = parseFlags(flagTable, argv, process.env)
  const [action, domain, id, ...more] = positionals
  const client = adminClient(flags)
  const print = (value: object, text: () => string) => console.log(flags.json ? JSON.stringify(value) : text())

  if (action === 'list' && id === undefined) {
    const query = { kind: flags.kind, days: flags.days }
    const hosted = async () => (await client.request<{ name: string }[]>('GET', ['domains'])).map(({ name }) => name)
    const found: (ReportSummary & { hosted: string })[] = []
    for (const name of domain === undefined ? await hosted() : [domain]) {
      const reports = await client.request<ReportSummary[]>('GET', ['domains', name, 'reports'], undefined, query)
      found.push(...reports.map((report) => ({ ...report, hosted: name })))
    }
    print(found, () => showReports(found))
  } else if (action === 'show' && domain !== undefined && id !== undefined && more.length === 0) {
    const report = await client.request<Report>('GET', ['domains', domain, 'reports', id])
    print(report, () => showReport(report))
  } else if (action === 'sources' && domain !== undefined && id === undefined && flags.kind === undefined) {
    const path = ['domains', domain, 'reported-sources']
    const sources = await client.request<Source[]>('GET', path, undefined, { days: flags.days })
    print(sources, () => showSources(sources))
  } else {
    throw new UsageError('say "report list [DOMAIN]", "report show DOMAIN ID" or "report sources DOMAIN".')
  }
  return 0
}
