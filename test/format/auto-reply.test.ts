import { describe, expect, it } from 'vitest'
import {
  answerable,
  composeAutoReply,
  covers,
  decodeUtf8,
  encodeUtf8,
  parseHeader,
  parseMessage,
} from '../../src/format/index.ts'

const owns = (address: string): boolean => covers('alice@facteur.test', address)

function headerOf(...fields: string[]) {
  return parseHeader(encodeUtf8(`${fields.join('\r\n')}\r\n\r\n`)).header
}

const personal = ['From: Bob <bob@example.com>', 'To: Alice <alice@facteur.test>', 'Message-ID: <1@example.com>']

describe('whom a machine may answer (RFC 3834 §2)', () => {
  it.each([
    ['a personal message', personal, 'alice@facteur.test'],
    ['a copy', ['To: carol@example.com', 'Cc: ALICE@Facteur.Test'], 'ALICE@Facteur.Test'],
    ['a blind copy that says so', ['Bcc: alice@facteur.test'], 'alice@facteur.test'],
    ['a message sent on', ['To: x@y.example', 'Resent-To: alice@facteur.test'], 'alice@facteur.test'],
    ['a subaddress (RFC 5233)', ['To: alice+shop@facteur.test'], 'alice+shop@facteur.test'],
    ['a member of a group', ['To: friends: bob@example.com, alice@facteur.test;'], 'alice@facteur.test'],
    ['Auto-Submitted: no', [...personal, 'Auto-Submitted: no (a person)'], 'alice@facteur.test'],
    ['ordinary precedence', [...personal, 'Precedence: first-class'], 'alice@facteur.test'],
  ])('answers %s', (_, fields, addressed) => {
    expect(answerable(headerOf(...fields), 'bob@example.com', owns)).toEqual({ ok: true, addressed })
  })

  it.each([
    ['the null reverse-path', ''],
    ['owner-', 'owner-friends@example.com'],
    ['-owner', 'friends-owner@example.com'],
    ['-request', 'friends-request@example.com'],
    ['a bounce address', 'friends-bounces@example.com'],
    ['a bounce address with a tag', 'bounce+x=y@example.com'],
    ['mailer-daemon in any case', 'MAILER-DAEMON@example.com'],
    ['listserv', 'listserv@example.com'],
    ['majordomo', 'Majordomo@example.com'],
    ['nobody who reads', 'no-reply@example.com'],
    ['itself', 'Alice@facteur.test'],
    ['a subaddress of itself', 'alice+x@facteur.test'],
    ['what is no address', 'bob'],
  ])('never answers %s', (_, reversePath) => {
    expect(answerable(headerOf(...personal), reversePath, owns).ok).toBe(false)
  })

  it.each([
    ['a list (RFC 2919)', 'List-Id: <friends.example.com>'],
    ['a list (RFC 2369)', 'list-unsubscribe: <mailto:x@example.com>'],
    ['bulk mail', 'Precedence: bulk'],
    ['junk', 'Precedence: Junk'],
    ['list mail', 'Precedence: list'],
    ['another responder (§5)', 'Auto-Submitted: auto-replied'],
    ['another responder with parameters', 'Auto-Submitted: auto-notified; owner-email="x@example.com"'],
    ['a contradiction', 'Auto-Submitted: no\r\nAuto-Submitted: auto-generated'],
    ['Exchange asking for silence', 'X-Auto-Response-Suppress: DR, OOF'],
    ['a report', 'Content-Type: multipart/report; report-type=delivery-status; boundary=x'],
  ])('never answers %s', (_, field) => {
    expect(answerable(headerOf(...personal, field), 'bob@example.com', owns).ok).toBe(false)
  })

  it('never answers a message that does not name the recipient', () => {
    const header = headerOf('To: undisclosed-recipients:;', 'X-To: alice@facteur.test', 'To: team@facteur.test')
    expect(answerable(header, 'bob@example.com', owns).ok).toBe(false)
  })
})

const reply = (fields: string[], more: object = {}) =>
  decodeUtf8(
    composeAutoReply(
      {
        from: { name: 'Alice', address: 'alice@facteur.test' },
        to: 'bob@example.com',
        date: Date.UTC(2026, 10, 23, 12),
        messageId: 'v1@facteur.test',
        original: headerOf(...fields),
        ...more,
      },
      'seed',
    ),
  )

describe('the answer (RFC 3834 §3.1)', () => {
  it('says that it is automatic, names what it answers, and has a body of its own', () => {
    const text = reply([...personal, 'Subject: =?utf-8?q?Caf=C3=A9?=', 'References: <a@x> <b@x>'])
    expect(text).toMatch(/^From: Alice <alice@facteur\.test>\r\nTo: <?bob@example\.com>?\r\n/)
    expect(text).toMatch(/^Subject: Auto: =\?utf-8\?/im)
    expect(text).toContain('Auto-Submitted: auto-replied\r\n')
    expect(text).toContain('In-Reply-To: <1@example.com>\r\n')
    expect(text.replace(/\r\n /g, ' ')).toContain('References: <a@x> <b@x> <1@example.com>\r\n')
    expect(text).toContain('I am away')
  })

  it('keeps References short, and out of a message without Message-ID', () => {
    const many = Array.from({ length: 50 }, (_, index) => `<r${index}@x>`).join(' ')
    const text = reply([...personal, `References: ${many}`]).replace(/\r\n /g, ' ')
    expect(/^References: (.*)$/m.exec(text)?.[1]?.split(' ')).toHaveLength(10)
    expect(text).toContain('<r0@x>')
    expect(text).toContain('<r49@x> <1@example.com>')
    expect(reply(['To: alice@facteur.test'])).not.toMatch(/^(?:References|In-Reply-To):/m)
  })

  it('a subject from outside cannot end its field', () => {
    const text = reply([...personal, 'Subject: =?utf-8?q?a=0D=0ABcc:_x=40y.example?='])
    expect(text).not.toMatch(/^Bcc:/m)
  })

  it('has a text made of its HTML when only that is given (RFC 8621 §8)', () => {
    const raw = encodeUtf8(reply(personal, { htmlBody: '<p>Away &amp; well</p>', subject: 'Gone' }))
    const root = parseMessage(raw)
    expect([root.subtype, ...root.children.map(({ subtype }) => subtype)]).toEqual(['alternative', 'plain', 'html'])
    expect(decodeUtf8(raw)).toContain('Away & well')
    expect(decodeUtf8(raw)).toContain('Subject: Gone\r\n')
  })
})
