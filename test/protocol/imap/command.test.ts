import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  CommandReader,
  ImapError,
  astring,
  encodeMailboxName,
  parseCommand,
  quotedOrLiteral,
  type ImapCommand,
} from '../../../src/protocol/imap/index.ts'
import { formatSection } from '../../../src/protocol/imap/command/fetch.ts'
import { fromLatin1 } from '../../../src/format/index.ts'

function parse(line: string, utf8 = false): ImapCommand {
  const reader = new CommandReader({ line: 100_000, literals: 100, discard: 0, pending: 1e7, admit: () => undefined })
  reader.receive(fromLatin1(`a ${line}\r\n`))
  let event = reader.next()
  while (event?.type === 'continue') event = reader.next()
  if (event?.type !== 'command') throw new Error('not one command')
  return parseCommand(event.command, { utf8, sequenceSet: 1000 })
}

describe('command grammar', () => {
  it.each([
    ['NOOP x', 'an argument where none is'],
    ['FETCH', 'no set'],
    ['FETCH 1', 'no items'],
    ['FETCH x FLAGS', 'not a set'],
    ['FETCH 1 ()', 'no items in the list'],
    ['FETCH 1 (FLAGS', 'list not closed'],
    ['FETCH 1 (ALL)', 'a macro stands alone'],
    ['FETCH 1 FLAG', 'unknown item'],
    ['FETCH 1 BODY[', 'section not closed'],
    ['FETCH 1 BODY[0]', 'parts count from 1'],
    ['FETCH 1 BODY[MIME]', 'MIME is of a part'],
    ['FETCH 1 BODY[1.FOO]', 'unknown specifier'],
    ['FETCH 1 BODY[HEADER.FIELDS ()]', 'no fields'],
    ['FETCH 1 BODY[HEADER.FIELDS]', 'no fields'],
    ['FETCH 1 BODY[]<0>', 'partial without a length'],
    ['FETCH 1 BODY[]<0.0>', 'partial of nothing'],
    ['FETCH 1 BINARY[1.MIME]', 'BINARY knows parts only'],
    ['FETCH 1 FLAGS (FOO 1)', 'unknown modifier'],
    ['STORE 1 FLAGS', 'no flags'],
    ['STORE 1 FLAGZ (\\Seen)', 'unknown item'],
    ['STORE 1 +FLAGS (\\*)', '\\* cannot be set'],
    ['SEARCH', 'no key'],
    ['SEARCH FOO', 'unknown key'],
    ['SEARCH (ALL', 'not closed'],
    ['SEARCH OR ALL', 'OR needs two'],
    ['SEARCH NOT', 'NOT needs one'],
    ['SEARCH BEFORE 32-Jan-2020', 'no such day'],
    ['SEARCH LARGER x', 'no number'],
    ['SEARCH RETURN (FOO) ALL', 'unknown option'],
    [`SEARCH ${'NOT '.repeat(40)}ALL`, 'nested too deeply'],
    [`SEARCH ${'('.repeat(40)}ALL${')'.repeat(40)}`, 'nested too deeply'],
    [`SEARCH${' ALL'.repeat(1001)}`, 'too many keys'],
    ['LIST ""', 'no pattern'],
    ['LIST (RECURSIVEMATCH) "" *', 'RECURSIVEMATCH alone (RFC 5258 §3)'],
    ['LIST (FOO) "" *', 'unknown selection'],
    ['LIST "" * RETURN (FOO)', 'unknown return'],
    ['STATUS INBOX ()', 'no items'],
    ['STATUS INBOX (FOO)', 'unknown item'],
    ['APPEND INBOX', 'no message'],
    ['APPEND INBOX "x"', 'a string is no message'],
    ['APPEND INBOX (\\Seen) "32-Jan-2020 00:00:00 +0000" {1+}\r\nx', 'no such date'],
    ['COPY 1', 'no mailbox'],
    ['ENABLE', 'nothing to enable'],
    ['SELECT INBOX (FOO)', 'unknown parameter'],
    ['UID EXPUNGE', 'no set'],
    ['UID NOOP', 'not a UID command'],
    ['CREATE a (FOO)', 'unknown parameter'],
  ])('refuses %s: %s', (line) => {
    expect(() => parse(line)).toThrow(ImapError)
  })

  it('does not read keys in a charset that it does not know (RFC 9051 §6.4.4)', () => {
    expect(parse('SEARCH RETURN (SAVE) CHARSET KOI8-R FOO (')).toMatchObject({ unknownCharset: true })
  })

  it.each<[string, unknown]>([
    ['FETCH 1 ALL', ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE']],
    ['fetch 1 fast', ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE']],
    ['FETCH 1 FULL', ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE', 'BODY']],
    ['FETCH 1 BODYSTRUCTURE', ['BODYSTRUCTURE']],
    ['UID FETCH 1 (UID FLAGS BODY[] RFC822.HEADER)', ['UID', 'FLAGS', 'SECTION', 'SECTION']],
  ])('%s', (line, items) => {
    const command = parse(line)
    expect(command.name === 'FETCH' && command.items.map(({ item }) => item)).toEqual(items)
  })

  it.each([
    ['BODY[]', 'BODY[]', false],
    ['BODY.PEEK[HEADER]', 'BODY[HEADER]', true],
    ['body.peek[1.2.mime]<5.10>', 'BODY[1.2.MIME]<5>', true],
    ['BODY[4.2.HEADER]', 'BODY[4.2.HEADER]', false],
    ['BODY.PEEK[HEADER.FIELDS (date "From")]', 'BODY[HEADER.FIELDS (date From)]', true],
    ['BODY.PEEK[2.HEADER.FIELDS.NOT (a)]', 'BODY[2.HEADER.FIELDS.NOT (a)]', true],
    ['BINARY.PEEK[1]<0.5>', 'BINARY[1]<0>', true],
    ['RFC822.TEXT', 'RFC822.TEXT', false],
    ['RFC822.HEADER', 'RFC822.HEADER', true],
  ])('reads %s and answers %s', (item, label, peek) => {
    const command = parse(`FETCH 1 ${item}`)
    expect(command.name === 'FETCH' && command.items[0]).toMatchObject({ label, peek })
  })

  it('prints sections as it reads them', () => {
    const field = fc.stringMatching(/^[A-Za-z0-9-]{1,20}$/)
    const section = fc.record(
      {
        part: fc.array(fc.integer({ min: 1, max: 99 }), { maxLength: 5 }),
        specifier: fc.constantFrom('HEADER' as const, 'TEXT' as const, 'HEADER.FIELDS' as const),
        fields: fc.array(field, { minLength: 1, maxLength: 4 }),
      },
      { requiredKeys: ['part', 'fields'] },
    )
    fc.assert(
      fc.property(section, ({ part, specifier, fields }) => {
        const whole = {
          part,
          ...(specifier && { specifier }),
          ...(specifier === 'HEADER.FIELDS' && { fields }),
        }
        const command = parse(`FETCH 1 BODY[${formatSection(whole)}]`)
        expect(command.name === 'FETCH' && command.items[0]).toMatchObject({ section: whole })
      }),
    )
  })

  it.each<[string, unknown]>([
    [
      'SEARCH FLAGGED SINCE 1-Feb-1994 NOT FROM "Smith"',
      {
        key: 'AND',
        keys: [
          { key: 'FLAG', flag: '\\Flagged', set: true },
          { key: 'DATE', field: 'received', relation: 'since', day: Date.UTC(1994, 1, 1) },
          { key: 'NOT', of: { key: 'ADDRESS', field: 'from', text: 'Smith' } },
        ],
      },
    ],
    ['SEARCH TEXT "string not in mailbox"', { key: 'TEXT', text: 'string not in mailbox' }],
    ['SEARCH CHARSET UTF-8 TEXT {6+}\r\n\xd0\xb4\xd0\xb0\xd0\xb0', { key: 'TEXT', text: 'даа' }],
    [
      'SEARCH OR (1:3 SEEN) UID 5',
      {
        key: 'OR',
        keys: [
          {
            key: 'AND',
            keys: [
              { key: 'SEQUENCE', set: { ranges: [[1, 3]] } },
              { key: 'FLAG', flag: '\\Seen', set: true },
            ],
          },
          { key: 'UID', set: { ranges: [[5, 5]] } },
        ],
      },
    ],
    ['SEARCH MODSEQ "/flags/\\\\draft" all 620162338', { key: 'MODSEQ', modSeq: 620162338 }],
    ['SEARCH KEYWORD $Junk ', { key: 'FLAG', flag: '$Junk', set: true }],
  ])('%s', (line, key) => {
    expect(parse(line)).toMatchObject({ name: 'SEARCH', key })
  })

  it('reads STORE with and without parentheses, silent, conditional', () => {
    expect(parse('STORE 2:4 +FLAGS (\\Deleted)')).toMatchObject({ action: 'add', silent: false, flags: ['\\Deleted'] })
    expect(parse('UID STORE 7 flags.silent $a \\Seen')).toMatchObject({
      action: 'replace',
      silent: true,
      uid: true,
      flags: ['$a', '\\Seen'],
    })
    expect(parse('STORE * (UNCHANGEDSINCE 12121231000) -FLAGS.SILENT (x)')).toMatchObject({
      action: 'remove',
      unchangedSince: 12121231000,
    })
  })

  it('reads several messages of one APPEND (RFC 3502)', () => {
    const command = parse(
      'APPEND saved-messages (\\Seen) {3+}\r\none () " 7-Feb-1994 22:43:04 -0800" {3+}\r\ntwo ~{5+}\r\nthree ',
    )
    expect(
      command.name === 'APPEND' &&
        command.messages.map(({ flags, receivedAt, content }) => [flags, receivedAt, content.length]),
    ).toEqual([
      [['\\Seen'], undefined, 3],
      [[], Date.UTC(1994, 1, 8, 6, 43, 4), 3],
      [[], undefined, 5],
    ])
  })

  it('reads LIST in all its forms (RFC 5258 §5)', () => {
    expect(parse('LIST "" *')).toMatchObject({ patterns: ['*'], extended: false })
    expect(parse('LIST (SUBSCRIBED REMOTE) "" ("INBOX" "Drafts/%") RETURN (CHILDREN STATUS (MESSAGES))')).toMatchObject(
      {
        patterns: ['INBOX', 'Drafts/%'],
        select: new Set(['SUBSCRIBED', 'REMOTE']),
        returns: new Set(['CHILDREN']),
        status: ['MESSAGES'],
        extended: true,
      },
    )
  })

  it('reads any mailbox name that it writes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), fc.boolean(), (text, utf8) => {
        const name = text.normalize('NFC').replaceAll('\0', '')
        const wire = encodeMailboxName(name, utf8)
        for (const written of [astring(wire), quotedOrLiteral(wire)]) {
          const line = `DELETE ${written.replace(/^\{(\d+)\}/, '{$1+}')}`
          expect(parse(line, utf8)).toEqual({ name: 'DELETE', mailbox: /^inbox$/i.test(name) ? 'INBOX' : name })
        }
      }),
    )
  })
})
