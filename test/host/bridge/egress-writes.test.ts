import { describe, expect, it } from 'vitest'
import { EgressConnection } from '../../../src/host/bridge/common/egress-connection.ts'
import type { Network, Socket, SocketEvents } from '../../../src/host/bridge/common/socket.ts'

const times = { connectMs: 1_000, handshakeMs: 1_000, replyMs: 1_000, finalReplyMs: 1_000, exchangeMs: 1_000 }
const place = { address: '127.0.0.1', port: 25 }
const route = { host: 'mx.test', ...place, tls: 'none', hostname: 'here.test' } as const
const envelope = { reversePath: 'a@here.test', recipients: [{ address: 'b@there.test' }], smtputf8: false } as const

/** A server that takes everything, and remembers how it came. */
class TakingSocket {
  readonly writes: string[] = []
  #events: SocketEvents | undefined
  #inData = false
  readonly remote = place
  readonly local = place
  readonly tls = undefined
  readonly backlog = 0

  handle(events: SocketEvents): void {
    this.#events = events
    this.#say('220 mx.test')
  }

  write(bytes: Uint8Array): boolean {
    const text = new TextDecoder().decode(bytes)
    this.writes.push(text)
    if (this.#inData) {
      if (this.writes.slice(-2).join('').endsWith('\r\n.\r\n')) this.#say('250 taken')
    } else if (text.startsWith('EHLO')) this.#say('250-mx.test\r\n250 PIPELINING')
    else if (text.startsWith('MAIL')) {
      this.#inData = true
      this.#say('250 ok\r\n250 ok\r\n354 go')
    }
    return true
  }

  end(): void {}
  destroy(): void {}

  #say(reply: string): void {
    setImmediate(() => this.#events?.data(new TextEncoder().encode(`${reply}\r\n`)))
  }
}

async function sent(content: string): Promise<string[]> {
  const socket = new TakingSocket()
  const network = { connect: async () => socket as unknown as Socket } as unknown as Network
  const opening = await EgressConnection.open(network, route, times)
  if (opening.type !== 'open') throw new Error(opening.failure.diagnostic)
  const message = { ...envelope, recipients: [...envelope.recipients], body: '7BIT' as const }
  const [outcome] = await opening.connection.send(message, new TextEncoder().encode(content))
  expect(outcome?.status).toBe('delivered')
  opening.connection.close()
  return socket.writes.slice(2, -1)
}

describe('a message to another server', () => {
  it('leaves with its end in one write', async () => {
    const line = `${'x'.repeat(70)}\r\n`
    const content = `Subject: Hi\r\n\r\n.dot\r\n${line.repeat(100)}`
    expect(await sent(content)).toEqual([`${content.replace('\n.dot', '\n..dot')}.\r\n`])
  })

  it('is not copied when it is large: its end follows', async () => {
    const line = `${'x'.repeat(70)}\r\n`
    const writes = await sent(line.repeat(10_000))
    expect(writes.length).toBeGreaterThan(1)
    expect(writes.join('')).toBe(`${line.repeat(10_000)}.\r\n`)
  })
})
