/**
 * Where a queue's mail goes: to mailboxes here, or outside by the agents that this environment has.
 */
import {
  chooseAgent,
  type DeliveryPorts,
  EmailServiceAgent,
  MailboxAgent,
  MxAgent,
  OutsideAgent,
  SmarthostAgent,
} from '../../delivery/index.ts'
import type { DnsResolver } from '../../protocol/dns/index.ts'
import type { DeliveryAgent } from '../../queue/index.ts'
import { egressDialer } from './egress-dialer.ts'
import { emailService } from './email-service.ts'
import type { Env } from './env.ts'
import { outboundRoutes } from './outbound-routes.ts'
import type { QueueTls } from './queue-tls.ts'
import { settingsOf, usualAgents } from './settings.ts'
import { socketDialer } from './socket-dialer.ts'
import { webhookAgent } from './webhooks.ts'
import type { Turnstile } from './turnstile.ts'

/** `line`: in front of the bridge, for all queues of an object; `object` is its name. */
export function deliveryAgent(
  env: Env,
  ports: DeliveryPorts,
  dns: DnsResolver,
  tls: QueueTls,
  line: Turnstile,
  object: string,
): DeliveryAgent {
  const { hostname, verification, smarthosts, doh, mxPort, egress, bridgeSecret, relayToPrivate } = settingsOf(env)
  const clock = Date.now
  const bridge = egressDialer({
    ...(egress === undefined ? {} : { url: egress }),
    ...(bridgeSecret === undefined ? {} : { secret: bridgeSecret }),
    line,
  })
  const sockets = socketDialer(async (publicOnly) => {
    const { OUTSIDE } = env
    if (publicOnly && OUTSIDE !== undefined) return (...how) => OUTSIDE.connect(...how)
    return (await import('cloudflare:sockets')).connect
  })
  const { directory } = ports
  const outside = new OutsideAgent({
    mx: new MxAgent({
      dns,
      sts: tls.sts,
      // What the resolver says of DNSSEC is worth as much as the way to it.
      dane: /^https:|^http:\/\/(?:localhost|127\.[\d.]+|\[::1\])[:/]/.test(doh),
      tlsResults: (_, results) => tls.reporter.note(results),
      dialer: bridge,
      random: Math.random,
      clock,
      hostname,
      port: mxPort,
      toPrivate: relayToPrivate,
    }),
    ...(env.EMAIL === undefined
      ? {}
      : { emailService: new EmailServiceAgent({ service: emailService(env.EMAIL), directory, clock }) }),
    smarthosts,
    through(smarthost, origin) {
      const by = smarthost.by ?? (egress === undefined ? 'worker' : 'bridge')
      const dialer = by === 'worker' ? sockets : bridge
      return new SmarthostAgent({
        smarthost,
        dialer,
        hostname,
        clock,
        publicOnly: origin === 'route' && !relayToPrivate,
      })
    },
    webhook: (name) => webhookAgent(env, name, object),
    routes: () => outboundRoutes(env),
    usual: usualAgents(env),
    clock,
  })
  return chooseAgent({
    directory,
    mailbox: new MailboxAgent(ports, hostname, verification.authservId),
    relay: outside,
    clock,
  })
}
