/** Bounces as other servers write them: who failed, why, and which message it was. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeUtf8, latin1, parsePlainBounce, parseReport, type ParsedReport } from '../../src/format/index.ts'
import { mimeBytes } from './mime-bytes.ts'

const raw = (lines: readonly string[]) => encodeUtf8(lines.join('\r\n'))
const read = (lines: readonly string[]): ParsedReport | undefined =>
  parseReport(raw(lines)) ?? parsePlainBounce(raw(lines))

const original = ['Message-ID: <sent@facteur.test>', 'From: alice@facteur.test', 'Subject: Hello', '', 'Hi']

const postfix = [
  'From: MAILER-DAEMON@mx.example.com (Mail Delivery System)',
  'Subject: Undelivered Mail Returned to Sender',
  'Auto-Submitted: auto-replied',
  'Content-Type: multipart/report; report-type=delivery-status;',
  '\tboundary="4BxY.1/mx.example.com"',
  '',
  'This is a MIME-encapsulated message.',
  '',
  '--4BxY.1/mx.example.com',
  'Content-Description: Notification',
  'Content-Type: text/plain; charset=us-ascii',
  '',
  "I'm sorry to have to inform you that your message could not be delivered.",
  '',
  '--4BxY.1/mx.example.com',
  'Content-Description: Delivery report',
  'Content-Type: message/delivery-status',
  '',
  'Reporting-MTA: dns; mx.example.com',
  'Original-Envelope-Id: tag1',
  'X-Postfix-Queue-ID: 4BxY',
  'X-Postfix-Sender: rfc822; alice@facteur.test',
  'Arrival-Date: Mon, 23 Nov 2026 10:00:00 +0100 (CET)',
  '',
  'Final-Recipient: rfc822; robert@inner.example.com',
  'Original-Recipient: rfc822;bob@example.com',
  'Action: failed',
  'Status: 5.1.1',
  'Remote-MTA: dns; inner.example.com',
  'Diagnostic-Code: smtp; 550 5.1.1 <robert@inner.example.com>: Recipient address',
  '    rejected: User unknown',
  '',
  '--4BxY.1/mx.example.com',
  'Content-Description: Undelivered Message Headers',
  'Content-Type: text/rfc822-headers',
  '',
  ...original.slice(0, 3),
  '',
  '--4BxY.1/mx.example.com--',
]

const exim = [
  'X-Failed-Recipients: bob@example.com',
  'Auto-Submitted: auto-replied',
  'From: Mail Delivery System <Mailer-Daemon@mx.example.com>',
  'References: <sent@facteur.test>',
  'Content-Type: multipart/report; report-type=delivery-status; boundary=1795-eximdsn-1',
  'MIME-Version: 1.0',
  '',
  '--1795-eximdsn-1',
  'Content-type: text/plain; charset=us-ascii',
  '',
  'This message was created automatically by mail delivery software.',
  '',
  '--1795-eximdsn-1',
  'Content-type: message/delivery-status',
  '',
  'Reporting-MTA: dns; mx.example.com',
  '',
  'Action: failed',
  'Final-Recipient: rfc822;bob@example.com',
  'Status: 5.0.0',
  'Remote-MTA: dns; inner.example.com',
  'Diagnostic-Code: smtp; 550 5.1.1 no such user',
  '',
  '--1795-eximdsn-1',
  'Content-type: message/rfc822',
  '',
  ...original,
  '--1795-eximdsn-1--',
]

const gmail = [
  'From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>',
  'X-Failed-Recipients: bob@example.com',
  'Auto-Submitted: auto-replied',
  'Subject: Delivery Status Notification (Failure)',
  'In-Reply-To: <sent@facteur.test>',
  'Content-Type: multipart/report; boundary="000000000000a1"; report-type=delivery-status',
  '',
  '--000000000000a1',
  'Content-Type: multipart/related; boundary="000000000000a2"',
  '',
  '--000000000000a2',
  'Content-Type: text/html; charset="UTF-8"',
  '',
  '<b>Address not found</b>',
  '--000000000000a2--',
  '--000000000000a1',
  'Content-Type: message/delivery-status',
  '',
  'Reporting-MTA: dns; googlemail.com',
  'Arrival-Date: Mon, 23 Nov 2026 01:00:00 -0800 (PST)',
  'X-Original-Message-ID: <sent@facteur.test>',
  '',
  'Final-Recipient: rfc822; bob@example.com',
  'Action: failed',
  'Status: 5.1.1',
  'Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.',
  ' 550 5.1.1 https://support.google.com/mail/?p=NoSuchUser',
  '',
  '--000000000000a1',
  'Content-Type: message/rfc822',
  '',
  ...original,
  '--000000000000a1--',
]

const exchange = [
  'From: Microsoft Outlook <postmaster@example.com>',
  'Content-Type: multipart/report; report-type=delivery-status; boundary="b1"',
  'Subject: Undeliverable: Hello',
  '',
  '--b1',
  'Content-Type: multipart/alternative; differences=Content-Type; boundary="b2"',
  '',
  '--b2',
  'Content-Type: text/plain; charset="utf-8"',
  'Content-Transfer-Encoding: base64',
  '',
  'WW91ciBtZXNzYWdlIGNvdWxkbid0IGJlIGRlbGl2ZXJlZC4=',
  '--b2--',
  '',
  '--b1',
  'Content-Type: message/delivery-status',
  '',
  'Reporting-MTA: dns;AM0PR01.prod.example.com',
  'Received-From-MTA: dns;mx.facteur.test',
  'Arrival-Date: Mon, 23 Nov 2026 09:00:00 +0000',
  '',
  'Original-Recipient: rfc822;bob@example.com',
  'Final-Recipient: rfc822;bob@example.com',
  'Action: failed',
  'Status: 5.2.2',
  'Diagnostic-Code: smtp;554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceeded',
  '',
  '--b1',
  'Content-Type: text/rfc822-headers',
  '',
  ...original.slice(0, 3),
  '',
  '--b1--',
]

const qmail = [
  'From: MAILER-DAEMON@mx.example.com',
  'Subject: failure notice',
  '',
  'Hi. This is the qmail-send program at mx.example.com.',
  "I'm afraid I wasn't able to deliver your message to the following addresses.",
  "This is a permanent error; I've given up. Sorry it didn't work out.",
  '',
  '<bob@example.com>:',
  '192.0.2.9 does not like recipient.',
  'Remote host said: 550 5.1.1 <bob@example.com>:',
  'no such user',
  'Giving up on 192.0.2.9.',
  '',
  '<carol@example.com>:',
  'Sorry, no mailbox here by that name. (#5.1.1)',
  '',
  '--- Below this line is a copy of the message.',
  '',
  'Return-Path: <alice@facteur.test>',
  ...original,
  '',
  '<eve@example.com>:',
  'not a recipient, but a part of the message',
]

const oldExim = [
  'X-Failed-Recipients: bob@example.com,',
  '  carol@example.com',
  'From: Mail Delivery System <Mailer-Daemon@mx.example.com>',
  'Subject: Mail delivery failed: returning message to sender',
  '',
  'A message that you sent could not be delivered to one or more of its recipients.',
  '',
  '  bob@example.com',
  '    unrouteable mail domain "example.com"',
  '',
  '------ This is a copy of the message, including all the headers. ------',
  '',
  'Return-path: <alice@facteur.test>',
  ...original,
]

describe.each<[string, readonly string[], object[]]>([
  [
    'Postfix, which gives back ENVID and ORCPT',
    postfix,
    [
      {
        finalRecipient: 'robert@inner.example.com',
        originalRecipient: 'bob@example.com',
        status: '5.1.1',
        diagnostic: '550 5.1.1 <robert@inner.example.com>: Recipient address rejected: User unknown',
      },
    ],
  ],
  ['Exim', exim, [{ finalRecipient: 'bob@example.com', status: '5.0.0', diagnostic: '550 5.1.1 no such user' }]],
  ['Gmail', gmail, [{ finalRecipient: 'bob@example.com', status: '5.1.1' }]],
  ['Exchange', exchange, [{ finalRecipient: 'bob@example.com', status: '5.2.2' }]],
  [
    'qmail, whose words are the report',
    qmail,
    [
      {
        finalRecipient: 'bob@example.com',
        status: '5.1.1',
        diagnostic: expect.stringContaining('no such user') as string,
      },
      { finalRecipient: 'carol@example.com' },
    ],
  ],
  ['an old Exim', oldExim, [{ finalRecipient: 'bob@example.com' }, { finalRecipient: 'carol@example.com' }]],
])('a bounce of %s', (_, lines, recipients) => {
  test('tells who failed, and which message it was', () => {
    const report = read(lines)
    expect(report?.originalMessageId).toBe('sent@facteur.test')
    expect(report?.recipients).toMatchObject(recipients.map((recipient) => ({ action: 'failed', ...recipient })))
    expect(report?.recipients).toHaveLength(recipients.length)
  })
})

describe('what is no bounce', () => {
  test.each<[string, readonly string[]]>([
    ['a letter', original],
    [
      'a letter that quotes qmail',
      ['Subject: x', '', 'He wrote:', '> Hi. This is the qmail-send program', '', '<bob@example.com>:', 'no'],
    ],
    ['an empty message', []],
  ])('%s', (_, lines) => {
    expect(read(lines)).toBeUndefined()
  })

  test('no octets make it throw, and a thousand recipients are a hundred', () => {
    fc.assert(
      fc.property(mimeBytes(), (bytes) => {
        for (const head of ['X-Failed-Recipients: a@b\r\n\r\n', '\r\nHi. This is \n\n<a@b>:\n']) {
          expect(parsePlainBounce(encodeUtf8(head + latin1(bytes)))?.recipients.length ?? 0).toBeLessThanOrEqual(100)
        }
      }),
    )
    const many = Array.from({ length: 1000 }, (_, n) => `<u${n}@example.com>:\r\nno\r\n`).join('\r\n')
    expect(parsePlainBounce(encodeUtf8(`\r\nHi. This is x\r\n\r\n${many}`))?.recipients).toHaveLength(100)
  })
})
