/**
 * The agents of webhooks: who they are is known by the domain's object, and they are reached as the operator allows.
 *
 * Security: only public addresses are reached, unless the operator says otherwise.
 */
import type { DeliveryAgent } from '../../queue/index.ts'
import { WebhookAgent } from '../../webhooks/index.ts'
import type { Env } from './env.ts'
import { settingsOf } from './settings.ts'

const TIMEOUT_MS = 20_000

export function webhookAgent(env: Env, name: string): DeliveryAgent {
  const { hostname, verification, webhooksToPrivate } = settingsOf(env)
  return new WebhookAgent(name, {
    find: async (domain, webhook) => env.DOMAIN.getByName(domain).webhook(webhook),
    stop: async (domain, webhook) => env.DOMAIN.getByName(domain).stopWebhook(webhook),
    post: async (url, headers, body, gone) => {
      const limits = [AbortSignal.timeout(TIMEOUT_MS), ...(gone === undefined ? [] : [gone])]
      const init = { method: 'POST', headers, body, redirect: 'manual', signal: AbortSignal.any(limits) } as const
      const { OUTSIDE } = env
      const response = await (OUTSIDE === undefined || webhooksToPrivate ? fetch(url, init) : OUTSIDE.fetch(url, init))
      await response.body?.cancel()
      return response.status
    },
    crypto: crypto.subtle,
    clock: Date.now,
    authservId: verification.authservId ?? hostname,
  })
}
