/** Complaints as mailbox providers pass them on (RFC 5965). */
import { describe, expect, test } from 'vitest'
import { encodeUtf8, latin1, parseFeedback } from '../../src/format/index.ts'

/** RFC 5965 Appendix B.2, with everything optional in it. */
const complaint = (facts: string, original = 'message/rfc822', enclosed = mail) =>
  encodeUtf8(
    [
      'From: <abusedesk@example.com>',
      'To: <abuse@example.net>',
      'MIME-Version: 1.0',
      'Content-Type: multipart/report; report-type=feedback-report; boundary="part"',
      '',
      '--part',
      'Content-Type: text/plain',
      '',
      'This is an email abuse report.',
      '',
      '--part',
      'Content-Type: message/feedback-report',
      '',
      facts,
      '',
      '--part',
      `Content-Type: ${original}`,
      '',
      enclosed,
      '--part--',
      '',
    ].join('\r\n'),
  )
const mail = [
  'From: <somespammer@example.net>',
  'To: <Undisclosed Recipients>, user@example.com',
  'Subject: Earn money',
  'Message-ID: <8787KJKJ3K4J3K4J3K4J3.mail@example.net>',
  '',
  'Spam Spam Spam',
].join('\r\n')
const facts = [
  'Feedback-Type: abuse',
  'User-Agent: SomeGenerator/1.0',
  'Version: 1',
  'Original-Mail-From: <somespammer@example.net>',
  'Original-Rcpt-To: <user@example.com>',
].join('\r\n')

function spelt(type: string): Uint8Array {
  return encodeUtf8(latin1(complaint(facts)).replace('multipart/report', type))
}

describe('a feedback report', () => {
  test('tells its type, the message, and who got it', () => {
    expect(parseFeedback(complaint(facts))).toEqual({
      type: 'abuse',
      originalSender: 'somespammer@example.net',
      recipients: ['user@example.com'],
      originalAuthor: 'somespammer@example.net',
      originalMessageId: '8787KJKJ3K4J3K4J3K4J3.mail@example.net',
      originalReceived: [],
    })
  })

  test('is one in other letters, and with a comment (RFC 2045 §5.1)', () => {
    for (const type of ['MULTIPART/Report', '(a) multipart (b) / report', 'multipart/\r\n report']) {
      expect(parseFeedback(spelt(type)), type).toMatchObject({ type: 'abuse' })
    }
    expect(parseFeedback(spelt('multipart/mixed'))).toBeUndefined()
  })

  test('may enclose the header alone (RFC 5965 §2)', () => {
    const report = parseFeedback(complaint(facts, 'text/rfc822-headers', mail.slice(0, mail.indexOf('\r\n\r\n'))))
    expect(report?.originalMessageId).toBe('8787KJKJ3K4J3K4J3K4J3.mail@example.net')
  })

  test('without Original-Rcpt-To speaks of whom the message names', () => {
    const report = parseFeedback(complaint('Feedback-Type: Abuse\r\nVersion: 1'))
    expect(report).toMatchObject({ type: 'abuse', recipients: ['user@example.com'] })
  })

  test.each([
    ['a message', encodeUtf8(mail)],
    ['a report without a type', complaint('Version: 1')],
    ['nothing', new Uint8Array()],
    ['a report of another kind', encodeUtf8('Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\n\r\n--x--\r\n')],
  ])('%s is none', (_, raw) => {
    expect(parseFeedback(raw)).toBeUndefined()
  })

  test('of ten thousand recipients is bounded', () => {
    const many = Array.from({ length: 10_000 }, (_, n) => `Original-Rcpt-To: <u${n}@example.com>`).join('\r\n')
    expect(parseFeedback(complaint(`Feedback-Type: abuse\r\n${many}`))?.recipients.length).toBeLessThanOrEqual(100)
  })
})
