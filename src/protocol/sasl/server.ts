/**
 * The server's side of the mechanisms: client messages in, challenges or credentials out.
 *
 * Base64 and the framing around it belong to the protocol that carries the exchange (SMTP, IMAP, POP3, ManageSieve).
 *
 * Standards: RFC 4422. Security: unauthenticated clients feed this.
 */
import type { SaslMechanism } from './credentials.ts'
import type { SaslServer, SaslSetting } from './exchange.ts'
import { BearerServer, XOAuth2Server } from './oauth.ts'
import { LoginServer, PlainServer } from './password.ts'
import { ScramServer } from './scram.ts'

/** What does not need TLS to work, the best first. */
export const unboundMechanisms: readonly SaslMechanism[] = ['SCRAM-SHA-256', 'OAUTHBEARER', 'XOAUTH2', 'PLAIN', 'LOGIN']

/** What is offered on a connection to which a login can be bound. */
export const boundMechanisms: readonly SaslMechanism[] = ['SCRAM-SHA-256-PLUS', ...unboundMechanisms]

/**
 * What is offered, the best first. Without a setting there is no SCRAM, since it needs a nonce; with channel binding only
 * on connections that have the binding TLS 1.3 prescribes (RFC 9266 §3).
 */
export function saslMechanisms(setting: SaslSetting | undefined): readonly SaslMechanism[] {
  if (setting === undefined) return unboundMechanisms.filter((name) => name !== 'SCRAM-SHA-256')
  if (setting.channelBinding('tls-exporter') === undefined) return unboundMechanisms
  return boundMechanisms
}

/** The setting as it is without TLS, where there is no channel to bind to. */
export function withoutChannel(setting: SaslSetting | undefined): SaslSetting | undefined {
  return setting === undefined ? undefined : { nonce: () => setting.nonce(), channelBinding: () => undefined }
}

/** A new exchange, or undefined when the mechanism (any case) is not offered. */
export function saslServer(mechanism: string, setting?: SaslSetting): SaslServer | undefined {
  const offered = saslMechanisms(setting)
  const name = offered.find((each) => each === mechanism.toUpperCase())
  switch (name) {
    case 'SCRAM-SHA-256-PLUS':
    case 'SCRAM-SHA-256':
      return new ScramServer(name, setting as SaslSetting, offered.includes('SCRAM-SHA-256-PLUS'))
    case 'OAUTHBEARER':
      return new BearerServer()
    case 'XOAUTH2':
      return new XOAuth2Server()
    case 'PLAIN':
      return new PlainServer()
    case 'LOGIN':
      return new LoginServer()
    case undefined:
      return undefined
  }
}
