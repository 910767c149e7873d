/**
 * Traces: what became of any message of the house.
 */
import * as z from 'zod/mini'
import type { House } from '../../house.ts'
import { endpoint, type Endpoint } from '../endpoint.ts'
import { address, text, time } from '../schema.ts'

const tag = 'Traces'

/** Described loosely: each type of step has members of its own. */
export const traceStep = z
  .looseObject({
    id: z.string(),
    at: time,
    type: z.string().check(z.describe('`arrived`, `placed`, `attempt`, `reported`, …')),
  })
  .check(z.meta({ id: 'TraceStep', description: 'A step of a message; further members by its type.' }))

export function traceEndpoints({ administration: { traces } }: House): Endpoint[] {
  return [
    endpoint(
      {
        method: 'get',
        path: '/traces',
        summary: 'Messages that came, by from, to or message-id, within days; the newest 200',
        tag,
        scope: 'traces:read',
        reach: 'house',
        query: z.strictObject({
          from: z.optional(address),
          to: z.optional(address),
          'message-id': z.optional(text),
          days: z.optional(z.string().check(z.regex(/^\d{1,4}$/, 'must be a number of days'))),
        }),
        result: z.array(traceStep),
      },
      async ({ query: { from, to, 'message-id': messageId, days } }) =>
        traces.search({ sender: from, recipient: to, messageId, days }),
    ),
    endpoint(
      {
        method: 'get',
        path: '/traces/{id}',
        summary: 'What became of a message',
        tag,
        scope: 'traces:read',
        reach: 'house',
        result: z.array(traceStep),
      },
      async ({ path }) => traces.show(path.id),
    ),
  ]
}
