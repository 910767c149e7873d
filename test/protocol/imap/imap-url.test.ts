/**
 * IMAP URLs as CATENATE takes them (RFC 5092 §7, RFC 4469 §3).
 */
import { expect, test } from 'vitest'
import { parseImapUrl } from '../../../src/protocol/imap/index.ts'

test.each([
  [
    '/Drafts;UIDVALIDITY=385759045/;UID=20/;section=HEADER',
    { mailbox: 'Drafts', uidValidity: 385759045, uid: 20, section: { part: [], specifier: 'HEADER' } },
  ],
  [
    '/Drafts;UIDVALIDITY=385759045/;UID=30/;section=1.2.MIME',
    { mailbox: 'Drafts', uidValidity: 385759045, uid: 30, section: { part: [1, 2], specifier: 'MIME' } },
  ],
  ['/INBOX/;UID=7', { mailbox: 'INBOX', uid: 7, section: { part: [] } }],
  ['/Work/Old%20mail/;uid=7', { mailbox: 'Work/Old mail', uid: 7, section: { part: [] } }],
  ['/%C3%89t%C3%A9/;UID=7', { mailbox: 'Été', uid: 7, section: { part: [] } }],
  [';UID=4/;SECTION=TEXT', { uid: 4, section: { part: [], specifier: 'TEXT' } }],
  [
    ';UID=4;SECTION=HEADER.FIELDS%20(FROM%20TO)',
    { uid: 4, section: { part: [], specifier: 'HEADER.FIELDS', fields: ['FROM', 'TO'] } },
  ],
  [';UID=4/;SECTION=2/;PARTIAL=10.20', { uid: 4, section: { part: [2] }, partial: { offset: 10, length: 20 } }],
  [';UID=4/;PARTIAL=10', { uid: 4, section: { part: [] }, partial: { offset: 10, length: Infinity } }],
])('%s', (url, expected) => {
  expect(parseImapUrl(url)).toEqual(expected)
})

test.each([
  ['another server, which this one is not to fetch from', 'imap://other.example/INBOX/;UID=1'],
  ['no UID', '/INBOX'],
  ['a UID of zero', '/INBOX/;UID=0'],
  ['a section that is none', '/INBOX/;UID=1/;SECTION=NONSENSE'],
  ['something behind the section', '/INBOX/;UID=1/;SECTION=1)('],
  ['bytes that are not UTF-8', '/%FF/;UID=1'],
  ['a broken escape', '/%4/;UID=1'],
  ['a part of no octets', ';UID=1/;PARTIAL=0.0'],
  ['nothing', ''],
])('is refused: %s', (_, url) => {
  expect(parseImapUrl(url)).toBeUndefined()
})
