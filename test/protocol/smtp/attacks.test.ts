import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatReply, SmtpServer } from '../../../src/protocol/smtp/index.ts'
import { chunkSizes } from '../../chunked.ts'
import { bytes, converse, options, submission, text } from './transcript.ts'

const envelope = 'EHLO a\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n'

describe('SMTP smuggling', () => {
  const smuggled = 'MAIL FROM:<admin@victim.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nsmuggled\r\n.\r\n'
  const bare = ['\n.\n', '\n.\r\n', '\r\n.\n', '\r.\r', '\r\n.\r', '\r.\r\n', '\n.\r']
  const doubled = ['\r\r\n.\r\r\n', '\n\n.\n\n', '\r\n.\r\r\n', '\r\n\r.\r\n']
  const withNul = ['\r\n\x00.\r\n', '\r\n.\x00\r\n', '\r\n.\r\x00\n', '\r\x00\n.\r\n']
  test.each([...bare, ...doubled, ...withNul])(
    'an end of data like %j ends nothing; the message is refused as a whole',
    (end) => {
      for (const size of chunkSizes) {
        const { output, messages, events } = converse(
          `${envelope}DATA\r\nSubject: x\r\n\r\nbait${end}${smuggled}QUIT\r\n`,
          {
            size,
          },
        )
        // With NUL there may be no bare line octet: the text passes as one message, and is still not two.
        const isBare = /\r(?!\n)|(?<!\r)\n/.test(end)
        expect(messages.length).toBe(isBare ? 0 : 1)
        if (isBare) expect(output).toMatch(/550 5\.6\.11 [^\r]*\r\n221 /)
        expect(events.filter((type) => type === 'mail').length).toBe(1)
      }
    },
  )

  test('a bare LF in a command closes the connection', () => {
    for (const size of chunkSizes) {
      const { output, closed, events } = converse('EHLO a\r\nNOOP\nMAIL FROM:<a@b>\r\n', { size })
      expect(output).toMatch(/521 5\.5\.2 Lines must end with CRLF\r\n$/)
      expect(closed).toBe('bare line feed in a command')
      expect(events).not.toContain('mail')
    }
  })

  test('a bare CR in a command is refused', () => {
    expect(converse('EHLO a\r\nNOOP\rNOOP\r\n').output).toMatch(/500 5\.5\.2 [^\r]*\r\n$/)
  })
})

describe('STARTTLS injection (RFC 3207 §5, CVE-2011-0411)', () => {
  const setup = { ...submission, allowPlaintextAuth: false, tls: 'available' as const }

  test('commands behind STARTTLS in the same segment end the connection', () => {
    const { output, closed, events } = converse('EHLO a\r\nSTARTTLS\r\nRSET\r\n', { server: new SmtpServer(setup) })
    expect(output).toMatch(/554 5\.5\.1 Data after STARTTLS\r\n$/)
    expect(closed).toBe('data after STARTTLS')
    expect(events).toEqual(['hello', 'close'])
  })

  test('… and while the host makes up its mind', () => {
    const server = new SmtpServer(setup)
    server.receive(bytes('EHLO a\r\nSTARTTLS\r\n'))
    expect(server.next()?.type).toBe('hello')
    expect(server.next()?.type).toBe('starttls')
    server.receive(bytes('RS'))
    expect(text(server.respond({ code: 220, text: 'Go ahead' }))).toMatch(/^554 /)
    expect(server.next()).toMatchObject({ type: 'close', reason: 'data after STARTTLS' })
  })

  test('… and after the 220: they are forgotten, as is all that was said before', () => {
    const server = new SmtpServer(setup)
    const before = converse('EHLO plain.example\r\nSTARTTLS\r\n', { server, size: 1 })
    expect(before.output).toMatch(/220 2\.0\.0 Go ahead\r\n$/)
    server.receive(bytes('EHLO injected\r\n'))
    expect(server.next()).toBeUndefined()
    server.tlsStarted()
    expect(server.next()).toBeUndefined()
    expect(server.hello).toBeUndefined()
    expect(server.tlsActive).toBe(true)
    const after = converse('MAIL FROM:<>\r\nEHLO a\r\nSTARTTLS\r\n', { server })
    expect(after.output).toMatch(/^503 /)
    expect(after.output).toContain('AUTH OAUTHBEARER XOAUTH2 PLAIN LOGIN')
    expect(after.output).not.toContain('250-STARTTLS')
    expect(after.output).toMatch(/503 5\.5\.1 TLS is already active\r\n$/)
  })

  test('a handshake that nobody agreed on is a bug of the host', () => {
    expect(() => new SmtpServer(setup).tlsStarted()).toThrow('STARTTLS was not agreed on')
  })

  test('454 leaves the dialogue as it was', () => {
    const { output } = converse('EHLO a\r\nSTARTTLS\r\n', {
      server: new SmtpServer(setup),
      answers: (event) => (event.type === 'starttls' ? { code: 454, text: 'No certificate' } : undefined),
    })
    expect(output).toMatch(/454 4\.0\.0 No certificate\r\n$/)
  })
})

