import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SmtpClient, SmtpServer } from '../../../src/protocol/smtp/index.ts'
import { chunked, chunkSizes } from '../../chunked.ts'
import { clientOptions, failure, message, outcomes, playClient, startClient } from './client-transcript.ts'
import { bytes, options, text } from './transcript.ts'

const hello = `S: 220 them.example ESMTP
               C: EHLO us.example`

describe('STARTTLS (RFC 3207)', () => {
  const offer = `${hello}
       S: 250-them.example
       S: 250 STARTTLS
       C: STARTTLS`

  test('after the handshake the session starts anew', () => {
    const run = playClient(
      `${offer}
       S: 220 go
       C: EHLO us.example
       S: 250 them.example
       C: MAIL FROM:<a@b.example>`,
      { options: { tls: 'opportunistic' }, messages: [message('')] },
    )
    expect(run.client.tlsActive).toBe(true)
    expect(run.client.capabilities.keywords.size).toBe(0)
  })

  test('opportunistic: a refusal leaves plain text', () => {
    playClient(`${offer}\nS: 454 not now\nC: QUIT`, { options: { tls: 'opportunistic' } })
  })

  test('required: a refusal ends it, for now', () => {
    const run = playClient(`${offer}\nS: 554 never`, { options: { tls: 'required' } })
    expect(failure(run)).toMatchObject({ status: 'deferred', stage: 'tls' })
  })

  test('required, not offered (a stripped EHLO answer): nothing is sent', () => {
    const run = playClient(`${hello}\nS: 250 them.example`, { options: { tls: 'required' }, messages: [message('x')] })
    expect(failure(run)).toMatchObject({ status: 'deferred', stage: 'tls', enhanced: '4.7.4' })
  })

  test('required: no way around it by HELO', () => {
    const run = playClient(`${hello}\nS: 502 no`, { options: { tls: 'required' } })
    expect(failure(run)).toMatchObject({ status: 'deferred', stage: 'hello' })
  })

  test('response injection: plain text behind the 220 ends the session', () => {
    const client = new SmtpClient({ ...clientOptions, tls: 'opportunistic' })
    client.receive(bytes('220 them\r\n'))
    client.next()
    client.receive(bytes('250-them\r\n250 STARTTLS\r\n'))
    expect(client.next()).toMatchObject({ type: 'write' })
    client.receive(bytes('220 go\r\n250-them\r\n250 AUTH PLAIN\r\n'))
    expect(client.next()).toMatchObject({ type: 'failed', failure: { enhanced: '4.7.5' } })
  })

  test('… and what comes before the handshake is done is forgotten', () => {
    const client = new SmtpClient({ ...clientOptions, tls: 'opportunistic' })
    client.receive(bytes('220 them\r\n'))
    client.next()
    client.receive(bytes('250-them\r\n250 STARTTLS\r\n'))
    client.next()
    client.receive(bytes('220 go\r\n'))
    expect(client.next()).toEqual({ type: 'starttls' })
    client.receive(bytes('250 injected\r\n'))
    client.tlsStarted()
    expect(client.next()).toMatchObject({ type: 'write' })
    expect(client.next()).toBeUndefined()
  })

  test('a failed handshake', () => {
    const client = new SmtpClient({ ...clientOptions, tls: 'opportunistic' })
    client.receive(bytes('220 them\r\n'))
    client.next()
    client.receive(bytes('250-them\r\n250 STARTTLS\r\n'))
    client.next()
    client.receive(bytes('220 go\r\n'))
    client.next()
    client.tlsFailed('certificate expired')
    expect(client.next()).toMatchObject({
      type: 'failed',
      failure: { stage: 'tls', diagnostic: 'certificate expired' },
    })
    expect(client.next()).toEqual({ type: 'close' })
  })

  test('implicit TLS asks for no more', () => {
    playClient(`${hello}\nS: 250-them.example\nS: 250 STARTTLS\nC: QUIT`, { options: { tls: 'active' } })
  })
})

