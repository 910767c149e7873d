import { describe, expect, it } from 'vitest'
import type { EgressRequest, EgressResult, EgressTarget } from '../../../src/delivery/index.ts'
import { socketDialer } from '../../../src/host/workers/socket-dialer.ts'
import type { Connect, PlatformSocket } from '../../../src/host/workers/socket-stream.ts'
import { envelope, message } from './house.ts'

/** A server on the other end of a socket: what it says to each line, and when it ends. */
interface Peer {
  readonly lines: string[]
  /** How the connection was opened, then each beginning of TLS with the name that was expected. */
  readonly transport: string[]
  readonly connect: Connect
}

type Say = (line: string) => string | undefined

const say: Say = (line) => {
  const command = line.split(' ', 1)[0]?.toUpperCase()
  if (command === 'EHLO') return '250-relay.test\r\n250-STARTTLS\r\n250-DSN\r\n250-AUTH PLAIN\r\n250 SIZE'
  if (command === 'STARTTLS') return '220 go on'
  if (command === 'AUTH') return '235 2.7.0 welcome'
  if (command === 'DATA') return '354 go on'
  if (command === 'QUIT') return '221 bye'
  return '250 2.0.0 Ok'
}

/** `answer`: undefined closes the connection; '' says nothing. */
function peer(answer: Say = say, failing: { connect?: Error; tls?: Error } = {}): Peer {
  const lines: string[] = []
  const transport: string[] = []
  function socket(greeting: string, opened: Promise<unknown>): PlatformSocket {
    let out: ReadableStreamDefaultController<Uint8Array>
    let content = false
    let rest = ''
    const readable = new ReadableStream<Uint8Array>({
      start(controller) {
        out = controller
        if (greeting !== '') controller.enqueue(encode(greeting))
      },
    })
    const writable = new WritableStream<Uint8Array>({
      write(chunk) {
        const parts = (rest + new TextDecoder().decode(chunk)).split('\r\n')
        rest = parts.pop() ?? ''
        for (const line of parts) {
          if (content && line !== '.') continue
          if (!content) lines.push(line)
          const reply = answer(line)
          content = !content && line === 'DATA' && reply?.startsWith('354') === true
          if (reply === undefined) out.close()
          else if (reply !== '') out.enqueue(encode(`${reply}\r\n`))
        }
      },
    })
    return {
      readable,
      writable,
      opened,
      close: async () => {},
      startTls(options) {
        transport.push(`TLS for ${options?.expectedServerHostname}`)
        return socket('', failing.tls === undefined ? Promise.resolve() : Promise.reject(failing.tls))
      },
    }
  }
  return {
    lines,
    transport,
    connect({ hostname, port }, { secureTransport }) {
      transport.push(`${hostname}:${port} ${secureTransport}`)
      return socket('220 relay.test\r\n', failing.connect ? Promise.reject(failing.connect) : Promise.resolve())
    },
  }
}

const encode = (text: string) => new TextEncoder().encode(text)
const auth = { user: 'us', password: 'the password' }

function send(
  remote: Peer,
  target: Partial<EgressTarget> = {},
  more: Partial<EgressRequest> = {},
): Promise<EgressResult> {
  const request: EgressRequest = {
    envelope: envelope('me@facteur.test', 'you@there.test', 'she@there.test'),
    hostname: 'mail.facteur.test',
    targets: [{ host: 'relay.test', port: 587, addresses: [], tls: 'required', ...target }],
    auth,
    ...more,
  }
  const dialer = socketDialer(async () => remote.connect)
  return dialer.send(request, message({ subject: 'By the Worker' }))
}