test.each(['a+0D+0ARCPT', 'a+00', 'a+FF', '+0ABcc:'])(
  'AUTH=%s names nobody: no line break, NUL or octet beyond ASCII hides in it (RFC 4954 §5)',
  (value) => {
    const login = `AUTH PLAIN ${btoa('\0alice\0secret')}\r\n`
    const { output, events } = converse(`EHLO a\r\n${login}MAIL FROM:<a@b.example> AUTH=${value}\r\n`, {
      server: new SmtpServer(submission),
    })
    expect(output).toMatch(/\r\n50[01] 5\.5\.[24] [^\r]*\r\n$/)
    expect(events).not.toContain('mail')
  },
)

describe('a peer that is not a mail client', () => {
  test.each(['GET / HTTP/1.1', 'POST /x HTTP/1.0', 'CONNECT mx:25 HTTP/1.1'])('%s ends the connection', (line) => {
    const { closed, events } = converse(`${line}\r\nHost: mx\r\n\r\nEHLO a\r\nMAIL FROM:<a@b>\r\n`)
    expect(closed).toBe('not an SMTP client')
    expect(events).toEqual(['close'])
  })
})

describe('too much', () => {
  test('a command line over the limit is swallowed to its CRLF: 500 5.5.2', () => {
    for (const size of chunkSizes) {
      const { output } = converse(`EHLO a\r\nNOOP ${'x'.repeat(5000)}\r\nNOOP\r\n`, { size })
      expect(output).toMatch(/500 5\.5\.2 Line too long\r\n250 2\.0\.0 OK\r\n$/)
    }
  })

  test('a line without end is not kept', () => {
    const server = new SmtpServer(options)
    const block = new Uint8Array(65_536).fill(120)
    for (let i = 0; i < 1000; i++) {
      server.receive(block)
      expect(server.next()).toBeUndefined()
      expect(server.buffered).toBe(0)
    }
    expect(converse('\r\nNOOP\r\n', { server }).output).toBe('500 5.5.2 Line too long\r\n250 2.0.0 OK\r\n')
  })

  test('a line that comes byte by byte is kept up to the limit, once', () => {
    const server = new SmtpServer(options)
    for (let i = 0; i < 10_000; i++) {
      server.receive(bytes('x'))
      expect(server.next()).toBeUndefined()
      expect(server.buffered).toBeLessThanOrEqual(2048)
    }
  })

  test('a long line on a submission port is only for AUTH', () => {
    const { output } = converse(`EHLO a\r\nNOOP ${'x'.repeat(5000)}\r\n`, { server: new SmtpServer(submission) })
    expect(output).toMatch(/500 5\.5\.2 Line too long\r\n$/)
  })

  test('errors: 421 and the end', () => {
    const { output, closed } = converse('NONSENSE\r\n'.repeat(50), {
      server: new SmtpServer({ ...options, limits: { errors: 5 } }),
    })
    expect(output.match(/500 5\.5\.1/g)?.length).toBe(4)
    expect(output).toMatch(/421 4\.7\.0 Too many errors\r\n$/)
    expect(closed).toBe('too many errors')
  })

  test('recipients in one transaction: 452 4.5.3 (RFC 5321 §4.5.3.1.10), the others stay', () => {
    const { output, messages } = converse(
      `EHLO a\r\nMAIL FROM:<>\r\n${'RCPT TO:<c@d.example>\r\n'.repeat(4)}DATA\r\n.\r\n`,
      { server: new SmtpServer({ ...options, limits: { recipients: 3 } }) },
    )
    expect(output).toContain('452 4.5.3 Too many recipients\r\n354 ')
    expect(messages[0]?.envelope.recipients.length).toBe(3)
  })

  test('unknown recipients: a dictionary attack ends', () => {
    const { closed } = converse(`EHLO a\r\nMAIL FROM:<>\r\n${'RCPT TO:<c@d.example>\r\n'.repeat(20)}`, {
      server: new SmtpServer({ ...options, limits: { refusedRecipients: 10 } }),
      answers: (event) => (event.type === 'recipient' ? { code: 550, enhanced: '5.1.1', text: 'Unknown' } : undefined),
    })
    expect(closed).toBe('too many errors')
  })

  test('transactions on one connection', () => {
    const { messages, output } = converse(`EHLO a\r\n${'MAIL FROM:<>\r\nRCPT TO:<c@d>\r\nDATA\r\n.\r\n'.repeat(3)}`, {
      server: new SmtpServer({ ...options, limits: { transactions: 2 } }),
    })
    expect(messages.length).toBe(2)
    expect(output).toMatch(/421 4\.7\.0 Too many messages[^\r]*\r\n$/)
  })

  test('idle talk', () => {
    const { closed } = converse('EHLO a\r\n'.repeat(200))
    expect(closed).toBe('too many commands')
  })

  test('commands before authentication', () => {
    const { closed, output } = converse('NOOP\r\n'.repeat(30), { server: new SmtpServer(submission) })
    expect(closed).toBe('too many commands')
    expect(output.match(/250 /g)?.length).toBe(20)
  })

  test('data in advance while the host thinks', () => {
    const server = new SmtpServer({ ...options, limits: { pending: 1000 } })
    server.receive(bytes('EHLO a\r\nMAIL FROM:<>\r\n'))
    expect(server.next()?.type).toBe('hello')
    expect(server.next()?.type).toBe('mail')
    for (let i = 0; i < 100; i++) server.receive(new Uint8Array(100))
    expect(server.next()).toBeUndefined()
    expect(text(server.respond({ code: 250, text: 'OK' }))).toBe('250 2.0.0 OK\r\n')
    expect(server.next()).toMatchObject({ type: 'close', reason: 'client sends without waiting' })
    expect(server.next()).toBeUndefined()
  })
})

