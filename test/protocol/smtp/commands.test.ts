import { describe, expect, test } from 'vitest'
import { SmtpServer } from '../../../src/protocol/smtp/index.ts'
import { converse, options, play, submission } from './transcript.ts'

const ehlo = 'EHLO client.example\r\n'
/** The last line the server wrote after `EHLO` and `input`. */
function lastReply(input: string, server = new SmtpServer(options)): string {
  const { output } = converse(`${ehlo}${input}\r\n`, { server })
  return output.split('\r\n').at(-2) as string
}

describe('MAIL: accepted', () => {
  test.each([
    ['MAIL FROM:<a@b.example>', {}],
    ['mail from:<a@b.example>', {}],
    ['MAIL FROM: <a@b.example>', {}],
    ['MAIL FROM:<>', { reversePath: '' }],
    ['MAIL FROM:<a@b.example>   SIZE=100000  BODY=8bitmime', { body: '8BITMIME' }],
    ['MAIL FROM:<a@b.example> BODY=BINARYMIME', { body: 'BINARYMIME' }],
    ['MAIL FROM:<a@b.example> RET=hdrs ENVID=QQ+2B1', { ret: 'HDRS', envid: 'QQ+1' }],
    ['MAIL FROM:<a@b.example> SMTPUTF8', { smtputf8: true }],
  ])('%s', (line, expected) => {
    const outcome = converse(`${ehlo}${line}\r\nRCPT TO:<r@s.example>\r\nBDAT 0 LAST\r\n`)
    expect(outcome.messages[0]?.envelope).toEqual({
      reversePath: 'a@b.example',
      recipients: [{ address: 'r@s.example' }],
      smtputf8: false,
      body: '7BIT',
      ...expected,
    })
  })
})

describe('MAIL: refused', () => {
  test.each([
    ['MAIL', '501 5.5.4', 'no argument'],
    ['MAIL FROM', '501 5.5.4', 'no path'],
    ['MAIL FROM:a@b.example', '501 5.5.4', 'no brackets'],
    ['MAIL FROM:<a@b', '501 5.1.7', 'path not closed'],
    ['MAIL FROM:<a@b..c>', '501 5.1.7', 'bad domain'],
    ['MAIL FROM:<a@b.example>SIZE=1', '501 5.1.7', 'no space before the parameter'],
    ['MAIL FROM:<a@b.example> SIZE', '501 5.5.4', 'SIZE without a figure'],
    ['MAIL FROM:<a@b.example> SIZE=-1', '501 5.5.4', 'SIZE not a figure'],
    ['MAIL FROM:<a@b.example> SIZE=100001', '552 5.3.4', 'declared size over the limit (RFC 1870 §6.1)'],
    ['MAIL FROM:<a@b.example> SIZE=99999999999999999999', '552 5.3.4', 'declared size beyond numbers'],
    ['MAIL FROM:<a@b.example> SIZE=1 SIZE=2', '501 5.5.4', 'a parameter twice'],
    ['MAIL FROM:<a@b.example> BODY=9BIT', '501 5.5.4', 'unknown body'],
    ['MAIL FROM:<a@b.example> RET=ALL', '501 5.5.4', 'unknown RET (RFC 3461 §4.3)'],
    ['MAIL FROM:<a@b.example> ENVID=a+', '501 5.5.4', 'ENVID not xtext (RFC 3461 §4.4)'],
    [`MAIL FROM:<a@b.example> ENVID=${'x'.repeat(101)}`, '501 5.5.4', 'ENVID over 100 octets'],
    ['MAIL FROM:<a@b.example> SMTPUTF8=1', '501 5.5.4', 'SMTPUTF8 takes no value (RFC 6531 §3.4)'],
    ['MAIL FROM:<a@b.example> AUTH=<>', '555 5.5.4', 'AUTH was not offered'],
    ['MAIL FROM:<a@b.example> XFOO=1', '555 5.5.4', 'unknown parameter (RFC 5321 §4.1.1.11)'],
    ['MAIL FROM:<a@b.example> constructor', '555 5.5.4', 'a name of every object is no parameter'],
    ['MAIL FROM:<a@b.example> =1', '501 5.5.4', 'no keyword'],
    ['MAIL FROM:<\xc3\xa9@b.example>', '553 5.6.7', 'UTF-8 without SMTPUTF8 (RFC 6531 §3.5)'],
  ])('%s: %s, %s', (line, start) => {
    expect(lastReply(line).slice(0, start.length)).toBe(start)
  })

  test('with extensions after HELO: none was negotiated (RFC 5321 §4.1.1.1)', () => {
    expect(converse('HELO a\r\nMAIL FROM:<a@b.example> SIZE=1\r\n').output).toContain('\r\n555 5.5.4')
  })
})

