/**
 * Where a queue's mail goes: to mailboxes here, to the smarthost, or to the hosts that DNS names.
 */
import { chooseAgent, type DeliveryPorts, MailboxAgent, MxAgent, SmarthostAgent } from '../../delivery/index.ts'
import type { DnsResolver } from '../../protocol/dns/index.ts'
import type { DeliveryAgent } from '../../queue/index.ts'
import { egressDialer } from './egress-dialer.ts'
import type { Env } from './env.ts'
import type { QueueTls } from './queue-tls.ts'
import { settingsOf } from './settings.ts'

export function deliveryAgent(env: Env, ports: DeliveryPorts, dns: DnsResolver, tls: QueueTls): DeliveryAgent {
  const { hostname, verification, smarthost, doh, mxPort, egress, bridgeSecret } = settingsOf(env)
  const clock = Date.now
  const dialer = egressDialer({
    ...(egress === undefined ? {} : { url: egress }),
    ...(bridgeSecret === undefined ? {} : { secret: bridgeSecret }),
  })
  const relay =
    smarthost === undefined
      ? new MxAgent({
          dns,
          sts: tls.sts,
          // What the resolver says of DNSSEC is worth as much as the way to it.
          dane: /^https:|^http:\/\/(?:localhost|127\.[\d.]+|\[::1\])[:/]/.test(doh),
          tlsResults: (_, results) => tls.reporter.note(results),
          dialer,
          random: Math.random,
          clock,
          hostname,
          port: mxPort,
        })
      : new SmarthostAgent({ smarthost, dialer, hostname, clock })
  return chooseAgent({
    directory: ports.directory,
    mailbox: new MailboxAgent(ports, hostname, verification.authservId),
    relay,
    clock,
  })
}