test('reply text cannot break out of its line, and stays short', () => {
  expect(text(formatReply({ code: 550, enhanced: '5.1.1', text: 'No\r\n250 yes\u0085\u2028x' }))).toBe(
    '550 5.1.1 No 250 yes x\r\n',
  )
  expect(formatReply({ code: 250, text: 'x'.repeat(10_000) }).length).toBeLessThanOrEqual(512)
  expect(formatReply({ code: 250, text: '\u{1f600}'.repeat(1000) }).length).toBeLessThanOrEqual(512)
  expect(text(formatReply({ code: 550, text: 'é@例' }))).toBe('550 ?@?\r\n')
  expect(text(formatReply({ code: 250, text: [] }))).toBe('250 \r\n')
})

const piece = fc.constantFrom(
  'EHLO a\r\n',
  'MAIL FROM:<a@b>\r\n',
  'RCPT TO:<c@d>\r\n',
  'DATA\r\n',
  '.\r\n',
  'x\r\n',
  '..y\r\n',
  'BDAT 3\r\n',
  'BDAT 2 LAST\r\n',
  'RSET\r\n',
  'QUIT\r\n',
  'AUTH PLAIN\r\n',
  'AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n',
  '*\r\n',
  'NOOP\r\n',
  '\r\n',
  '\n',
  '\r',
  '\0',
  'VRFY a\r\n',
  'é',
)

test('no input makes the engine throw, and chunks do not matter', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), fc.constantFrom(options, submission), (pieces, setup) => {
      const input = pieces.join('')
      const runs = chunkSizes.map((size) => {
        const { server, ...outcome } = converse(input, { size, server: new SmtpServer(setup) })
        expect(server.buffered).toBeLessThan(12_288)
        return outcome
      })
      for (const run of runs) expect(run).toEqual(runs[0])
    }),
    { numRuns: 500 },
  )
})

test('no octets make the engine throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), fc.constantFrom(...chunkSizes), (input, size) => {
      const server = new SmtpServer(options)
      converse(input, { size, server })
      expect(server.buffered).toBeLessThanOrEqual(2048)
    }),
  )
})
