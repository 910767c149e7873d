/**
 * SMTP spoken by hand, where a client library would be too polite.
 */
import { LineClient } from '../host/bridge/line-client.ts'

/** Any reply that is complete: its last line has a space behind the code. */
export const anyReply = /^\d{3} .*\r\n/m

/** Connected, greeted, and EHLO said. */
export async function greeted(port: number, name = 'client.outside.test'): Promise<LineClient> {
  const client = await LineClient.connect(port)
  await client.expect(anyReply)
  await client.say(`EHLO ${name}\r\n`, anyReply)
  return client
}

/** Greeted and logged in, in clear text: that is allowed on loopback. */
export async function loggedIn(port: number, user: string, password: string): Promise<LineClient> {
  const client = await greeted(port)
  await client.say(`AUTH PLAIN ${plainResponse(user, password)}\r\n`, /^235 /m)
  return client
}

export function plainResponse(user: string, password: string): string {
  return Buffer.from(`\0${user}\0${password}`).toString('base64')
}

export interface Transaction {
  readonly from?: string
  readonly to: string | readonly string[]
  /** Parameters of MAIL. */
  readonly mail?: string
  /** Parameters of RCPT. */
  readonly rcpt?: string
  /** With CRLF line ends, dots not stuffed. */
  readonly raw?: string
  readonly subject?: string
}

/** One transaction up to its end; the replies to its commands. Ends where MAIL or all of RCPT is refused. */
export async function transact(client: LineClient, transaction: Transaction): Promise<string[]> {
  const { from = 'someone@outside.test', to, mail = '', rcpt = '', subject = 'x' } = transaction
  const raw = transaction.raw ?? `From: <${from}>\r\nSubject: ${subject}\r\n\r\nHello.\r\n`
  const replies: string[] = []
  const say = async (line: string) => {
    const reply = (await client.say(`${line}\r\n`, anyReply)).trimEnd()
    replies.push(reply)
    return reply
  }
  if (!(await say(`MAIL FROM:<${from}>${suffix(mail)}`)).startsWith('250')) return replies
  let taken = 0
  for (const recipient of typeof to === 'string' ? [to] : to) {
    if ((await say(`RCPT TO:<${recipient}>${suffix(rcpt)}`)).startsWith('25')) taken++
  }
  if (taken === 0) {
    await client.say('RSET\r\n', anyReply)
    return replies
  }
  if (!(await say('DATA')).startsWith('354')) return replies
  await say(`${raw.replace(/^\./gm, '..')}.`)
  return replies
}

function suffix(parameters: string): string {
  return parameters === '' ? '' : ` ${parameters}`
}
