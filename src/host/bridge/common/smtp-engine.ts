/** The protocol's engine for one connection, as the service and the client's socket make it. */
import { SmtpServer } from '../../../protocol/smtp/index.ts'
import type { Client } from './front.ts'
import { saslSetting } from './sasl-accounts.ts'
import type { SmtpContext } from './smtp-context.ts'

/** For how long a message may be handed in before it is to go: as long as over JMAP. */
const longestHoldS = 30 * 86_400

export function engineFor(service: SmtpContext, { socket, loopback }: Client): SmtpServer {
  return new SmtpServer({
    hostname: service.hostname,
    mode: service.mode,
    tls: socket.tls === undefined ? 'available' : 'active',
    allowPlaintextAuth: loopback && service.allowPlaintextLogin,
    sasl: saslSetting(socket),
    maxMessageSize: service.maxMessageSize,
    futureRelease: { seconds: longestHoldS, until: Date.now() + longestHoldS * 1_000 },
  })
}
