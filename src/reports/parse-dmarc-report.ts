/**
 * Reads DMARC aggregate reports that others send.
 *
 * Standards: RFC 9990 §3.1.1 and Appendix A; RFC 7489 Appendix C, whose form many still send: elements are known by their
 * name alone, in whatever namespace and order, and what is missing is left out.
 * Limits: rows, results in each, and the length of every text.
 * Security: anyone can send a report and claim anything in it: what comes out is text of bounded length without control
 * characters.
 */
import type { DmarcReport, DmarcReportRow, ReportedPolicy, ReportedResult } from '../format/index.ts'
import { readSections, type XmlElement } from './xml-sections.ts'

const mostRows = 5_000
const mostResults = 20
const longestText = 300

/** Undefined when the text is no report. */
export function parseDmarcReport(text: string): DmarcReport | undefined {
  const rows: DmarcReportRow[] = []
  let metadata: XmlElement | undefined
  let policy: ReportedPolicy | undefined
  const isReport = readSections(text.trimStart(), 'feedback', (section) => {
    if (section.name === 'report_metadata') metadata ??= section
    else if (section.name === 'policy_published') policy ??= policyOf(section)
    else if (section.name === 'record') rows.push(...rowOf(section))
    return rows.length < mostRows
  })
  const range = child(metadata, 'date_range')
  const id = value(metadata, 'report_id')
  const start = seconds(range, 'begin')
  const end = seconds(range, 'end')
  if (!isReport || id === undefined || start === undefined || end === undefined || policy === undefined)
    return undefined
  const generator = value(metadata, 'generator')
  return {
    organization: value(metadata, 'org_name') ?? '',
    contact: value(metadata, 'email') ?? '',
    id,
    start,
    end,
    ...(generator !== undefined && { generator }),
    policy,
    rows,
  }
}

function policyOf(published: XmlElement | undefined): ReportedPolicy | undefined {
  const domain = value(published, 'domain')?.toLowerCase()
  if (domain === undefined || domain === '') return undefined
  const testing = value(published, 'testing')
  return {
    domain,
    policy: value(published, 'p') ?? 'none',
    ...some('subdomainPolicy', value(published, 'sp')),
    ...some('nonexistentPolicy', value(published, 'np')),
    ...some('dkimAlignment', alignment(value(published, 'adkim'))),
    ...some('spfAlignment', alignment(value(published, 'aspf'))),
    ...some('failureOptions', value(published, 'fo')),
    ...some('testing', testing === undefined ? undefined : testing === 'y'),
    ...some('discovery', value(published, 'discovery_method')),
  }
}

/** None without a source or a count. */
function rowOf(record: XmlElement): DmarcReportRow[] {
  const row = child(record, 'row')
  const source = value(row, 'source_ip')
  const count = integer(row, 'count')
  if (source === undefined || count === undefined) return []
  const evaluated = child(row, 'policy_evaluated')
  const identifiers = child(record, 'identifiers')
  const results = child(record, 'auth_results')
  const read: DmarcReportRow = {
    source,
    count,
    disposition: value(evaluated, 'disposition')?.toLowerCase() ?? 'none',
    dkim: value(evaluated, 'dkim')?.toLowerCase() === 'pass',
    spf: value(evaluated, 'spf')?.toLowerCase() === 'pass',
    reasons: children(evaluated, 'reason')
      .slice(0, mostResults)
      .map((reason) => ({ type: value(reason, 'type') ?? '', ...some('comment', value(reason, 'comment')) })),
    headerFrom: value(identifiers, 'header_from')?.toLowerCase() ?? '',
    ...some('envelopeFrom', value(identifiers, 'envelope_from')),
    ...some('envelopeTo', value(identifiers, 'envelope_to')),
    dkimResults: resultsOf(results, 'dkim'),
    spfResults: resultsOf(results, 'spf'),
  }
  return [read]
}

function resultsOf(results: XmlElement | undefined, name: 'dkim' | 'spf'): ReportedResult[] {
  return children(results, name)
    .slice(0, mostResults)
    .map((result) => ({
      domain: value(result, 'domain') ?? '',
      ...some('selector', value(result, 'selector')),
      ...some('scope', value(result, 'scope')),
      result: value(result, 'result')?.toLowerCase() ?? '',
      ...some('comment', value(result, 'human_result')),
    }))
}

function alignment(letter: string | undefined): 'strict' | 'relaxed' | undefined {
  return letter === 's' ? 'strict' : letter === 'r' ? 'relaxed' : undefined
}

/** A property that is there only when it is known. */
function some<Name extends string, Value>(name: Name, known: Value | undefined): { [Key in Name]?: Value } {
  return known === undefined ? {} : ({ [name]: known } as { [Key in Name]: Value })
}

function children(element: XmlElement | undefined, name: string): XmlElement[] {
  return element?.children.filter((one) => one.name === name) ?? []
}

function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return children(element, name)[0]
}

/** The text of a child, shortened, without the white space around it. */
function value(element: XmlElement | undefined, name: string): string | undefined {
  return child(element, name)
    ?.text.trim()
    .slice(0, longestText)
    .replaceAll(/\p{Cc}/gu, ' ')
}

function integer(element: XmlElement | undefined, name: string): number | undefined {
  const digits = value(element, name)
  return digits !== undefined && /^\d{1,15}$/.test(digits) ? Number(digits) : undefined
}

function seconds(element: XmlElement | undefined, name: string): number | undefined {
  const since = integer(element, name)
  // Beyond what a date can be.
  return since === undefined || since > 8_640_000_000_000 ? undefined : since * 1000
}
