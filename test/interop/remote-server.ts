/**
 * Somebody else's mail server: the smtp-server package on loopback, with answers that a test chooses.
 */
import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

export interface ReceivedMail {
  readonly from: string
  readonly to: readonly string[]
  readonly raw: string
  readonly secure: boolean
}

export interface RemoteServer {
  readonly port: number
  readonly mails: ReceivedMail[]
  /** What RCPT answers next; undefined accepts. Called once per recipient. */
  onRecipient: (address: string) => { code: number; text: string } | undefined
  /** Resolves with the next mail, or one that is there already and was not taken. */
  next(): Promise<ReceivedMail>
  close(): Promise<void>
}

export async function startRemoteServer(options: SMTPServerOptions = {}): Promise<RemoteServer> {
  const mails: ReceivedMail[] = []
  const waiting: ((mail: ReceivedMail) => void)[] = []
  let taken = 0
  const remote: RemoteServer = {
    port: 0,
    mails,
    onRecipient: () => undefined,
    next() {
      const mail = mails[taken]
      if (mail === undefined) return new Promise((resolve) => waiting.push(resolve))
      taken++
      return Promise.resolve(mail)
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    logger: false,
    onRcptTo(address, _session, callback) {
      const refusal = remote.onRecipient(address.address)
      if (refusal === undefined) return callback()
      callback(Object.assign(new Error(refusal.text), { responseCode: refusal.code }))
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const from = session.envelope.mailFrom
        const mail = {
          from: from === false ? '' : from.address,
          to: session.envelope.rcptTo.map((recipient) => recipient.address),
          raw: Buffer.concat(chunks).toString('latin1'),
          secure: session.secure,
        }
        mails.push(mail)
        const waiter = waiting.shift()
        if (waiter !== undefined) {
          taken++
          waiter(mail)
        }
        callback()
      })
    },
    ...options,
  })
  // Clients that break off, as in a handshake that fails, are no business of the test's.
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(remote, { port: (server.server.address() as AddressInfo).port })
}
