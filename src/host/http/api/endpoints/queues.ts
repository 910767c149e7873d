/**
 * Queues: what waits for each destination, and the operator's hand on it.
 */
import * as z from 'zod/mini'
import type { QueueAction } from '../../../../access/admin/index.ts'
import type { House } from '../../house.ts'
import { endpoint, type Endpoint } from '../endpoint.ts'
import { page, usualPage } from '../page-of.ts'
import { address, count, named, time } from '../schema.ts'

const tag = 'Queues'
const house = { tag, reach: 'house' } as const

const status = z.enum(['waiting', 'held', 'frozen', 'kept'])

/** Which messages of a queue are meant; without any, all that wait. */
const selection = {
  sender: z.optional(address),
  recipient: z.optional(address),
  status: z.optional(status),
  olderThan: z.optional(z.string().check(z.regex(/^\d{1,9}$/, 'must be a number of seconds'))),
}

const waitingMessage = named('WaitingMessage', {
  id: z.string(),
  domain: z.string(),
  status: status.check(
    z.describe('What is kept went, and stays for who was told where to fetch it; only "status" selects it.'),
  ),
  held: z.boolean(),
  active: z.boolean().check(z.describe('An attempt is under way.')),
  received: time,
  expires: time,
  nextAttempt: z.optional(time.check(z.describe('Absent while held, and of what is kept.'))),
  keptUntil: z.optional(time),
  size: count,
  priority: z.optional(z.int()),
  reversePath: z.string(),
  recipients: z.array(
    z.strictObject({
      address,
      status: z.enum(['waiting', 'delivered', 'bounced']),
      attempts: count,
      diagnostic: z.optional(z.string().check(z.describe('The last answer, in the words of whoever gave it.'))),
      remoteMta: z.optional(z.string()),
      agent: z.optional(z.string().check(z.describe('Where several ways lead there: the last one taken.'))),
      earlier: z.optional(z.array(z.strictObject({ agent: z.string(), answer: z.string() }))),
    }),
  ),
})

export function queueEndpoints(http: House): Endpoint[] {
  return [...lists(http), ...manyAtOnce(http), ...limits(http), ...oneMessage(http)]
}

function lists({ administration: { queues } }: House): Endpoint[] {
  return [
    endpoint(
      {
        method: 'get',
        path: '/queues',
        summary: 'Destinations with waiting mail',
        ...house,
        scope: 'queues:read',
        result: z.array(
          named('Queue', {
            domain: z.string(),
            waiting: count,
            held: count,
            frozen: count,
            kept: count,
            oldest: z.optional(time),
          }),
        ),
      },
      async () => queues.list(),
    ),
    endpoint(
      {
        method: 'get',
        path: '/queues/{domain}',
        summary: 'What waits for a destination, in order of arrival',
        ...house,
        scope: 'queues:read',
        query: z.strictObject({ ...selection, after: z.optional(z.string()) }),
        isPaged: true,
        result: z.array(waitingMessage),
      },
      async ({ path, query, request }) => {
        const found = await queues.entries(path.domain, query)
        return page(found, found.length < usualPage ? undefined : found.at(-1)?.id, request)
      },
    ),
  ]
}

function manyAtOnce({ administration: { queues } }: House): Endpoint[] {
  const selected = z.strictObject(selection)
  return [
    endpoint(
      {
        method: 'post',
        path: '/queues/{domain}/retry',
        summary: 'Try what is selected now',
        ...house,
        scope: 'queues:write',
        body: selected,
        bodyMayBeEmpty: true,
        result: z.strictObject({ retried: count }),
      },
      async ({ path, body }) => queues.retryAll(path.domain, body),
    ),
    endpoint(
      {
        method: 'post',
        path: '/queues/{domain}/hold',
        summary: 'Keep what is selected back',
        ...house,
        scope: 'queues:write',
        body: selected,
        bodyMayBeEmpty: true,
        result: z.strictObject({ held: count }),
      },
      async ({ path, body }) => queues.holdAll(path.domain, body),
    ),
    endpoint(
      {
        method: 'post',
        path: '/queues/{domain}/release',
        summary: 'Let what is selected go on',
        ...house,
        scope: 'queues:write',
        body: selected,
        bodyMayBeEmpty: true,
        result: z.strictObject({ released: count }),
      },
      async ({ path, body }) => queues.releaseAll(path.domain, body),
    ),
    endpoint(
      {
        method: 'post',
        path: '/queues/{domain}/delete',
        summary: 'Drop what is selected, or with "all" everything; senders get no report',
        ...house,
        scope: 'queues:write',
        body: z.strictObject({ ...selection, all: z.optional(z.literal(true)) }),
        bodyMayBeEmpty: true,
        result: z.strictObject({ deleted: count }),
      },
      async ({ path, body }) => queues.removeAll(path.domain, body),
    ),
  ]
}

function limits({ administration: { queues } }: House): Endpoint[] {
  return [
    endpoint(
      {
        method: 'get',
        path: '/queues/{domain}/limits',
        summary: 'What the destination may have a minute, and at once',
        ...house,
        scope: 'queues:read',
        result: z.strictObject({ perMinute: z.nullable(count), concurrency: z.nullable(count) }),
      },
      async ({ path }) => queues.limits(path.domain),
    ),
    endpoint(
      {
        method: 'put',
        path: '/queues/{domain}/limits',
        summary: 'Sets both limits; null or absent: as much as goes',
        ...house,
        scope: 'queues:write',
        body: z.strictObject({
          perMinute: z.optional(z.nullable(z.int().check(z.gte(1), z.lte(1_000_000)))),
          concurrency: z.optional(z.nullable(z.int().check(z.gte(1), z.lte(100)))),
        }),
        status: 204,
      },
      async ({ path, body }) => queues.setLimits(path.domain, body),
    ),
  ]
}

function oneMessage({ administration: { queues } }: House): Endpoint[] {
  const acts: readonly [QueueAction, string][] = [
    ['retry', 'Try it now'],
    ['hold', 'Keep it back until it is released'],
    ['release', 'Let it go on'],
  ]
  return [
    endpoint(
      {
        method: 'get',
        path: '/queues/{domain}/{id}',
        summary: 'One waiting message',
        ...house,
        scope: 'queues:read',
        result: waitingMessage,
      },
      async ({ path }) => queues.show(path.domain, path.id),
    ),
    endpoint(
      {
        method: 'delete',
        path: '/queues/{domain}/{id}',
        summary: 'Drop it; its sender gets no report',
        ...house,
        scope: 'queues:write',
        status: 204,
      },
      async ({ path }) => queues.remove(path.domain, path.id),
    ),
    ...acts.map(([act, summary]) =>
      endpoint(
        {
          method: 'post',
          path: `/queues/{domain}/{id}/${act}` as '/queues/{domain}/{id}/retry',
          summary,
          ...house,
          scope: 'queues:write',
          status: 204,
        },
        async ({ path }) => queues.act(path.domain, path.id, act),
      ),
    ),
  ]
}