describe('AUTH (RFC 4954)', () => {
  const secure = { tls: 'active' as const, auth: { user: 'alice', password: 'secret' } }

  test('PLAIN', () => {
    playClient(
      `${hello}
       S: 250-them.example
       S: 250 AUTH LOGIN PLAIN
       C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
       S: 235 2.7.0 ok
       C: QUIT`,
      { options: secure },
    )
  })

  test('LOGIN, where there is nothing better', () => {
    playClient(
      `${hello}
       S: 250-them.example
       S: 250 AUTH=LOGIN
       C: AUTH LOGIN
       S: 334 VXNlcm5hbWU6
       C: YWxpY2U=
       S: 334 UGFzc3dvcmQ6
       C: c2VjcmV0
       S: 235 ok
       C: QUIT`,
      { options: secure },
    )
  })

  test.each([
    ['535 5.7.8 wrong', '5.7.8'],
    ['454 4.7.0 later', '4.7.0'],
  ])('%s: the mail waits', (reply, enhanced) => {
    const run = playClient(
      `${hello}\nS: 250-them.example\nS: 250 AUTH PLAIN\nC: AUTH PLAIN AGFsaWNlAHNlY3JldA==\nS: ${reply}`,
      { options: secure },
    )
    expect(failure(run)).toMatchObject({ status: 'deferred', stage: 'auth', enhanced })
  })

  test('endless challenges are cancelled', () => {
    const run = playClient(
      `${hello}
       S: 250-them.example
       S: 250 AUTH PLAIN
       C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
       S: 334 bW9yZQ==
       C: *
       S: 501 cancelled`,
      { options: secure },
    )
    expect(failure(run)).toMatchObject({ status: 'deferred', stage: 'auth' })
  })

  test('no password without TLS', () => {
    const run = playClient(`${hello}\nS: 250-them.example\nS: 250 AUTH PLAIN`, { options: { ...secure, tls: 'none' } })
    expect(failure(run)).toMatchObject({ status: 'deferred', stage: 'auth', enhanced: '4.7.11' })
    expect(run.output).not.toContain('AUTH')
  })

  test('no mechanism in common', () => {
    const run = playClient(`${hello}\nS: 250-them.example\nS: 250 AUTH GSSAPI`, { options: secure })
    expect(failure(run)).toMatchObject({ status: 'deferred', stage: 'auth' })
  })
})

