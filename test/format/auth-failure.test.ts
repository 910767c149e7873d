import { describe, expect, test } from 'vitest'
import { encodeUtf8, parseAuthFailure } from '../../src/format/index.ts'

/** After RFC 6591 Appendix B and RFC 9991. */
function report(...fields: string[]): Uint8Array {
  const machine = fields.length > 0 ? fields : wanted
  return encodeUtf8(
    [
      'Message-ID: <433689.81121.example@mta.mail.receiver.example>',
      'Date: Thu, 14 Oct 2010 07:45:10 -0400',
      'From: "SomeISP Antispam Feedback" <feedback@mail.receiver.example>',
      'Subject: FW: You have a new bill from your bank',
      'Content-Type: multipart/report; boundary="b"; report-type=feedback-report',
      'MIME-Version: 1.0',
      '',
      '--b',
      'Content-Type: text/plain',
      '',
      'This is an authentication failure report.',
      '--b',
      'Content-Type: message/feedback-report',
      '',
      ...machine,
      '',
      '--b',
      'Content-Type: text/rfc822-headers',
      '',
      'From: Anita <anexample.reply@a.sender.example>',
      'Subject: =?utf-8?q?Deine_Rechnung_f=C3=BCr_Mai?=',
      '',
      '--b--',
      '',
    ].join('\r\n'),
  )
}

const wanted = [
  'Feedback-Type: auth-failure',
  'User-Agent: Someisp!Mail-Feedback/1.0',
  'Version: 1',
  'Original-Mail-From: <anexample.reply@a.sender.example>',
  'Original-Envelope-Id: o3F52gxO029144',
  'Authentication-Results: mta1011.mail.tp2.receiver.example; dkim=fail (bodyhash) header.d=sender.example',
  'Auth-Failure: bodyhash',
  'Identity-Alignment: none',
  'DKIM-Domain: sender.example',
  'DKIM-Selector: testkey',
  'Received-Date: Thu, 14 Oct 2010 07:45:08 -0400',
  'Source-IP: 192.0.2.1',
  'Reported-Domain: A.Sender.Example',
  'Reporting-MTA: dns; mta1011.mail.tp2.receiver.example',
  'Delivery-Result: spam',
]

test('a failure report tells what failed (RFC 6591 §3, RFC 9991)', () => {
  expect(parseAuthFailure(report())).toEqual({
    organization: 'mta1011.mail.tp2.receiver.example',
    id: '433689.81121.example@mta.mail.receiver.example',
    start: Date.UTC(2010, 9, 14, 11, 45, 8),
    end: Date.UTC(2010, 9, 14, 11, 45, 8),
    domain: 'a.sender.example',
    failure: 'bodyhash',
    incidents: 1,
    alignment: 'none',
    result: 'spam',
    source: '192.0.2.1',
    reversePath: 'anexample.reply@a.sender.example',
    dkimDomain: 'sender.example',
    dkimSelector: 'testkey',
    author: 'anexample.reply@a.sender.example',
    subject: 'Deine Rechnung für Mai',
  })
})

describe('where it says less', () => {
  test('the author tells the domain, the message the date', () => {
    expect(parseAuthFailure(report('Feedback-Type: AUTH-FAILURE', 'Incidents: 7', 'User-Agent: x/1'))).toMatchObject({
      organization: 'x/1',
      domain: 'a.sender.example',
      start: Date.UTC(2010, 9, 14, 11, 45, 10),
      failure: '',
      incidents: 7,
    })
  })

  test.each(['0', '-2', 'many', '1e99'])('a number that is none counts as one: %s', (incidents) => {
    expect(parseAuthFailure(report('Feedback-Type: auth-failure', `Incidents: ${incidents}`))?.incidents).toBe(1)
  })
})

describe('it is none', () => {
  test.each<[string, Uint8Array]>([
    ['when somebody calls our mail spam', report('Feedback-Type: abuse')],
    ['without a type', report('Version: 1')],
    ['when it is something else', encodeUtf8('Subject: Hi\r\n\r\nHello')],
    ['when it is nothing', new Uint8Array()],
  ])('%s', (_, raw) => expect(parseAuthFailure(raw)).toBeUndefined())
})

test('what it says is cut and has no control characters', () => {
  const failure = parseAuthFailure(report('Feedback-Type: auth-failure', `Source-IP: \u001b[31m${'1'.repeat(1_000)}`))
  expect(failure?.source).toHaveLength(300)
  expect(failure?.source).toMatch(/^ \[31m1+$/)
})
