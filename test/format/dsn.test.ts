import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  composeReport,
  encodeUtf8,
  fromLatin1,
  isAscii,
  latin1,
  parseMessage,
  parseReport,
} from '../../src/format/index.ts'
import type { DeliveryReport } from '../../src/format/index.ts'
import { mimeBytes } from './mime-bytes.ts'

const time = Date.parse('2026-11-23T03:21:00Z')
const original = encodeUtf8(
  'From: alice@facteur.test\r\nSubject: Lunch\r\nMessage-ID: <1@facteur.test>\r\n\r\nAt noon?\r\n',
)

const report = (changes: Partial<DeliveryReport> = {}): DeliveryReport => ({
  reportingMta: 'facteur.test',
  from: { name: 'Mail Delivery System', address: 'MAILER-DAEMON@facteur.test' },
  to: 'alice@facteur.test',
  date: time,
  messageId: 'r1@facteur.test',
  arrivalDate: time - 60_000,
  recipients: [
    {
      finalRecipient: 'bob@example.org',
      action: 'failed',
      status: '5.1.1',
      remoteMta: 'mx.example.org',
      diagnostic: '550 5.1.1 No such user here',
      lastAttempt: time,
    },
  ],
  original,
  ...changes,
})

describe('a report (RFC 3464, RFC 6522)', () => {
  test('of a failure, in full', () => {
    const raw = composeReport(report({ envelopeId: 'QQ314159' }))
    expect(latin1(raw).split('\r\n')).toEqual([
      'From: Mail Delivery System <MAILER-DAEMON@facteur.test>',
      'To: alice@facteur.test',
      'Subject: Undelivered: your message could not be delivered',
      'Date: Mon, 23 Nov 2026 03:21:00 +0000',
      'Message-ID: <r1@facteur.test>',
      'Auto-Submitted: auto-replied',
      'In-Reply-To: <1@facteur.test>',
      'References: <1@facteur.test>',
      'MIME-Version: 1.0',
      'Content-Type: multipart/report; report-type=delivery-status;',
      ' boundary="=_r1facteurtest_1"',
      '',
      '--=_r1facteurtest_1',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Language: en',
      '',
      'The address bob@example.org does not exist.',
      'Check how it is spelled, or ask the recipient for the right address in another way.',
      '',
      'Your message "Lunch" was not delivered to bob@example.org.',
      '',
      'Technical details',
      '',
      'bob@example.org (5.1.1)',
      '  The mail server mx.example.org answered: 550 5.1.1 No such user here',
      '',
      'This report was written automatically by the mail server facteur.test.',
      '',
      '--=_r1facteurtest_1',
      'Content-Type: message/delivery-status',
      '',
      'Original-Envelope-Id: QQ314159',
      'Reporting-MTA: dns; facteur.test',
      'Arrival-Date: Mon, 23 Nov 2026 03:20:00 +0000',
      '',
      'Final-Recipient: rfc822; bob@example.org',
      'Action: failed',
      'Status: 5.1.1',
      'Remote-MTA: dns; mx.example.org',
      'Diagnostic-Code: smtp; 550 5.1.1 No such user here',
      'Last-Attempt-Date: Mon, 23 Nov 2026 03:21:00 +0000',
      '',
      '--=_r1facteurtest_1',
      'Content-Type: text/rfc822-headers',
      '',
      'From: alice@facteur.test',
      'Subject: Lunch',
      'Message-ID: <1@facteur.test>',
      '',
      '',
      '--=_r1facteurtest_1--',
      '',
    ])
  })

  test('RET=FULL returns the message, unless it is too large (RFC 3461 §4.3)', () => {
    const full = composeReport(report({ return: 'full' }))
    const parsed = parseReport(full)!
    expect(parsed.original?.headersOnly).toBe(false)
    expect(latin1(full, parsed.original!.start, parsed.original!.end)).toBe(latin1(original))
    expect(parseReport(composeReport(report({ return: 'full', maxReturned: 10 })))!.original?.headersOnly).toBe(true)
  })

  test('the original recipient is told with its type, and as it is: the encoding is undone before (RFC 3464 §2.3.1)', () => {
    const raw = composeReport(
      report({
        recipients: [
          {
            finalRecipient: 'bob@inner.example',
            originalRecipient: 'rfc822;bob+2024@example.org',
            action: 'failed',
            status: '5.1.1',
          },
        ],
      }),
    )
    expect(parseReport(raw)!.recipients[0]!.originalRecipient).toBe('bob+2024@example.org')
  })
})

