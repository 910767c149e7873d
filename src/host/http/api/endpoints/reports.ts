/**
 * Reports of other servers about a hosted domain.
 */
import * as z from 'zod/mini'
import type { House } from '../../house.ts'
import { endpoint, type Endpoint } from '../endpoint.ts'
import { count, named, time } from '../schema.ts'

const tag = 'Reports'

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
          days: z.optional(z.string().check(z.regex(/^\d{1,4}$/, 'must be a number of days'))),
        }),
        result: z.array(reportSummary),
      },
      async ({ path, query }) => reports.list(path.domain, query),
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
