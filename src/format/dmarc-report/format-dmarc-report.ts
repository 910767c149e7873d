/**
 * Writes a DMARC aggregate report as XML.
 *
 * Standards: RFC 9990 §3.1.1 (elements and their order), Appendix A (the schema), XML 1.0 §2.2 and §2.4.
 */
import type { DmarcReport, DmarcReportRow, ReportedPolicy, ReportedResult } from './dmarc-report.ts'

const namespace = 'urn:ietf:params:xml:ns:dmarc-2.0'

export function formatDmarcReport(report: DmarcReport): string {
  const feedback = [
    text('version', '1.0'),
    element('report_metadata', [
      text('org_name', report.organization),
      text('email', report.contact),
      text('report_id', report.id),
      element('date_range', [text('begin', seconds(report.start)), text('end', seconds(report.end))]),
      text('generator', report.generator),
    ]),
    policyPublished(report.policy),
    ...report.rows.map(record),
  ]
  return `<?xml version="1.0" encoding="UTF-8"?>\n<feedback xmlns="${namespace}">\n${feedback.join('\n')}\n</feedback>\n`
}

function policyPublished(policy: ReportedPolicy): string {
  return element('policy_published', [
    text('domain', policy.domain),
    text('discovery_method', policy.discovery),
    text('p', policy.policy),
    text('sp', policy.subdomainPolicy),
    text('np', policy.nonexistentPolicy),
    text('fo', policy.failureOptions),
    text('adkim', policy.dkimAlignment?.charAt(0)),
    text('aspf', policy.spfAlignment?.charAt(0)),
    text('testing', policy.testing === undefined ? undefined : policy.testing ? 'y' : 'n'),
  ])
}

function record(row: DmarcReportRow): string {
  return element('record', [
    element('row', [
      text('source_ip', row.source),
      text('count', String(row.count)),
      element('policy_evaluated', [
        text('disposition', row.disposition),
        text('dkim', row.dkim ? 'pass' : 'fail'),
        text('spf', row.spf ? 'pass' : 'fail'),
        ...row.reasons.map(({ type, comment }) => element('reason', [text('type', type), text('comment', comment)])),
      ]),
    ]),
    element('identifiers', [
      text('header_from', row.headerFrom),
      text('envelope_from', row.envelopeFrom),
      text('envelope_to', row.envelopeTo),
    ]),
    element('auth_results', [
      ...row.dkimResults.map((result) => authResult('dkim', result)),
      // The schema has one (RFC 9990 §3.1.1.11).
      ...row.spfResults.slice(0, 1).map((result) => authResult('spf', result)),
    ]),
  ])
}

function authResult(name: 'dkim' | 'spf', { domain, selector, scope, result, comment }: ReportedResult): string {
  return element(name, [
    text('domain', domain),
    name === 'dkim' ? text('selector', selector ?? '') : text('scope', scope),
    text('result', result),
    text('human_result', comment),
  ])
}

function element(name: string, content: readonly string[]): string {
  return `<${name}>${content.join('')}</${name}>`
}

/** Nothing for what is not known. */
function text(name: string, value: string | undefined): string {
  return value === undefined ? '' : `<${name}>${escaped(value)}</${name}>`
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** Characters that XML has no way to write are replaced. */
function escaped(value: string): string {
  return value
    .toWellFormed()
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replaceAll(/[&<>]/g, (character) => escapes[character] as string)
    .replaceAll('\r', '&#13;')
}

function seconds(time: number): string {
  return String(Math.floor(time / 1000))
}