describe('RCPT: accepted', () => {
  test.each([
    ['RCPT TO:<r@s.example>', { address: 'r@s.example' }],
    ['rcpt to: <postmaster>', { address: 'postmaster' }],
    ['RCPT TO:<@hop.example:r@s.example>', { address: 'r@s.example' }],
    ['RCPT TO:<r@s.example> NOTIFY=NEVER', { address: 'r@s.example', notify: ['NEVER'] }],
    [
      'RCPT TO:<r@s.example> NOTIFY=success,FAILURE ORCPT=rfc822;a+2Bb@c.example',
      { address: 'r@s.example', notify: ['SUCCESS', 'FAILURE'], orcpt: 'rfc822;a+b@c.example' },
    ],
  ])('%s', (line, recipient) => {
    const { messages } = converse(`${ehlo}MAIL FROM:<>\r\n${line}\r\nDATA\r\n.\r\n`)
    expect(messages[0]?.envelope.recipients).toEqual([recipient])
  })
})

describe('RCPT: refused', () => {
  test.each([
    ['RCPT', '501 5.5.4', 'no argument'],
    ['RCPT TO:<>', '501 5.1.3', 'the null path'],
    ['RCPT TO:<r>', '501 5.1.3', 'no domain'],
    [`RCPT TO:<${'x'.repeat(65)}@s.example>`, '501 5.1.3', 'long local part'],
    ['RCPT TO:<r@s.example> NOTIFY=NEVER,SUCCESS', '501 5.5.4', 'NEVER stands alone (RFC 3461 §4.1)'],
    ['RCPT TO:<r@s.example> NOTIFY=', '501 5.5.4', 'empty NOTIFY'],
    ['RCPT TO:<r@s.example> NOTIFY', '501 5.5.4', 'NOTIFY without a value'],
    ['RCPT TO:<r@s.example> ORCPT=a@b', '501 5.5.4', 'ORCPT without a type'],
    ['RCPT TO:<r@s.example> SIZE=1', '555 5.5.4', 'a parameter of MAIL'],
    ['RCPT TO:<\xc3\xa9@s.example>', '553 5.6.7', 'UTF-8 without SMTPUTF8'],
    ['RCPT TO:<\xff@s.example>', '500 5.5.2', 'not UTF-8'],
  ])('%s: %s, %s', (line, start) => {
    expect(lastReply(`MAIL FROM:<a@b.example>\r\n${line}`).slice(0, start.length)).toBe(start)
  })
})

describe('order (RFC 5321 §4.1.4)', () => {
  test.each([
    ['MAIL before EHLO', 'MAIL FROM:<>', '503'],
    ['RCPT before MAIL', 'EHLO a\r\nRCPT TO:<a@b>', '503'],
    ['DATA before MAIL', 'EHLO a\r\nDATA', '503'],
    ['DATA before RCPT', 'EHLO a\r\nMAIL FROM:<>\r\nDATA', '503'],
    ['DATA when all RCPT failed (§3.3)', 'EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<unknown@b>\r\nDATA', '554'],
    ['nested MAIL', 'EHLO a\r\nMAIL FROM:<>\r\nMAIL FROM:<>', '503'],
    ['EHLO drops the transaction', 'EHLO a\r\nMAIL FROM:<>\r\nEHLO a\r\nRCPT TO:<a@b>', '503'],
    ['RSET drops the transaction', 'EHLO a\r\nMAIL FROM:<>\r\nRSET\r\nRCPT TO:<a@b>', '503'],
    ['a refused MAIL opens none', 'EHLO a\r\nMAIL FROM:<refused@b>\r\nRCPT TO:<a@b>', '503'],
    ['DATA for BINARYMIME (RFC 3030 §3)', 'EHLO a\r\nMAIL FROM:<> BODY=BINARYMIME\r\nRCPT TO:<a@b>\r\nDATA', '503'],
    ['DATA with an argument', 'EHLO a\r\nDATA now', '501'],
    ['RSET with an argument', 'EHLO a\r\nRSET now', '501'],
    ['EHLO without a name, without an enhanced code (RFC 2034 §4)', 'EHLO', '501 Syntax'],
    ['HELO without a name', 'HELO ', '501'],
    ['EHLO with 256 octets', `EHLO ${'x'.repeat(256)}`, '501'],
    ['an unknown command', 'EHLO a\r\nTURN', '500 5.5.1'],
    ['an empty line', 'EHLO a\r\n', '500 5.5.1'],
    ['a NUL in a command', 'EHLO a\r\nNOOP \0', '500 5.5.2'],
    ['STARTTLS without certificates', 'EHLO a\r\nSTARTTLS', '502'],
    ['AUTH on an MX', 'EHLO a\r\nAUTH PLAIN', '502'],
    ['VRFY without a name', 'EHLO a\r\nVRFY', '501'],
  ])('%s', (_, input, start) => {
    const { output } = converse(`${input}\r\n`, {
      answers: (event) =>
        (event.type === 'recipient' && event.recipient.address === 'unknown@b') ||
        (event.type === 'mail' && event.envelope.reversePath === 'refused@b')
          ? { code: 550, text: 'No' }
          : undefined,
    })
    expect(output.split('\r\n').at(-2)?.slice(0, start.length)).toBe(start)
  })
})

