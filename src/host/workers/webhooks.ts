/**
 * The agents of webhooks: who they are is known by the domain's object, and they are reached as the operator allows.
 *
 * Security: only public addresses are reached, unless the operator says otherwise.
 */
import { encodeUtf8 } from '../../format/index.ts'
import type { DeliveryAgent } from '../../queue/index.ts'
import { webhookQueue } from '../../routing/index.ts'
import { WebhookAgent } from '../../webhooks/index.ts'
import type { Env } from './env.ts'
import { networkFault } from './network-fault.ts'
import { randomText } from './random.ts'
import { settingsOf } from './settings.ts'
import { linkMaker } from './webhook-links.ts'
import { within } from './within.ts'

const TIMEOUT_MS = 20_000

/** `object`: the name of the one that holds the queue. */
export function webhookAgent(env: Env, name: string, object: string): DeliveryAgent {
  const { hostname, verification, webhooksToPrivate } = settingsOf(env)
  const links = linkMaker(env, object)
  return new WebhookAgent(name, {
    find: async (domain, webhook) => env.DOMAIN.getByName(domain).webhook(webhook),
    stop: async (domain, webhook) => env.DOMAIN.getByName(domain).stopWebhook(webhook),
    post: (url, headers, body, gone) => {
      const post = async (signal: AbortSignal) => {
        const init = { method: 'POST', headers, body, redirect: 'manual', signal } as const
        const { OUTSIDE } = env
        const asked = OUTSIDE === undefined || webhooksToPrivate ? fetch(url, init) : OUTSIDE.fetch(url, init)
        const response = await asked.catch((error: unknown) => Promise.reject(networkFault(error)))
        await response.body?.cancel()
        return response.status
      }
      return within(TIMEOUT_MS, post, gone)
    },
    ...(links === undefined ? {} : { links }),
    crypto: crypto.subtle,
    clock: Date.now,
    authservId: verification.authservId ?? hostname,
  })
}

/** One event that says nothing, for whoever sets a webhook up: signed and posted like all others, and not tried again. */
export async function tryWebhook(env: Env, domain: string, name: string): Promise<{ problem?: string }> {
  const queue = webhookQueue(name, domain)
  const event = { id: `evt_${randomText(26)}`, type: 'webhook.test' }
  const body = { type: event.type, timestamp: new Date().toISOString(), data: { domain, name } }
  const [outcome] = await webhookAgent(env, name, queue).deliver({
    id: event.id,
    domain: queue,
    envelope: {
      reversePath: '',
      recipients: [{ address: `postmaster@${domain}` }],
      smtputf8: false,
      body: '8BITMIME',
      event,
    },
    raw: encodeUtf8(JSON.stringify(body)),
  })
  return outcome?.status === 'delivered' ? {} : { problem: outcome?.diagnostic ?? 'There was no answer' }
}
