/**
 * The message that carries a DMARC aggregate report.
 *
 * Standards: RFC 9990 §3.5.2 (subject, media type, file name; a report sent again has the same names), RFC 1952, RFC 6713,
 * RFC 3834 §5 (nobody is to answer it).
 */
import { compose } from '../compose/compose.ts'
import type { DmarcReport } from './dmarc-report.ts'

export interface DmarcReportMail {
  /** Its id is of letters and digits, since it stands in the file's name as well. */
  report: DmarcReport
  /** The report's XML, compressed by gzip. */
  compressed: Uint8Array
  from: string
  to: string
  /** Our host. */
  submitter: string
  /** Milliseconds since the epoch. */
  date: number
  /** Unique, 1 to 40 letters and digits. */
  seed: string
}

export function dmarcReportFileName({ policy, start, end, id }: DmarcReport, submitter: string): string {
  const [begins, ends] = [start, end].map((time) => Math.floor(time / 1000))
  return `${submitter}!${policy.domain}!${begins}!${ends}!${id}.xml.gz`
}

export function composeDmarcReport({
  report,
  compressed,
  from,
  to,
  submitter,
  date,
  seed,
}: DmarcReportMail): Uint8Array {
  const { domain } = report.policy
  const [all, passed] = [messages(report.rows), messages(report.rows.filter(({ dkim, spf }) => dkim || spf))]
  const [first, last] = [report.start, report.end].map((time) => new Date(time).toISOString())
  const text = [
    `This is a report about mail in the name of ${domain}, as asked for by its DMARC record (RFC 9990).`,
    `From ${first} to ${last}, ${submitter} received ${all} such messages; ${passed} of them passed DMARC.`,
    'The attachment has the particulars.',
  ].join('\n')
  return compose(
    {
      header: [
        { name: 'From', addresses: [{ name: 'DMARC reports', address: from }] },
        { name: 'To', addresses: [{ address: to }] },
        { name: 'Subject', text: `Report Domain: ${domain} Submitter: ${submitter} Report-ID: <${report.id}>` },
        { name: 'Date', date },
        { name: 'Message-ID', messageIds: [`dmarc-report.${report.id}.${domain}@${submitter}`] },
        { name: 'Auto-Submitted', text: 'auto-generated' },
      ],
      body: {
        type: 'multipart/mixed',
        content: {
          children: [
            { type: 'text/plain', content: { text } },
            {
              type: 'application/gzip',
              disposition: { type: 'attachment', parameters: { filename: dmarcReportFileName(report, submitter) } },
              content: { bytes: compressed },
            },
          ],
        },
      },
    },
    { seed },
  )
}

function messages(rows: DmarcReport['rows']): number {
  return rows.reduce((sum, { count }) => sum + count, 0)
}
