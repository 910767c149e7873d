/**
 * Postfix as a mail server to exchange mail with: the faces, whom it refuses, and where its own mail goes.
 *
 * It takes mail for anybody but `nobody@` and, while it is busy, `busy@`: its policy service is in the test.
 */
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { startPostfix } from '../postfix.ts'
import { domainsOf, mailsOfMbox, type Peer, type PeerOptions, sizeLimit } from './peer.ts'

export async function startPostfixPeer(options: PeerOptions): Promise<Peer> {
  const { name, port, faces, identity, relay } = options
  const domains = domainsOf(name)
  let busy = false
  const policy = createServer((socket) => {
    let asked = ''
    socket.on('error', () => undefined)
    socket.setEncoding('latin1').on('data', (text: string) => {
      asked += text
      for (let end = asked.indexOf('\n\n'); end >= 0; end = asked.indexOf('\n\n')) {
        socket.write(`action=${verdict(asked.slice(0, end), domains, busy)}\n\n`)
        asked = asked.slice(end + 2)
      }
    })
  })
  policy.listen(0, '127.0.0.1')
  await once(policy, 'listening')
  const everything = ['starttls', 'dsn', 'smtputf8', 'pipelining', 'chunking', '8bitmime']
  const postfix = await startPostfix({
    domains,
    identity,
    listeners: {
      port,
      addresses: {
        [faces.full]: [],
        [faces.strict]: ['smtpd_tls_security_level=encrypt'],
        [faces.plain]: [`smtpd_discard_ehlo_keywords=${everything.join(',')}`],
      },
    },
    settings: [
      `myhostname = ${name}.test`,
      `message_size_limit = ${sizeLimit}`,
      'virtual_mailbox_limit = 0',
      `smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:${(policy.address() as AddressInfo).port}, permit_mynetworks, reject_unauth_destination`,
      `default_transport = smtp:[127.0.0.1]:${relay}`,
      `smtp_bind_address = ${faces.full}`,
      'smtp_tls_security_level = encrypt',
    ],
  })
  return {
    ...options,
    mails: () => domains.flatMap((domain) => mailsOfMbox(postfix.mail(domain))),
    log: () => postfix.log(),
    busy: (is) => void (busy = is),
    flush: () => postfix.flush(),
    async stop() {
      await postfix.stop()
      policy.close()
    },
  }
}

function verdict(attributes: string, domains: readonly string[], busy: boolean): string {
  const recipient = /^recipient=(.*)$/m.exec(attributes)?.[1] ?? ''
  if (domains.some((domain) => recipient === `nobody@${domain}`)) return '550 5.1.1 no such user'
  return busy && recipient.startsWith('busy@') ? '451 4.7.1 come back later' : 'DUNNO'
}