describe('the Worker by its own sockets', () => {
  it('submits by STARTTLS, logs in and quits', async () => {
    const remote = peer()
    const result = await send(remote)
    expect(result).toMatchObject({ remote: 'relay.test', tls: { verified: true, verifiedBy: 'pkix' } })
    expect(result.recipients.map(({ recipient, status, success }) => [recipient, status, success])).toEqual([
      ['you@there.test', 'delivered', 'passed'],
      ['she@there.test', 'delivered', 'passed'],
    ])
    expect(remote.transport).toEqual(['relay.test:587 starttls', 'TLS for relay.test'])
    expect(remote.lines.map((line) => line.split(' ', 1)[0])).toEqual([
      'EHLO',
      'STARTTLS',
      'EHLO',
      'AUTH',
      'MAIL',
      'RCPT',
      'RCPT',
      'DATA',
      'QUIT',
    ])
  })

  it('submits over TLS from the first octet (RFC 8314 §3.3), to an IPv6 address too', async () => {
    const remote = peer()
    expect((await send(remote, { host: '2001:db8::1', port: 465, tls: 'implicit' })).recipients[0]).toMatchObject({
      status: 'delivered',
    })
    expect(remote.transport).toEqual(['[2001:db8::1]:465 on'])
    expect(remote.lines).not.toContain('STARTTLS')
  })

  it('tells each recipient’s own answer', async () => {
    const remote = peer((line) => (line.startsWith('RCPT TO:<she@') ? '550 5.1.1 No such user' : say(line)))
    expect((await send(remote)).recipients).toMatchObject([
      { status: 'delivered' },
      { status: 'bounced', enhanced: '5.1.1', reply: { code: 550 } },
    ])
  })

  it.each<[string, Say, object]>([
    ['a refused password', (line) => (line.startsWith('AUTH') ? '535 5.7.8 no' : say(line)), { reply: { code: 535 } }],
    [
      'a server without STARTTLS',
      (line) => (line.startsWith('EHLO') ? '250 relay.test' : say(line)),
      { enhanced: '4.7.4' },
    ],
    [
      '421 in the middle (RFC 5321 §3.8)',
      (line) => (line.startsWith('MAIL') ? '421 4.3.2 bye' : say(line)),
      { site: true },
    ],
    [
      'an end without a word',
      (line) => (line.startsWith('MAIL') ? undefined : say(line)),
      { enhanced: '4.4.2', site: true },
    ],
  ])('mail waits after %s', async (_, answer, outcome) => {
    const { recipients } = await send(peer(answer))
    expect(recipients).toHaveLength(2)
    for (const one of recipients) expect(one).toMatchObject({ status: 'deferred', ...outcome })
  })

  it('is in doubt only when the last answer is missing (RFC 1047)', async () => {
    const { recipients } = await send(peer((line) => (line === '.' ? undefined : say(line))))
    for (const one of recipients) expect(one).toMatchObject({ status: 'deferred', inDoubt: true })
    const before = await send(peer((line) => (line === 'DATA' ? undefined : say(line))))
    for (const one of before.recipients) expect(one).not.toHaveProperty('inDoubt')
  })

  it('says no password and sends no mail when the handshake fails', async () => {
    const remote = peer(say, { tls: new Error('certificate verify failed') })
    const [first] = (await send(remote)).recipients
    expect(first).toMatchObject({
      status: 'deferred',
      enhanced: '4.7.5',
      diagnostic: expect.stringContaining('verify'),
    })
    expect(remote.lines.map((line) => line.split(' ', 1)[0])).toEqual(['EHLO', 'STARTTLS'])
  })

  it('says no password in the clear, but to this machine (RFC 4954 §4)', async () => {
    const remote = peer()
    expect((await send(remote, { tls: 'none' })).recipients[0]).toMatchObject({
      status: 'deferred',
      enhanced: '4.7.11',
    })
    expect(remote.lines.join()).not.toContain('AUTH')
    expect((await send(peer(), { tls: 'none', host: '127.0.0.1' })).recipients[0]).toMatchObject({
      status: 'delivered',
    })
  })

  it('mail waits when there is no connection', async () => {
    const [first] = (await send(peer(say, { connect: new Error('refused') }))).recipients
    expect(first).toMatchObject({ status: 'deferred', enhanced: '4.4.1', site: true })
    expect(first?.diagnostic).toContain('relay.test:587')
  })

  it.each([
    ['port 25, which the platform blocks', { port: 25 }, /port 25/],
    ['a certificate that does not matter, which the platform verifies', { tls: 'opportunistic' as const }, /verifies/],
  ])('does not even try %s', async (_, target, reason) => {
    const remote = peer()
    await expect(send(remote, target)).rejects.toThrow(reason)
    expect(remote.transport).toEqual([])
  })

  it.each([true, false])(
    'connects by what reaches public addresses alone where that is meant: %s',
    async (publicOnly) => {
      const asked: boolean[] = []
      const request: EgressRequest = {
        envelope: envelope('me@facteur.test', 'you@there.test'),
        hostname: 'mail.facteur.test',
        targets: [{ host: 'relay.test', port: 587, addresses: [], tls: 'required', ...(publicOnly && { publicOnly }) }],
      }
      const dialer = socketDialer(async (isPublicOnly) => {
        asked.push(isPublicOnly)
        return peer().connect
      })
      await dialer.send(request, message({ subject: 'x' }))
      expect(asked).toEqual([publicOnly])
    },
  )

  it('gives up when it is told to', async () => {
    const silent = peer((line) => (line.startsWith('EHLO') ? '' : say(line)))
    const request: EgressRequest = {
      envelope: envelope('me@facteur.test', 'you@there.test'),
      hostname: 'mail.facteur.test',
      targets: [{ host: 'relay.test', port: 587, addresses: [], tls: 'required' }],
    }
    const abort = new AbortController()
    const sending = socketDialer(async () => silent.connect).send(request, message({ subject: 'x' }), abort.signal)
    abort.abort()
    expect((await sending).recipients).toMatchObject([{ status: 'deferred' }])
  })
})
