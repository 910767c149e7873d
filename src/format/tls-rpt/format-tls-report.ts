/**
 * Writes a TLS report: its JSON, and the message that carries it.
 *
 * Standards: RFC 8460 §4.4 (JSON), §5.1 (file name), §5.3 (mail), RFC 8689 §5 (a report about broken TLS goes without it).
 */
import { compose } from '../compose/compose.ts'
import type { TlsReport } from './tls-report.ts'

export function formatTlsReport(report: TlsReport): string {
  return JSON.stringify({
    'organization-name': report.organization,
    'date-range': { 'start-datetime': dateTime(report.start), 'end-datetime': dateTime(report.end) },
    'contact-info': report.contact,
    'report-id': report.id,
    policies: report.results.map(({ policy, successes, failed, failures }) => ({
      policy: {
        'policy-type': policy.type,
        ...(policy.text.length === 0 ? {} : { 'policy-string': policy.text }),
        'policy-domain': policy.domain,
        ...(policy.mxHosts.length === 0 ? {} : { 'mx-host': policy.mxHosts }),
      },
      summary: { 'total-successful-session-count': successes, 'total-failure-session-count': failed },
      ...(failures.length === 0 ? {} : { 'failure-details': failures.map(details) }),
    })),
  })
}

function details({ type, count, mx, address, reason }: TlsReport['results'][number]['failures'][number]) {
  return {
    'result-type': type,
    ...(mx === undefined ? {} : { 'receiving-mx-hostname': mx }),
    ...(address === undefined ? {} : { 'receiving-ip': address }),
    'failed-session-count': count,
    ...(reason === undefined ? {} : { 'failure-reason-code': reason }),
  }
}

/** RFC 3339 in seconds. */
function dateTime(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** §5.1. */
export function tlsReportFileName(report: TlsReport, submitter: string, domain: string): string {
  const [start, end] = [report.start, report.end].map((time) => Math.floor(time / 1000))
  return `${submitter}!${domain}!${start}!${end}!${report.id.replaceAll(/[^A-Za-z0-9.-]/g, '-')}.json.gz`
}

export interface TlsReportMail {
  report: TlsReport
  /** The report's JSON, compressed by gzip. */
  compressed: Uint8Array
  from: string
  to: string
  /** The domain that the report is about, and ours. */
  domain: string
  submitter: string
  /** Milliseconds since the epoch. */
  date: number
  /** Without angle brackets. */
  messageId: string
  /** Unique, 1 to 40 letters and digits. */
  seed: string
}

export function composeTlsReport(mail: TlsReportMail): Uint8Array {
  const { report, domain, submitter } = mail
  const failed = report.results.reduce((sum, result) => sum + result.failed, 0)
  const succeeded = report.results.reduce((sum, result) => sum + result.successes, 0)
  const text = [
    `This is a report about TLS with the mail servers of ${domain}, as asked for by its _smtp._tls record (RFC 8460).`,
    `From ${dateTime(report.start)} to ${dateTime(report.end)}, ${succeeded} sessions were as they should be and ${failed} were not.`,
    'The attachment has the particulars.',
  ].join('\n')
  const filename = tlsReportFileName(report, submitter, domain)
  return compose(
    {
      header: [
        { name: 'From', addresses: [{ name: 'TLS reports', address: mail.from }] },
        { name: 'To', addresses: [{ address: mail.to }] },
        { name: 'Subject', text: `Report Domain: ${domain} Submitter: ${submitter} Report-ID: <${report.id}>` },
        { name: 'Date', date: mail.date },
        { name: 'Message-ID', messageIds: [mail.messageId] },
        { name: 'TLS-Report-Domain', text: domain },
        { name: 'TLS-Report-Submitter', text: submitter },
        { name: 'TLS-Required', text: 'No' },
        { name: 'Auto-Submitted', text: 'auto-generated' },
      ],
      body: {
        type: 'multipart/report',
        parameters: { 'report-type': 'tlsrpt' },
        content: {
          children: [
            { type: 'text/plain', content: { text } },
            {
              type: 'application/tlsrpt+gzip',
              disposition: { type: 'attachment', parameters: { filename } },
              content: { bytes: mail.compressed },
            },
          ],
        },
      },
    },
    { seed: mail.seed },
  )
}
