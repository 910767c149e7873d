/**
 * A mail server that misbehaves on purpose: each answer is the test's to choose.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net'

/** An answer to one command line (`''` is the connection, `.` the end of the message); `drop` hangs up, `silence` waits; all else goes out as it is. */
export type Answer = string

export interface ScriptedRemote {
  readonly port: number
  /** EHLO keywords. */
  keywords: string[]
  /** Undefined: what a willing server says. */
  answer: (line: string) => Answer | undefined
  /** Every command line of every connection; a connection begins with `''`. */
  readonly lines: string[]
  /** Messages that were answered 250 or dropped at their end, dots and all. */
  readonly messages: string[]
  close(): Promise<void>
}

/** Listens on `port`, or on any free one. */
export async function startScriptedRemote(port = 0, address = '127.0.0.1'): Promise<ScriptedRemote> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    serve(socket)
  })
  const remote: Omit<ScriptedRemote, 'port'> = {
    keywords: ['PIPELINING', '8BITMIME', 'SIZE 10000000', 'SMTPUTF8', 'DSN'],
    answer: () => undefined,
    lines: [],
    messages: [],
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }

  function serve(socket: Socket): void {
    let pending = ''
    let content: string[] | undefined
    /** Undefined outside a transaction. */
    let recipients: number | undefined
    let handshake = false
    const take = (line: string): void => {
      const inContent = content !== undefined
      if (content !== undefined && line !== '.') {
        content.push(line)
        return
      }
      remote.lines.push(line)
      const chosen = remote.answer(line)
      if (content !== undefined) {
        const said = chosen ?? '250'
        if (said === 'drop' || said.startsWith('250')) remote.messages.push(content.map((one) => `${one}\r\n`).join(''))
        content = undefined
      }
      if (chosen === 'silence') return
      if (chosen === 'drop') {
        socket.destroy()
        return
      }
      const answer = chosen ?? willing(line, remote.keywords, recipients)
      if (/^(?:RSET|EHLO)/.test(line) || inContent) recipients = undefined
      if (line.startsWith('MAIL') && answer.startsWith('25')) recipients = 0
      if (line.startsWith('RCPT') && answer.startsWith('25')) recipients = (recipients ?? 0) + 1
      if (line === 'STARTTLS') handshake = answer.startsWith('220')
      if (answer.startsWith('354') && !inContent) content = []
      socket.write(`${answer}\r\n`)
      if (answer.startsWith('221')) socket.end()
    }
    socket.setEncoding('latin1').on('data', (text: string) => {
      if (handshake) {
        // Offers TLS, and cannot do it.
        socket.end('this is no TLS\r\n')
        return
      }
      pending += text
      for (let end = pending.indexOf('\r\n'); end >= 0 && !socket.destroyed; end = pending.indexOf('\r\n')) {
        const line = pending.slice(0, end)
        pending = pending.slice(end + 2)
        take(line)
      }
    })
    take('')
  }

  await new Promise<void>((resolve) => server.listen(port, address, resolve))
  return Object.assign(remote, { port: (server.address() as AddressInfo).port })
}

function willing(line: string, keywords: readonly string[], recipients: number | undefined): string {
  const verb = line.slice(0, 4).toUpperCase()
  if (verb === '') return '220 remote.test ESMTP'
  if (verb === 'EHLO')
    return ['remote.test', ...keywords]
      .map((text, index) => `250${index < keywords.length ? '-' : ' '}${text}`)
      .join('\r\n')
  if (verb === 'RCPT' && recipients === undefined) return '503 5.5.1 MAIL first'
  if (verb === 'DATA') return recipients ? '354 go on' : '554 5.5.1 no valid recipients'
  if (verb === 'STAR') return '220 go ahead'
  if (verb === 'QUIT') return '221 bye'
  return '250 2.0.0 fine'
}
