import { expect, test } from 'vitest'
import { SmtpServer } from '../../../src/protocol/smtp/index.ts'
import { options, play } from './transcript.ts'

test('RFC 5321 appendix D.1: a typical transaction', () => {
  const { messages } = play(
    `C: EHLO bar.com
     S: 250-mx.example.org
     S: 250-PIPELINING
     S: 250-SIZE 100000
     S: 250-8BITMIME
     S: 250-ENHANCEDSTATUSCODES
     S: 250-SMTPUTF8
     S: 250-DSN
     S: 250-CHUNKING
     S: 250-BINARYMIME
     S: 250-LIMITS MAILMAX=1000 RCPTMAX=1000
     S: 250-MT-PRIORITY
     S: 250 DELIVERBY
     C: MAIL FROM:<Smith@bar.com>
     S: 250 2.1.0 Sender OK
     C: RCPT TO:<Jones@foo.com>
     S: 250 2.1.5 Recipient OK
     C: RCPT TO:<Green@foo.com>
     S: 550 5.1.1 No such user here
     C: RCPT TO:<Brown@foo.com>
     S: 250 2.1.5 Recipient OK
     C: DATA
     S: 354 Go ahead
     C: Blah blah blah...
     C: ...etc. etc. etc.
     C: .
     S: 250 2.0.0 Stored
     C: QUIT
     S: 221 2.0.0 mx.example.org closing the connection`,
    {
      answers: (event) =>
        event.type === 'recipient' && event.recipient.address === 'Green@foo.com'
          ? { code: 550, enhanced: '5.1.1', text: 'No such user here' }
          : undefined,
    },
  )
  expect(messages).toEqual([
    {
      envelope: {
        reversePath: 'Smith@bar.com',
        recipients: [{ address: 'Jones@foo.com' }, { address: 'Brown@foo.com' }],
        smtputf8: false,
        body: '7BIT',
      },
      content: 'Blah blah blah...\r\n..etc. etc. etc.\r\n',
    },
  ])
})

test('RFC 5321 appendix D.2: an aborted transaction', () => {
  const { messages, events } = play(
    `C: EHLO bar.com
     ${'S: 250\n'.repeat(12)}
     C: MAIL FROM:<Smith@bar.com>
     S: 250
     C: RCPT TO:<Jones@foo.com>
     S: 250
     C: RSET
     S: 250
     C: QUIT
     S: 221`,
  )
  expect(messages).toEqual([])
  expect(events).toEqual(['hello', 'mail', 'recipient', 'reset', 'quit'])
})

test('greets with its name (RFC 5321 §3.1)', () => {
  expect(new TextDecoder().decode(new SmtpServer(options).greeting())).toBe('220 mx.example.org ESMTP facteur\r\n')
})
