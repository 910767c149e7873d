/**
 * Webhooks of a domain: programs that rules tell of messages, and that hear what becomes of mail from the domain.
 */
import * as z from 'zod/mini'
import { longestKeep, outgoingEvents } from '../../../../routing/index.ts'
import type { House } from '../../house.ts'
import { endpoint, type Endpoint } from '../endpoint.ts'
import { named, time } from '../schema.ts'

const tag = 'Webhooks'
const secret = z.string().check(z.describe('Of Standard Webhooks: whsec_ and base64. Shown this once.'))
const keep = z
  .int()
  .check(
    z.gte(0),
    z.lte(longestKeep),
    z.describe(
      'Hours for which a message that it has taken is kept, for the links that it was told; 0: it is told none.',
    ),
  )
const events = z
  .array(z.enum(outgoingEvents))
  .check(z.describe('What it hears of mail that people and programs of the domain send.'))
const webhook = {
  name: z.string(),
  url: z.string(),
  created: time,
  stopped: z.optional(time.check(z.describe('It answered 410: nothing is sent until it is set again.'))),
  keep,
  events,
}

export function webhookEndpoints({ administration: { webhooks } }: House): Endpoint[] {
  return [
    endpoint(
      {
        method: 'get',
        path: '/domains/{domain}/webhooks',
        summary: 'Webhooks of a domain, without their secrets',
        tag,
        scope: 'webhooks:read',
        reach: 'path',
        result: z.array(named('Webhook', webhook)),
      },
      async ({ path }) => webhooks.list(path.domain),
    ),
    endpoint(
      {
        method: 'put',
        path: '/domains/{domain}/webhooks/{name}',
        summary: 'Make a webhook, or change what is said of one and start it again',
        tag,
        scope: 'webhooks:write',
        reach: 'path',
        body: z.strictObject({
          url: z.string().check(z.maxLength(2_000)),
          keep: z.optional(keep),
          events: z.optional(events),
        }),
        result: named('MadeWebhook', { ...webhook, secret: z.optional(secret) }),
      },
      async ({ path, body }) => webhooks.set(path.domain, path.name, body),
    ),
    endpoint(
      {
        method: 'post',
        path: '/domains/{domain}/webhooks/{name}/rotate',
        summary: 'Make a new secret; the one before it signs too until the next change',
        tag,
        scope: 'webhooks:write',
        reach: 'path',
        result: z.strictObject({ secret }),
      },
      async ({ path }) => webhooks.rotate(path.domain, path.name),
    ),
    endpoint(
      {
        method: 'post',
        path: '/domains/{domain}/webhooks/{name}/test',
        summary: 'Send it an event that says nothing, now and once: `webhook.test`',
        tag,
        scope: 'webhooks:write',
        reach: 'path',
        result: named('WebhookTest', {
          isTaken: z.boolean(),
          problem: z.optional(z.string().check(z.describe('Why not, in one sentence.'))),
        }),
      },
      async ({ path }) => webhooks.test(path.domain, path.name),
    ),
    endpoint(
      {
        method: 'delete',
        path: '/domains/{domain}/webhooks/{name}',
        summary: 'Remove a webhook that no rule names',
        tag,
        scope: 'webhooks:write',
        reach: 'path',
        status: 204,
      },
      async ({ path }) => webhooks.remove(path.domain, path.name),
    ),
  ]
}