describe('international addresses (RFC 6533)', () => {
  const recipients = [
    {
      finalRecipient: 'jörg@bücher.test',
      originalRecipient: 'utf-8;jörg@bücher.test',
      action: 'failed' as const,
      status: '5.6.7',
    },
  ]

  test('to a sender that needs no UTF-8 they are escaped, and the status stays 7-bit', () => {
    const raw = composeReport(report({ recipients }))
    const status = parseMessage(raw).children[1]!
    expect(status.subtype).toBe('delivery-status')
    expect(latin1(raw, status.bodyStart, status.bodyEnd)).toContain(
      'Final-Recipient: utf-8; j\\x{F6}rg@b\\x{FC}cher.test',
    )
    expect(isAscii(raw)).toBe(true)
    expect(parseReport(raw)!.recipients[0]).toMatchObject({
      finalRecipient: 'jörg@bücher.test',
      originalRecipient: 'jörg@bücher.test',
    })
  })

  test('under SMTPUTF8 the parts are message/global-* and hold UTF-8', () => {
    const raw = composeReport(
      report({
        recipients,
        to: 'älice@facteur.test',
        smtputf8: true,
        original: encodeUtf8('Subject: Grüße\r\nMessage-ID: <2@x>\r\n\r\nx'),
      }),
    )
    const root = parseMessage(raw)
    expect(root.children.map((part) => part.subtype)).toEqual(['plain', 'global-delivery-status', 'global-headers'])
    expect(root.header.first('to')).toBe(latin1(encodeUtf8('älice@facteur.test')))
    expect(parseReport(raw)).toMatchObject({
      recipients: [{ finalRecipient: 'jörg@bücher.test' }],
      originalMessageId: '2@x',
    })
  })
})

