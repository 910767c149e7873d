/**
 * Clients that nobody here wrote: nodemailer to send, imapflow to read, plain fetch for JMAP.
 */
import { ImapFlow } from 'imapflow'
import { createTransport } from 'nodemailer'
import type SMTPTransport from 'nodemailer/lib/smtp-transport/index.js'
import type { ReachableFacteur } from './server.ts'

export const alice = 'alice@facteur.test'
export const bob = 'bob@facteur.test'

/** Sends through submission, as a mail app does, with STARTTLS. */
export function sendAs(
  server: ReachableFacteur,
  user: string,
  mail: SMTPTransport.Options & Parameters<ReturnType<typeof createTransport>['sendMail']>[0],
) {
  const transport = createTransport({
    host: '127.0.0.1',
    port: server.ports.submission,
    requireTLS: true,
    tls: { rejectUnauthorized: false },
    auth: { user, pass: server.password },
  })
  return transport.sendMail({ from: user, ...mail })
}

/** Sends from outside to the MX port, without authentication. */
export function sendFromOutside(
  server: ReachableFacteur,
  mail: Parameters<ReturnType<typeof createTransport>['sendMail']>[0],
) {
  const transport = createTransport({ host: '127.0.0.1', port: server.ports.smtp, tls: { rejectUnauthorized: false } })
  return transport.sendMail({ from: 'someone@outside.test', ...mail })
}

export interface ImapMessage {
  readonly uid: number
  readonly source: string
  readonly flags: readonly string[]
  readonly subject: string
}

/** All messages of a mailbox, oldest first. */
export async function readMailbox(server: ReachableFacteur, user: string, mailbox = 'INBOX'): Promise<ImapMessage[]> {
  const client = imapClient(server, user)
  await client.connect()
  try {
    await client.mailboxOpen(mailbox, { readOnly: true })
    const messages: ImapMessage[] = []
    for await (const message of client.fetch('1:*', { uid: true, flags: true, source: true, envelope: true })) {
      messages.push({
        uid: message.uid,
        source: message.source?.toString('latin1') ?? '',
        flags: [...(message.flags ?? [])],
        subject: message.envelope?.subject ?? '',
      })
    }
    return messages
  } finally {
    await client.logout()
  }
}

export function imapClient(server: ReachableFacteur, user: string): ImapFlow {
  return new ImapFlow({
    host: '127.0.0.1',
    port: server.ports.imaps,
    secure: true,
    tls: { rejectUnauthorized: false },
    auth: { user, pass: server.password },
    logger: false,
  })
}

/** Waits on IDLE until a mailbox holds at least `count` messages. */
export async function waitForMessages(
  server: ReachableFacteur,
  user: string,
  count: number,
  mailbox = 'INBOX',
): Promise<ImapMessage[]> {
  const client = imapClient(server, user)
  await client.connect()
  try {
    const opened = await client.mailboxOpen(mailbox, { readOnly: true })
    let exists = opened.exists
    const enough = new Promise<void>((resolve) => {
      client.on('exists', (event: { count: number }) => {
        exists = event.count
        if (exists >= count) resolve()
      })
      if (exists >= count) resolve()
    })
    if (exists < count) {
      void client.idle()
      await enough
    }
  } finally {
    await client.logout()
  }
  return readMailbox(server, user, mailbox)
}

export type JmapCall = readonly [method: string, args: Record<string, unknown>, id: string]

export interface JmapConnection {
  readonly accountId: string
  readonly session: Record<string, unknown> & {
    apiUrl: string
    eventSourceUrl: string
    downloadUrl: string
    uploadUrl: string
  }
  /** The responses' arguments by call id. Throws on a method error. */
  call(...calls: readonly JmapCall[]): Promise<Record<string, Record<string, unknown>>>
}

export const basic = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

export async function jmap(server: ReachableFacteur, user: string): Promise<JmapConnection> {
  const authorization = basic(user, server.password)
  const discovered = await fetch(`${server.url}/.well-known/jmap`, { headers: { authorization } })
  if (!discovered.ok) throw new Error(`session: ${discovered.status} ${await discovered.text()}`)
  const session = (await discovered.json()) as JmapConnection['session'] & { primaryAccounts: Record<string, string> }
  const accountId = session.primaryAccounts['urn:ietf:params:jmap:mail'] ?? ''
  return {
    accountId,
    session,
    async call(...calls) {
      const response = await fetch(session.apiUrl, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify({
          using: ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail', 'urn:ietf:params:jmap:submission'],
          methodCalls: calls.map(([method, args, id]) => [method, { accountId, ...args }, id]),
        }),
      })
      if (!response.ok) throw new Error(`api: ${response.status} ${await response.text()}`)
      const { methodResponses } = (await response.json()) as {
        methodResponses: [string, Record<string, unknown>, string][]
      }
      const failed = methodResponses.find(([name]) => name === 'error')
      if (failed !== undefined) throw new Error(JSON.stringify(failed))
      return Object.fromEntries(methodResponses.map(([, args, id]) => [id, args]))
    },
  }
}