test('the small commands', () => {
  play(
    `C: NOOP
     S: 250 2.0.0 OK
     C: NOOP whatever
     S: 250 2.0.0 OK
     C: RSET
     S: 250 2.0.0 Forgotten
     C: VRFY alice
     S: 252 2.5.0 Cannot VRFY
     C: EXPN staff
     S: 252 2.5.0 Cannot VRFY
     C: HELP
     S: 214-2.0.0 EHLO HELO MAIL RCPT DATA BDAT RSET NOOP VRFY
     S: 214 2.0.0 EXPN HELP STARTTLS AUTH QUIT: see RFC 5321
     C: HELO client.example
     S: 250 mx.example.org
     C: quit now
     S: 221 2.0.0 mx.example.org closing the connection`,
  )
})

test('several messages on one connection', () => {
  const message = 'MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nx\r\n.\r\n'
  for (const size of [1, 7, Infinity])
    expect(converse(ehlo + message.repeat(3), { size }).messages.map(({ content }) => content)).toEqual(
      Array(3).fill('x\r\n'),
    )
})

test('a refused message leaves room for the next', () => {
  let count = 0
  const { messages, output } = converse(
    `${ehlo}${'MAIL FROM:<>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n.\r\n'.repeat(2)}`,
    { answers: (event) => (event.type === 'message' && count++ === 0 ? { code: 451, text: 'Later' } : undefined) },
  )
  expect(output).toContain('\r\n451 4.0.0 Later\r\n')
  expect(messages.length).toBe(1)
})

test('says nothing before an answer, and then in order (RFC 2920 §3.2)', () => {
  const server = new SmtpServer(options)
  server.receive(new TextEncoder().encode(`${ehlo}MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nNOOP\r\n`))
  expect(server.next()?.type).toBe('hello')
  expect(server.next()?.type).toBe('mail')
  expect(server.waiting).toBe(true)
  expect(server.next()).toBeUndefined()
  server.respond({ code: 250, text: 'OK' })
  expect(server.next()?.type).toBe('recipient')
  expect(server.next()).toBeUndefined()
  server.respond({ code: 250, text: 'OK' })
  expect(server.next()?.type).toBe('reply')
  expect(server.next()).toBeUndefined()
  expect(server.waiting).toBe(false)
})

test('a host that answers nonsense hears of it', () => {
  const server = new SmtpServer(options)
  expect(() => server.respond({ code: 250, text: '' })).toThrow('no SMTP event waits')
  server.receive(new TextEncoder().encode('EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n'))
  for (let event = server.next(); event?.type !== 'data'; event = server.next())
    if (server.waiting) server.respond({ code: 250, text: '' })
  expect(() => server.respond({ code: 250, text: '' })).toThrow('250 does not answer data')
})

test('421 from the host ends the connection (RFC 5321 §3.8)', () => {
  const { output, events, closed } = converse(`${ehlo}MAIL FROM:<>\r\nNOOP\r\n`, {
    answers: (event) => (event.type === 'mail' ? { code: 421, enhanced: '4.3.2', text: 'Going down' } : undefined),
  })
  expect(output).toMatch(/421 4.3.2 Going down\r\n$/)
  expect(events).toEqual(['hello', 'mail', 'close'])
  expect(closed).toBe('host')
})

const plainServer = () => new SmtpServer({ ...options, without: ['CHUNKING', 'DSN', 'SMTPUTF8', 'LIMITS'] })

test('extensions that are left out are neither offered nor understood', () => {
  const { output } = converse(ehlo, { server: plainServer() })
  expect(output).not.toMatch(/CHUNKING|BINARYMIME|DSN|SMTPUTF8|LIMITS/)
  expect(lastReply('BDAT 1 LAST', plainServer())).toMatch(/^500 /)
  expect(lastReply('MAIL FROM:<> RET=FULL', plainServer())).toMatch(/^555 /)
  expect(lastReply('MAIL FROM:<> SMTPUTF8', plainServer())).toMatch(/^555 /)
  expect(lastReply('MAIL FROM:<> BODY=BINARYMIME', plainServer())).toMatch(/^501 /)
})

describe('submission (RFC 6409 §4.3)', () => {
  test('nothing is taken before authentication', () => {
    play(
      `C: EHLO client.example
       ${'S: 250\n'.repeat(13)}
       C: MAIL FROM:<a@b.example>
       S: 530 5.7.0 Authentication required
       C: VRFY alice
       S: 530 5.7.0 Authentication required
       C: AUTH PLAIN AGFsaWNlAHNlY3JldA==
       S: 235 2.7.0 Welcome
       C: MAIL FROM:<a@b.example> AUTH=a@b.example
       S: 250 2.1.0 Sender OK`,
      { server: () => new SmtpServer(submission) },
    )
  })
})