describe('a peer that breaks the protocol', () => {
  test.each([
    ['a reply with different codes', '250-a\r\n350 b\r\n'],
    ['a code that is none', '650 a\r\n'],
    ['a code that runs on', '2500 a\r\n'],
    ['an empty line', '\r\n'],
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n'],
    ['a line without end', 'x'.repeat(5000)],
    ['a reply without end', '250-x\r\n'.repeat(1000)],
    ['a reply that is too large', `250-${'x'.repeat(4000)}\r\n`.repeat(20)],
  ])('%s', (name, reply) => {
    for (const size of chunkSizes) {
      const run = startClient({ messages: [message('x')] })
      for (const piece of ['220 them\r\n', `${reply}\r\n`])
        for (const chunk of chunked(bytes(piece), size)) {
          run.client.receive(chunk)
          run.drain()
        }
      expect(failure(run), name).toMatchObject({ status: 'deferred', stage: 'hello', enhanced: '4.5.0' })
      expect(run.events.at(-1)).toEqual({ type: 'close' })
    }
  })

  test('answers before it was asked', () => {
    const run = startClient({ messages: [message('x')] })
    run.client.receive(
      bytes('220 them\r\n250-them\r\n250 PIPELINING\r\n250 ok\r\n250 ok\r\n354 go\r\n250 delivered\r\n'),
    )
    run.drain()
    expect(failure(run)).toMatchObject({ enhanced: '4.5.0', diagnostic: 'the server answered before it was asked' })
    expect(run.output).toBe('')
  })

  test('a flood of replies while we write is not kept', () => {
    const client = new SmtpClient(clientOptions)
    const flood = bytes('220-x\r\n'.repeat(10_000))
    for (let i = 0; i < 1000; i++) client.receive(flood)
    expect(client.next()).toMatchObject({ type: 'failed', failure: { enhanced: '4.5.0' } })
    expect(client.next()).toEqual({ type: 'close' })
  })

  test('a hundred replies at once are none', () => {
    const recipients = Array.from({ length: 100 }, (_, i) => `r${i}@d.example`)
    const run = startClient({ messages: [message('x', recipients)] })
    for (const said of ['220 them\r\n', '250-them\r\n250 PIPELINING\r\n']) {
      run.client.receive(bytes(said))
      run.drain()
    }
    run.client.receive(bytes(`${'250 2.1.5 ok\r\n'.repeat(101)}354 go\r\n`))
    run.drain()
    run.client.receive(bytes('250 ok\r\n'))
    run.drain()
    expect(outcomes(run)[0]?.filter((outcome) => outcome === 'delivered 2.0.0').length).toBe(100)
  })

  test('a 250 for a message that is not yet complete delivers nothing', () => {
    const run = startClient({ messages: [message('x'.repeat(1000))] })
    for (const said of [
      '220 them\r\n',
      '250-them\r\n250 PIPELINING\r\n',
      '250 ok\r\n250 ok\r\n354 go\r\n250 delivered\r\n',
    ]) {
      run.client.receive(bytes(said))
      run.drain()
    }
    expect(outcomes(run)).toEqual([['deferred 4.5.0']])
  })

  test('replies that nobody asked for', () => {
    const client = new SmtpClient(clientOptions)
    client.receive(bytes('220 them\r\n'))
    client.next()
    client.receive(bytes('250 them\r\n'))
    expect(client.next()?.type).toBe('ready')
    client.receive(bytes('250 hello again\r\n'))
    expect(client.next()).toMatchObject({ type: 'failed', failure: { stage: 'ready', enhanced: '4.5.0' } })
  })

  test.each([
    ['MAIL', '354 go\r\n'],
    ['RCPT', '250 ok\r\n354 go\r\n'],
    ['DATA', '250 ok\r\n250 ok\r\n250 ok\r\n'],
    ['the message', '250 ok\r\n250 ok\r\n354 go\r\n', '354 more\r\n'],
  ])('%s answered by the wrong kind of reply', (_, ...said) => {
    const run = startClient({ messages: [message('x')] })
    for (const each of ['220 them\r\n', '250-them\r\n250 PIPELINING\r\n', ...said]) {
      run.client.receive(bytes(each))
      run.drain()
    }
    expect(outcomes(run)).toEqual([['deferred 4.5.0']])
    expect(run.events.at(-1)).toEqual({ type: 'close' })
  })

  test('control characters in replies do not reach logs and reports', () => {
    const run = playClient('S: 554 a\x1b[2Jb\0c')
    expect(failure(run)?.diagnostic).toBe('554 a [2Jb c')
  })

  test('reply lines that end in LF alone are read', () => {
    const run = startClient({})
    run.client.receive(bytes('220 them\n'))
    run.drain()
    expect(run.output).toBe('EHLO us.example\r\n')
  })

  test('no replies make the engine throw, and every recipient gets one outcome', () => {
    const reply = fc.constantFrom(
      '250 ok\r\n',
      '250-x\r\n',
      '354 go\r\n',
      '550 5.1.1 no\r\n',
      '452 4.5.3 x\r\n',
      '421 bye\r\n',
      '220 x\r\n',
      'junk\r\n',
    )
    fc.assert(
      fc.property(fc.array(reply, { maxLength: 14 }), fc.boolean(), (replies, pipelining) => {
        const run = startClient({ messages: [message('x', ['c@d.example', 'e@d.example']), message('y')] })
        for (const said of [
          '220 them\r\n',
          pipelining ? '250-them\r\n250 PIPELINING\r\n' : '250 them\r\n',
          ...replies,
        ]) {
          run.client.receive(bytes(said))
          run.drain()
        }
        run.client.closed('end')
        run.drain()
        expect(run.events.at(-1)).toEqual({ type: 'close' })
        const settled = outcomes(run)
        expect(settled.length).toBeGreaterThan(0)
        expect(settled[0]?.length).toBe(2)
      }),
    )
  })
})

test('our client and our server understand each other, whatever the content', () => {
  const content = fc.string({
    unit: fc.constantFrom('\r\n', '.', 'a', 'é', '\r\n.\r\n', 'MAIL FROM:<x@y>\r\n'),
    maxLength: 30,
  })
  fc.assert(
    fc.property(content, fc.constantFrom(...chunkSizes), fc.boolean(), (body, size, bare) => {
      const server = new SmtpServer({ ...options, limits: { errors: 1 } })
      const sent = bare ? body.replaceAll('\r\n', '\n') : body
      const run = startClient({ messages: [message(sent), message(sent)] })
      const received: string[] = []
      let current = ''
      run.client.receive(server.greeting())
      for (let taken = 0, turns = 0; turns < 1000; turns++) {
        run.drain()
        const output = run.output.slice(taken)
        taken = run.output.length
        if (output === '') break
        for (const piece of chunked(bytes(output), size)) {
          server.receive(piece)
          for (let event = server.next(); event !== undefined; event = server.next()) {
            if ('bytes' in event) run.client.receive(event.bytes)
            if (event.type === 'content') current += text(event.chunk)
            if (event.type === 'message') received.push(current)
            if (event.type === 'message') current = ''
            if (server.waiting)
              run.client.receive(server.respond({ code: event.type === 'data' ? 354 : 250, text: 'ok' }))
          }
        }
      }
      const expected = body === '' || body.endsWith('\r\n') ? body : `${body}\r\n`
      expect(received).toEqual([expected, expected])
      expect(outcomes(run)).toEqual([['delivered 2.0.0'], ['delivered 2.0.0']])
    }),
  )
})
