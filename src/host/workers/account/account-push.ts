/**
 * Push subscriptions of one account, wired: who decides, who posts, and the alarm between them.
 */
import { Pusher } from '../../../access/jmap/index.ts'
import type { MailStore } from '../../../mailbox/index.ts'
import type { Env } from '../env.ts'
import { describe, type Log } from '../log.ts'
import { settingsOf } from '../settings.ts'
import type { AccountAlarm } from './account-alarm.ts'
import { WebPush } from './web-push.ts'

export interface AccountPush {
  readonly service: WebPush
  readonly pusher: Pusher
}

export function accountPush(ports: {
  readonly env: Env
  readonly accountId: string
  readonly store: MailStore
  readonly alarm: AccountAlarm
  readonly log: Log
}): AccountPush {
  const { env, accountId, store, alarm, log } = ports
  const { hostname, pushToPrivate } = settingsOf(env)
  const { OUTSIDE } = env
  const service = new WebPush({
    kept: () => store.pushSubscriptions,
    contact: `https://${hostname}`,
    allowsPrivateUrls: pushToPrivate,
    fetch: (url, init) => (OUTSIDE === undefined || pushToPrivate ? fetch(url, init) : OUTSIDE.fetch(url, init)),
    log,
  })
  // An account from before there were keys gets its own along with its next change: being read writes nothing.
  store.onCommit(() => {
    if (store.pushSubscriptions.serverKey !== undefined) return
    service.makeKey().catch((error: unknown) => log('error', 'no push key', { error: describe(error) }))
  })
  const pusher = new Pusher({ store, accountId, service, clock: Date.now, wakeAt: (time) => alarm.wakeAt(time) })
  alarm.add(pusher)
  return { service, pusher }
}
