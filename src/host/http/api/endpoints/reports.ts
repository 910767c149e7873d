/**
 * Reports of other servers about a hosted domain.
 */
import * as z from 'zod/mini'
import type { House } from '../../house.ts'
import { endpoint, type Endpoint } from '../endpoint.ts'
import { count, named, time } from '../schema.ts'

const tag = 'Reports'

const days = z.optional(z.string().check(z.regex(/^\d{1,4}$/, 'must be a number of days')))
const summary = {
  id: count,
  kind: z.enum(['dmarc', 'tls', 'failure']),
  domain: z.string().check(z.describe('What it is about.')),
  reporter: z.string(),
  reportId: z.string(),
  start: time,
  end: time,
  received: time,
  sender: z.string().check(z.describe('Domain of who sent it.')),
  proven: z.boolean().check(z.describe('DMARC passed for that domain; anybody can send the others.')),
  passed: count.check(z.describe('Messages that passed DMARC, or sessions that were as the policy wants them.')),
  failed: count,
}
const reportSummary = named('ReportSummary', summary)
const report = z
  .object({ ...summary, report: z.looseObject({}) })
  .check(z.meta({ id: 'Report', description: 'A report; what it says is in `report`, by its kind.' }))

const sourceSummary = named('ReportedSource', {
  source: z.string().check(z.describe('Address of the host.')),
  headerFrom: z.string(),
  messages: count,
  failed: count.check(z.describe('Messages for which neither DKIM nor SPF of the domain passed.')),
  dkim: count,
  spf: count,
  refused: count.check(z.describe('Messages that were refused or taken for junk.')),
  reports: count,
  proven: count.check(z.describe('Reports of which it is known who sent them.')),
  signers: z.array(z.string()).check(z.describe('Domains whose signature passed.')),
  senders: z.array(z.string()).check(z.describe('Domains of reverse-paths for which SPF passed.')),
})

export function reportEndpoints({ administration: { reports } }: House): Endpoint[] {
  return [
    endpoint(
      {
        method: 'get',
        path: '/domains/{domain}/reports',
        summary: 'Reports that came about a domain, the newest period first',
        tag,
        scope: 'reports:read',
        reach: 'path',
        query: z.strictObject({
          kind: z.optional(z.enum(['dmarc', 'tls', 'failure'])),
          days,
        }),
        result: z.array(reportSummary),
      },
      async ({ path, query }) => reports.list(path.domain, query),
    ),
    endpoint(
      {
        method: 'get',
        path: '/domains/{domain}/reported-sources',
        summary: 'Who sent mail in the name of a domain, by the DMARC reports that came; what failed most first',
        tag,
        scope: 'reports:read',
        reach: 'path',
        query: z.strictObject({ days }),
        result: z.array(sourceSummary),
      },
      async ({ path, query }) => reports.sources(path.domain, query),
    ),
    endpoint(
      {
        method: 'get',
        path: '/domains/{domain}/reports/{id}',
        summary: 'What a report says',
        tag,
        scope: 'reports:read',
        reach: 'path',
        result: report,
      },
      async ({ path }) => {
        const found = await reports.show(path.domain, path.id)
        return { ...found, report: { ...found.report } }
      },
    ),
  ]
}
