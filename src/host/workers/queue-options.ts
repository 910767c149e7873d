/**
 * The operator's settings in the queue's words.
 */
import { defaultQueueOptions, type QueueOptions } from '../../queue/index.ts'
import { webhookOf } from '../../routing/index.ts'
import type { Env } from './env.ts'
import { settingsOf } from './settings.ts'

/** An alarm a second is as much as one queue should ask for. */
const MINIMAL_WATCHDOG_MS = 1_000

export function queueOptions(env: Env, domain: string): QueueOptions {
  const { hostname, queueLifetime, delayNotice, firstRetry, queuePlaces } = settingsOf(env)
  const { schedule, reportLife, watchdog, initialConcurrency, concurrency, maxRecipients } = defaultQueueOptions
  // Several queues of one destination share what one would have.
  const most = Math.ceil(concurrency / (queuePlaces.shards.get(domain) ?? 1))
  const isWebhook = webhookOf(domain) !== undefined
  return {
    ...defaultQueueOptions,
    initialConcurrency: Math.min(initialConcurrency, most),
    concurrency: most,
    hostname,
    reportFrom: { name: 'Mail Delivery System', address: `MAILER-DAEMON@${hostname}` },
    life: queueLifetime,
    // Stale reports help nobody; what a program is told is worth as much after a long weekend.
    reportLife: isWebhook ? queueLifetime : Math.min(queueLifetime, reportLife),
    // A program is told of a message once, whatever its recipients: the second request would have the same id.
    maxRecipients: isWebhook ? Infinity : maxRecipients,
    ...(delayNotice === undefined ? {} : { delayNoticeAfter: delayNotice }),
    ...(firstRetry === undefined
      ? {}
      : {
          schedule: { ...schedule, first: firstRetry },
          // What a crash interrupted should not wait longer than what a server put off.
          watchdog: Math.min(watchdog, Math.max(MINIMAL_WATCHDOG_MS, firstRetry)),
        }),
  }
}
