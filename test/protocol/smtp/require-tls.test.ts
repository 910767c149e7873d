import { describe, expect, test } from 'vitest'
import { SmtpServer } from '../../../src/protocol/smtp/index.ts'
import { message, outcomes, playClient } from './client-transcript.ts'
import { converse, options, submission } from './transcript.ts'

const one = (more: string) => `MAIL FROM:<a@b.example>${more}\r\nRCPT TO:<c@d.example>\r\nDATA\r\nhi\r\n.\r\n`
const needing = (reversePath = 'a@b.example') => message('hi\r\n', undefined, { requireTls: true, reversePath })
const secure = () => new SmtpServer({ ...options, tls: 'active' })

describe('REQUIRETLS as a server (RFC 8689 §2, §4.1)', () => {
  test('is offered where TLS is active, and becomes part of the envelope', () => {
    const input = 'EHLO c.example\r\nMAIL FROM:<a@b.example> REQUIRETLS\r\nRCPT TO:<c@d.example>\r\nDATA\r\nhi\r\n.\r\n'
    const { output, messages } = converse(input, { server: secure() })
    expect(output).toMatch(/^250[ -]REQUIRETLS\r$/m)
    expect(messages[0]?.envelope).toMatchObject({ requireTls: true })
  })

  test('is not there for the next message by itself', () => {
    const { messages } = converse(`EHLO c.example\r\n${one(' REQUIRETLS')}${one('')}`, { server: secure() })
    expect(messages.map(({ envelope }) => envelope.requireTls)).toEqual([true, undefined])
  })

  test.each([
    ['where STARTTLS is still to come', { ...options, tls: 'available' as const }],
    ['where there is none', options],
    ['on a submission port in clear text', submission],
  ])('is not offered %s', (_, setup) => {
    expect(converse('EHLO c.example\r\n', { server: new SmtpServer(setup) }).output).not.toContain('REQUIRETLS')
  })

  test('in clear text it is refused: nobody could keep the promise', () => {
    const { output } = converse('EHLO c.example\r\nMAIL FROM:<a@b.example> REQUIRETLS\r\n')
    expect(output).toMatch(/530 5\.7\.10 [^\r\n]*\r\n$/)
  })

  test.each(['REQUIRETLS=', 'REQUIRETLS=yes', 'REQUIRETLS REQUIRETLS'])('malformed: %s', (parameter) => {
    const { output } = converse(`EHLO c.example\r\nMAIL FROM:<a@b.example> ${parameter}\r\n`, { server: secure() })
    expect(output).toMatch(/501 5\.5\.4 [^\r\n]*\r\n$/)
  })

  test('after HELO nothing was offered', () => {
    const { output } = converse('HELO c.example\r\nMAIL FROM:<a@b.example> REQUIRETLS\r\n', { server: secure() })
    expect(output).toMatch(/555 5\.5\.4 [^\r\n]*\r\n$/)
  })
})

describe('REQUIRETLS as a client (RFC 8689 §4.2.1)', () => {
  const active = { tls: 'active' as const }

  test('is asked of a server that offers it', () => {
    playClient(
      `S: 220 them
       C: EHLO us.example
       S: 250-them
       S: 250 REQUIRETLS
       C: MAIL FROM:<a@b.example> REQUIRETLS`,
      { options: active, messages: [needing()] },
    )
  })

  test('not for a message that does not need it', () => {
    playClient(
      `S: 220 them
       C: EHLO us.example
       S: 250-them
       S: 250 REQUIRETLS
       C: MAIL FROM:<a@b.example>`,
      { options: active, messages: [message('hi\r\n')] },
    )
  })

  test('a server without it gets nothing (5.7.30)', () => {
    const run = playClient(
      `S: 220 them
       C: EHLO us.example
       S: 250 them
       C: QUIT
       S: 221 bye`,
      { options: active, messages: [needing()] },
    )
    expect(outcomes(run)).toEqual([['bounced 5.7.30']])
  })

  test('what was offered before the handshake counts for nothing', () => {
    const run = playClient(
      `S: 220 them
       C: EHLO us.example
       S: 250-them
       S: 250 REQUIRETLS
       C: QUIT
       S: 221 bye`,
      { options: { tls: 'opportunistic' }, messages: [needing()] },
    )
    expect(outcomes(run)).toEqual([['bounced 5.7.30']])
  })

  test('a report goes all the same, and with it where it can (§5)', () => {
    playClient(
      `S: 220 them
       C: EHLO us.example
       S: 250 them
       C: MAIL FROM:<>`,
      { options: active, messages: [needing('')] },
    )
    playClient(
      `S: 220 them
       C: EHLO us.example
       S: 250-them
       S: 250 REQUIRETLS
       C: MAIL FROM:<> REQUIRETLS`,
      { options: active, messages: [needing('')] },
    )
  })
})
