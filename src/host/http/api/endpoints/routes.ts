/**
 * Routes: which way mail to other domains goes.
 */
import * as z from 'zod/mini'
import type { House } from '../../house.ts'
import { endpoint, type Endpoint } from '../endpoint.ts'
import { named, text } from '../schema.ts'

const tag = 'Routes'
const house = { tag, reach: 'house' } as const
const route = named('Route', {
  recipient: z.string().check(z.describe('A domain, *.domain (all below it), or *.')),
  sender: z.optional(z.string().check(z.describe("The same of the envelope sender's domain, or <> for reports."))),
  agents: z.array(z.string()).check(z.describe('In the order in which they are tried.')),
})

export function routeEndpoints({ administration: { routes } }: House): Endpoint[] {
  return [
    endpoint(
      {
        method: 'get',
        path: '/agents',
        summary: 'What routes may name: ways to other domains',
        ...house,
        scope: 'routes:read',
        result: z.array(named('Agent', { name: z.string(), about: z.string() })),
      },
      async () => routes.agents(),
    ),
    endpoint(
      {
        method: 'get',
        path: '/route',
        summary: 'Which way mail to recipient goes, from sender',
        ...house,
        scope: 'routes:read',
        query: z.strictObject({ recipient: text, sender: z.optional(text) }),
        result: z.strictObject({ agents: z.array(z.string()), route: z.optional(route) }),
      },
      async ({ query }) => routes.choose(query),
    ),
    endpoint(
      {
        method: 'get',
        path: '/routes',
        summary: 'Which way mail to other domains goes',
        ...house,
        scope: 'routes:read',
        result: z.array(route),
      },
      async () => routes.list(),
    ),
    endpoint(
      {
        method: 'put',
        path: '/routes/{recipient}',
        summary: 'Sets the agents for a domain, *.domain or *, in the order in which they are tried',
        ...house,
        scope: 'routes:write',
        body: z.strictObject({
          agents: z.array(z.string().check(z.maxLength(512))).check(z.minLength(1)),
          sender: z.optional(text),
        }),
        result: route,
      },
      async ({ path, body }) => routes.set(path.recipient, body),
    ),
    endpoint(
      {
        method: 'delete',
        path: '/routes/{recipient}',
        summary: 'Removes it, the one of sender where given',
        ...house,
        scope: 'routes:write',
        query: z.strictObject({ sender: z.optional(text) }),
        status: 204,
      },
      async ({ path, query }) => routes.remove(path.recipient, query.sender),
    ),
  ]
}
