/**
 * The operator's settings in the queue's words.
 */
import { defaultQueueOptions, type QueueOptions } from '../../queue/index.ts'
import type { Env } from './env.ts'
import { settingsOf } from './settings.ts'

export function queueOptions(env: Env): QueueOptions {
  const { hostname, queueLifetime, delayNotice, firstRetry } = settingsOf(env)
  const { schedule, reportLife } = defaultQueueOptions
  return {
    ...defaultQueueOptions,
    hostname,
    reportFrom: { name: 'Mail Delivery System', address: `MAILER-DAEMON@${hostname}` },
    life: queueLifetime,
    reportLife: Math.min(queueLifetime, reportLife),
    ...(delayNotice === undefined ? {} : { delayNoticeAfter: delayNotice }),
    ...(firstRetry === undefined ? {} : { schedule: { ...schedule, first: firstRetry } }),
  }
}