describe('hostile facts', () => {
  test('nothing from outside adds a field or a recipient, and lines stay short (header injection)', () => {
    const evil = 'x\r\n\r\nFinal-Recipient: rfc822; evil@x\r\nAction: failed\r\n--=_r1facteurtest_1--'
    const raw = composeReport(
      report({
        envelopeId: evil,
        reportingMta: evil,
        recipients: [
          {
            finalRecipient: evil,
            originalRecipient: `${evil};y`,
            action: 'failed',
            status: '5.0.0',
            remoteMta: evil,
            diagnostic: evil.repeat(100),
          },
        ],
        original: fromLatin1(`Subject: ${'x'.repeat(5000)}\nMessage-ID: <a\n\n--=_r1facteurtest_2\n\0`),
      }),
    )
    expect(parseReport(raw)!.recipients).toHaveLength(1)
    expect(parseMessage(raw).children).toHaveLength(3)
  })

  test('a bare line end in the original does not get into the report (RFC 5321 §2.3.8)', () => {
    const raw = composeReport(report({ original: fromLatin1('A: 1\nB: 2\rC\n\nx\n.\n'), return: 'full' }))
    expect(latin1(raw).replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
  })

  test('an original that is no message at all', () => {
    for (const octets of ['', '\0\xff', 'no header']) {
      expect(parseReport(composeReport(report({ original: fromLatin1(octets) })))).toBeDefined()
    }
  })
})

describe('parseReport', () => {
  test('the example of RFC 3464 appendix E.1', () => {
    const raw = encodeUtf8(
      [
        'Date: Thu, 7 Jul 1994 17:16:05 -0400',
        'From: Mail Delivery Subsystem <MAILER-DAEMON@CS.UTK.EDU>',
        'Message-Id: <199407072116.RAA14128@CS.UTK.EDU>',
        'Subject: Returned mail: Cannot send message for 5 days',
        'To: <owner-info-mime@cs.utk.edu>',
        'MIME-Version: 1.0',
        'Content-Type: multipart/report; report-type=delivery-status;',
        '    boundary="RAA14128.773615765/CS.UTK.EDU"',
        '',
        '--RAA14128.773615765/CS.UTK.EDU',
        '',
        'The original message was received at Sat, 2 Jul 1994 17:10:28 -0400',
        'from root@localhost',
        '',
        '--RAA14128.773615765/CS.UTK.EDU',
        'content-type: message/delivery-status',
        '',
        'Reporting-MTA: dns; cs.utk.edu',
        '',
        'Original-Recipient: rfc822;louisl@larry.slip.umd.edu',
        'Final-Recipient: rfc822;louisl@larry.slip.umd.edu',
        'Action: failed',
        'Status: 4.0.0',
        'Diagnostic-Code: smtp; 426 connection timed out',
        'Last-Attempt-Date: Thu, 7 Jul 1994 17:15:49 -0400',
        '',
        '--RAA14128.773615765/CS.UTK.EDU',
        'content-type: message/rfc822',
        '',
        'Message-ID: <original@x>',
        '',
        'x',
        '--RAA14128.773615765/CS.UTK.EDU--',
      ].join('\r\n'),
    )
    expect(parseReport(raw)).toMatchObject({
      reportingMta: 'cs.utk.edu',
      originalMessageId: 'original@x',
      recipients: [
        {
          finalRecipient: 'louisl@larry.slip.umd.edu',
          originalRecipient: 'louisl@larry.slip.umd.edu',
          action: 'failed',
          status: '4.0.0',
          diagnostic: '426 connection timed out',
          lastAttempt: Date.parse('1994-07-07T21:15:49Z'),
        },
      ],
    })
  })

  test('a report of OpenSMTPD, which calls it multipart/mixed', () => {
    const boundary = '13106036534104876913/opensmtpd.test'
    const parts = [
      'Content-Description: Notification\nContent-Type: text/plain; charset=us-ascii\n\n    Hi!\n',
      'Content-Description: Delivery Report\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; opensmtpd.test\n\n' +
        'Final-Recipient: rfc822; nobody@elsewhere.test\nAction: failed\nStatus: 5.0.0\n\n',
      'Content-Description: Message headers\nContent-Type: text/rfc822-headers\n\nSubject: partly\nMessage-ID: <1@here.test>\n',
    ]
    const mixed = (bodies: string[]) =>
      encodeUtf8(
        `Content-Type: multipart/mixed;boundary="${boundary}"\n\n${bodies.map((body) => `--${boundary}\n${body}`).join('')}--${boundary}--\n`,
      )
    expect(parseReport(mixed(parts))).toMatchObject({
      reportingMta: 'opensmtpd.test',
      originalMessageId: '1@here.test',
      recipients: [{ action: 'failed', status: '5.0.0', finalRecipient: 'nobody@elsewhere.test' }],
    })
    // Somebody's letter with a report attached at its end is none.
    expect(parseReport(mixed([parts[0]!, parts[2]!, parts[1]!]))).toBeUndefined()
  })

  test('reads back what was composed', () => {
    const wanted = report().recipients[0]!
    const parsed = parseReport(composeReport(report({ envelopeId: 'e1' })))!
    expect(parsed).toMatchObject({
      reportingMta: 'facteur.test',
      envelopeId: 'e1',
      arrivalDate: time - 60_000,
      recipients: [wanted],
      originalMessageId: '1@facteur.test',
    })
  })

  test('any other message is no report, and no octets make it throw', () => {
    expect(parseReport(original)).toBeUndefined()
    expect(
      parseReport(encodeUtf8('Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--')),
    ).toBeUndefined()
    const head =
      'Content-Type: multipart/report; boundary=a\r\n\r\n--a\r\nContent-Type: message/delivery-status\r\n\r\n'
    fc.assert(
      fc.property(mimeBytes(), (bytes) => {
        const parsed = parseReport(fromLatin1(`${head}Action: failed\r\nFinal-Recipient: ${latin1(bytes)}`))
        expect(parsed === undefined || Array.isArray(parsed.recipients)).toBe(true)
      }),
    )
  })
})
