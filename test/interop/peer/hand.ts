/** Mail that the people of a peer send: given to it as to their own server, which relays it to us. */
import { createTransport } from 'nodemailer'
import type { Peer } from './peer.ts'

export interface Handed {
  readonly dsn?: NonNullable<Parameters<ReturnType<typeof createTransport>['sendMail']>[0]['dsn']>
  readonly from?: string
  /** With CRLF line ends. */
  readonly body?: string
}

/** From `friend@` the peer's domain unless `from` says otherwise. Resolves when the peer has taken it. */
export async function hand(peer: Peer, to: string | string[], subject: string, more: Handed = {}): Promise<void> {
  const { body = 'Hello.\r\n', from = `friend@${peer.name}.test`, ...rest } = more
  const raw = `From: <${from}>\r\nSubject: ${subject}\r\n\r\n${body}`
  const transport = createTransport({ host: peer.faces.full, port: peer.port, tls: { rejectUnauthorized: false } })
  try {
    await transport.sendMail({ envelope: { from, to }, raw, ...rest })
  } catch (cause) {
    throw new Error(`${peer.name} does not take the message; its log:\n${peer.log()}`, { cause })
  } finally {
    transport.close()
  }
}
