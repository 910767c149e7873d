/**
 * Links to messages that webhooks were told of: made by their queues, followed by whoever has one.
 *
 * The key is the hosted domain's, so that a link is checked before any queue is asked for anything.
 *
 * Limits: a thousand domains' keys in each isolate, for five minutes.
 */
import { readWaitingMark, waitingMark } from '../../queue/index.ts'
import { domainOfWebhookQueue } from '../../routing/index.ts'
import { type LinkMaker, signedPath } from '../../webhooks/index.ts'
import type { LinkedMessages } from '../http/index.ts'
import type { Env } from './env.ts'
import { settingsOf } from './settings.ts'

const MAX_DOMAINS = 1_000

/** A domain that is hosted anew has a new one. */
const REMEMBERED_MS = 5 * 60_000

const secrets = new Map<string, { readonly secret: string; readonly until: number }>()

async function secretOf(env: Env, domain: string): Promise<string | undefined> {
  const known = secrets.get(domain)
  if (known !== undefined && known.until > Date.now()) return known.secret
  const secret = await env.DOMAIN.getByName(domain).webhookLinkSecret()
  if (secret === undefined) return undefined
  if (secrets.size >= MAX_DOMAINS) secrets.clear()
  secrets.set(domain, { secret, until: Date.now() + REMEMBERED_MS })
  return secret
}

/** For the queue in the object of that name. Undefined while nobody has said by which https URL we are reached. */
export function linkMaker(env: Env, object: string): ((queue: string) => Promise<LinkMaker | undefined>) | undefined {
  const { publicUrl, webhooksToPrivate } = settingsOf(env)
  if (publicUrl === undefined || !(publicUrl.startsWith('https:') || webhooksToPrivate)) return undefined
  return async (queue) => {
    const secret = await secretOf(env, domainOfWebhookQueue(queue))
    if (secret === undefined) return undefined
    const place = waitingMark(queue, object)
    return async (entry, part, expires) =>
      `${publicUrl}${await signedPath({ place, entry, part }, expires, secret, crypto.subtle)}`
  }
}

export function linkedMessages(env: Env): LinkedMessages {
  return {
    secretOf: (place) => secretOf(env, domainOfWebhookQueue(readWaitingMark(place).domain)),
    sizeOf: async (place, entry) => {
      const { domain, name } = readWaitingMark(place)
      return env.QUEUE.getByName(name).sizeOf(entry, domain)
    },
    octets: async (place, entry, start, end) => {
      const { domain, name } = readWaitingMark(place)
      return env.QUEUE.getByName(name).octets(entry, start, end, domain)
    },
  }
}
