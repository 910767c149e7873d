import { expect, test } from 'vitest'
import { readEnvelope } from '../../src/mailbox/index.ts'
import { newEmail, openStore } from './fixture.ts'

test('what format writes is read back decoded (RFC 9051 §7.5.2)', () => {
  const { store, inbox } = openStore()
  const [email] = store.add([
    newEmail(inbox, {
      subject: '=?utf-8?q?Gr=C3=BC=C3=9Fe?= "quoted" \\ back',
      from: '"Dr. \\"Q\\"" <q@example.com>, plain@example.com',
      to: 'Friends: =?utf-8?b?w4RubmU=?= <a@example.com>, b@example.com;, undisclosed-recipients:;',
      cc: 'Jörg <jörg@exämple.com>',
      id: 'one@x',
      inReplyTo: 'zero@x',
      date: 'Mon, 2 Nov 2026 10:00:00 +0000',
    }),
  ])
  const { date, subject, from, sender, replyTo, to, cc, bcc, inReplyTo, messageId } = readEnvelope(email!.envelope)
  expect({ date, subject, from, sender, replyTo, to, cc, bcc, inReplyTo, messageId }).toEqual({
    date: 'Mon, 2 Nov 2026 10:00:00 +0000',
    subject: 'Grüße "quoted" \\ back',
    from: [{ name: 'Dr. "Q"', address: 'q@example.com' }, { address: 'plain@example.com' }],
    sender: [{ name: 'Dr. "Q"', address: 'q@example.com' }, { address: 'plain@example.com' }],
    replyTo: [{ name: 'Dr. "Q"', address: 'q@example.com' }, { address: 'plain@example.com' }],
    to: [
      { name: 'Friends', addresses: [{ name: 'Änne', address: 'a@example.com' }, { address: 'b@example.com' }] },
      { name: 'undisclosed-recipients', addresses: [] },
    ],
    cc: [{ name: 'Jörg', address: 'jörg@exämple.com' }],
    bcc: [],
    inReplyTo: '<zero@x>',
    messageId: '<one@x>',
  })
})

test.each(['', '(', 'NIL', '(NIL)', '(NIL NIL', '("a)', '(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) x'])(
  'throws on %j: only damage looks like that',
  (text) => expect(() => readEnvelope(text)).toThrow('damaged'),
)
