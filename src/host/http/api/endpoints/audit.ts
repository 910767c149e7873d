/**
 * The audit log: who changed what.
 */
import * as z from 'zod/mini'
import type { House } from '../../house.ts'
import { endpoint, type Endpoint } from '../endpoint.ts'
import { limitOf, page } from '../page-of.ts'
import { named, paged, time } from '../schema.ts'

export function auditEndpoints({ api }: House): Endpoint[] {
  return [
    endpoint(
      {
        method: 'get',
        path: '/audit',
        summary: 'Changes by administration, the newest first',
        tag: 'Audit',
        scope: 'audit:read',
        reach: 'house',
        query: z.strictObject({
          ...paged,
          after: z.optional(z.string().check(z.regex(/^\d{1,15}$/, 'is in the Link header of the page before'))),
        }),
        isPaged: true,
        result: z.array(
          named('AuditRecord', {
            id: z.int(),
            at: time,
            who: z.string(),
            what: z.string().check(z.describe('Method and resource.')),
            target: z.string().check(z.describe('The resource that was meant.')),
            details: z.optional(
              z
                .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())]))
                .check(z.describe('What was asked for, without secrets.')),
            ),
            from: z.string().check(z.describe("The client's address, where somebody vouches for it.")),
            client: z.optional(z.string()),
          }),
        ),
      },
      async ({ query, request }) => {
        const limit = limitOf(query)
        const found = await api.audit({ limit, ...(query.after === undefined ? {} : { before: Number(query.after) }) })
        return page(found, found.length < limit ? undefined : String(found.at(-1)?.id), request)
      },
    ),
  ]
}
