/**
 * How much there is, and how much went through today.
 */
import * as z from 'zod/mini'
import type { House } from '../../house.ts'
import { endpoint, type Endpoint } from '../endpoint.ts'
import { count, named } from '../schema.ts'

const arrivals = { accepted: count, deferred: count, rejected: count, bytes: count }
const attempts = { delivered: count, deferred: count, bounced: count }

export function usageEndpoints({ administration }: House): Endpoint[] {
  const { domains, accounts, queues, traces } = administration
  return [
    endpoint(
      {
        method: 'get',
        path: '/usage',
        summary: 'How much there is, and what was counted since midnight UTC',
        tag: 'Usage',
        scope: 'usage:read',
        reach: 'house',
        result: named('Usage', {
          domains: count,
          accounts: count,
          waiting: count.check(z.describe('Messages in queues.')),
          arrivals: z.strictObject(arrivals).check(z.describe('Messages that came, by what their senders were told.')),
          attempts: z.strictObject(attempts).check(z.describe('At other servers, by recipient.')),
        }),
      },
      async () => {
        const [hosted, people, waiting, counters] = await Promise.all([
          domains.list(),
          accounts.list(),
          queues.list(),
          traces.today(),
        ])
        const sum = (series: string, label: string) =>
          Object.entries(counters)
            .filter(([name]) => name.startsWith(`${series}{`) && name.includes(label))
            .reduce((total, [, value]) => total + value, 0)
        const arrived = (outcome: string) => sum('facteur_arrivals_total', `outcome="${outcome}"`)
        const attempted = (status: string) => sum('facteur_attempts_total', `status="${status}"`)
        return {
          domains: hosted.length,
          accounts: people.length,
          waiting: waiting.reduce((total, queue) => total + queue.waiting + queue.held + queue.frozen, 0),
          arrivals: {
            accepted: arrived('accepted'),
            deferred: arrived('deferred'),
            rejected: arrived('rejected'),
            bytes: sum('facteur_arrived_bytes_total', 'outcome="accepted"'),
          },
          attempts: {
            delivered: attempted('delivered'),
            deferred: attempted('deferred'),
            bounced: attempted('bounced'),
          },
        }
      },
    ),
  ]
}
