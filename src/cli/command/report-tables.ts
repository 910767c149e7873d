/**
 * Reports as people read them: what failed comes first.
 */
import type { AuthFailureReport, DmarcReport, DmarcReportRow, TlsReport } from '../../format/index.ts'
import { table } from '../table.ts'

export interface ReportSummary {
  readonly id: number
  readonly kind: 'dmarc' | 'tls' | 'failure'
  readonly domain: string
  readonly reporter: string
  readonly reportId: string
  readonly start: number
  readonly end: number
  readonly sender: string
  readonly proven: boolean
  readonly passed: number
  readonly failed: number
}

export type Report = ReportSummary &
  (
    | { readonly kind: 'dmarc'; readonly report: DmarcReport }
    | { readonly kind: 'tls'; readonly report: TlsReport }
    | { readonly kind: 'failure'; readonly report: AuthFailureReport }
  )

export interface Source {
  readonly source: string
  readonly headerFrom: string
  readonly messages: number
  readonly failed: number
  readonly dkim: number
  readonly spf: number
  readonly refused: number
  readonly reports: number
  readonly proven: number
  readonly signers: readonly string[]
  readonly senders: readonly string[]
}

export function showSources(sources: readonly Source[]): string {
  if (sources.length === 0) return 'No reports came.'
  return table(
    sources.map(({ source, headerFrom, messages, failed, dkim, spf, refused, reports, proven, signers, senders }) => [
      source,
      headerFrom,
      `${messages} sent`,
      failed === 0 ? '' : `${failed} FAILED`,
      refused === 0 ? '' : `${refused} refused`,
      `DKIM ${dkim}, SPF ${spf}`,
      `${reports} reports${proven === reports ? '' : `, ${proven} proven`}`,
      [...signers.map((domain) => `signed by ${domain}`), ...senders.map((domain) => `sent by ${domain}`)].join(', '),
    ]),
  )
}

export function showReports(reports: readonly (ReportSummary & { readonly hosted: string })[]): string {
  if (reports.length === 0) return 'No reports came.'
  return table(
    reports.map(({ hosted, id, kind, domain, reporter, end, passed, failed, sender, proven }) => [
      hosted,
      String(id),
      day(end),
      kind,
      domain,
      `${passed} passed`,
      failed === 0 ? '' : `${failed} failed`,
      proven ? reporter : `${reporter} (sent by ${sender === '' ? 'nobody' : sender}, not proven)`,
    ]),
  )
}

export function showReport(report: Report): string {
  const { reporter, reportId, domain, start, end, sender, proven } = report
  const head = table([
    ['about', domain],
    ['from', `${reporter}${proven ? '' : `; sent by ${sender === '' ? 'nobody' : sender}, which is not proven`}`],
    ['period', `${new Date(start).toISOString()} to ${new Date(end).toISOString()}`],
    ['report', reportId],
    ...(report.kind === 'dmarc' ? [['policy', policyOf(report.report)]] : []),
  ])
  const body = rowsOf(report)
  return `${head}\n\n${body.length === 0 ? 'It says nothing.' : table(body)}`
}

function rowsOf(report: Report): string[][] {
  if (report.kind === 'dmarc') return dmarcRows(report.report)
  return report.kind === 'tls' ? tlsRows(report.report) : failureRows(report.report)
}

function policyOf({ policy }: DmarcReport): string {
  const { subdomainPolicy, nonexistentPolicy, dkimAlignment, spfAlignment, testing } = policy
  const tags = [
    `p=${policy.policy}`,
    subdomainPolicy === undefined ? '' : `sp=${subdomainPolicy}`,
    nonexistentPolicy === undefined ? '' : `np=${nonexistentPolicy}`,
    dkimAlignment === 'strict' ? 'adkim=s' : '',
    spfAlignment === 'strict' ? 'aspf=s' : '',
    testing === true ? 't=y' : '',
  ]
  return tags.filter((tag) => tag !== '').join(' ')
}

function failed({ dkim, spf, count }: DmarcReportRow): number {
  return dkim || spf ? 0 : count
}

/** By source: those of which most messages failed first. */
function dmarcRows({ rows }: DmarcReport): string[][] {
  return rows
    .toSorted((one, other) => failed(other) - failed(one) || other.count - one.count)
    .map((row) => {
      const { source, count, dkim, spf, disposition, headerFrom, envelopeFrom, dkimResults, spfResults, reasons } = row
      const checks = [
        ...dkimResults.map(
          ({ domain, selector, result }) => `dkim=${result} ${domain}${selector ? `/${selector}` : ''}`,
        ),
        ...spfResults.map(({ domain, result }) => `spf=${result} ${domain}`),
        ...reasons.map(({ type, comment }) => [type, comment].filter(Boolean).join(': ')),
      ]
      return [
        source,
        String(count),
        dkim || spf ? `pass (${[dkim && 'DKIM', spf && 'SPF'].filter(Boolean).join(', ')})` : 'FAIL',
        disposition,
        envelopeFrom === undefined || envelopeFrom === headerFrom ? headerFrom : `${headerFrom} by <${envelopeFrom}>`,
        checks.join('; '),
      ]
    })
}

function tlsRows({ results }: TlsReport): string[][] {
  return results.flatMap(({ policy, successes, failed, failures }) => [
    [policy.type, policy.domain, `${successes} succeeded`, failed === 0 ? '' : `${failed} FAILED`],
    ...failures.map(({ type, count, mx, address, reason }) => [
      '',
      type,
      String(count),
      [mx, address, reason].filter((fact) => fact !== undefined).join(' '),
    ]),
  ])
}

function failureRows(report: AuthFailureReport): string[][] {
  const { failure, incidents, alignment, result, source, reversePath, dkimDomain, dkimSelector, author, subject } =
    report
  const facts: [string, string | undefined][] = [
    ['failed', failure],
    ['messages', String(incidents)],
    ['client', source],
    ['envelope', reversePath],
    ['author', author],
    ['subject', subject],
    ['aligned', alignment],
    ['signature', dkimDomain === undefined ? undefined : `${dkimDomain}${dkimSelector ? `/${dkimSelector}` : ''}`],
    ['result', result],
  ]
  return facts.flatMap(([name, fact]) => (fact === undefined || fact === '' ? [] : [[name, fact]]))
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}
