import { describe, expect, test } from 'vitest'
import { message, openStore } from '../fixture.ts'

/** Does a message with this text in its body match this search? */
function matches(text: string, search: string): boolean {
  const { store, inbox } = openStore()
  store.add([{ raw: message({ subject: 'subject', body: text, more: utf8 }), mailboxIds: [inbox] }])
  return store.query({ filter: { body: search } }).ids.length === 1
}

const utf8 = 'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit'

describe('words of any script are found (RFC 8621 §4.4.1)', () => {
  test.each([
    ['in any case', 'Hello World', 'hELLO'],
    ['Latin with diacritics, without them', 'Où est le café ?', 'cafe'],
    ['Latin without diacritics, with them', 'resume attached', 'résumé'],
    ['decomposed and composed alike', 'Cafe\u0301 noir', 'café'],
    ['letters with a stroke', 'Søren aus Łódź', 'soren lodz'],
    ['German sharp s', 'Große Straße', 'GROSSE STRASSE'],
    ['an umlaut', 'Grüße aus Köln', 'koln'],
    ['ligatures and full width forms', 'ﬁnal ＡＢＣ', 'final abc'],
    ['a soft hyphen inside', 'Donau\u00addampfschiff', 'donaudampfschiff'],
    ['Vietnamese', 'Tiếng Việt', 'tieng viet'],
    ['Turkish dotted and dotless i', 'İstanbul ılık', 'istanbul ilik'],
    ['Greek with accents and final sigma', 'Καλημέρα Ὀδυσσεύς', 'ΟΔΥΣΣΕΥΣ καλημερα'],
    ['Cyrillic', 'Привет, Ёжик', 'ПРИВЕТ ежик'],
    ['Arabic with vowels', 'مَرْحَبًا بالعالم', 'مرحبا'],
    ['Hebrew with points', 'שָׁלוֹם עולם', 'שלום'],
    ['Hindi with its vowel signs', 'नमस्ते दुनिया', 'दुनिया'],
    ['Chinese: two characters', '今天天气很好', '天气'],
    ['Chinese: more', '今天天气很好', '天天气很'],
    ['Chinese: one', '今天天气很好', '好'],
    ['Chinese: over the end of a line', '今天天\r\n气很好', '天气'],
    ['Japanese: kanji', '東京都庁に行きます', '京都'],
    ['Japanese: kana and a long vowel', 'コンピューターが好き', 'ピューター'],
    ['Japanese: half width kana', 'ｶﾞｲﾄﾞ', 'ガイド'],
    ['Korean: inside a word', '서울특별시에서 만나요', '특별'],
    ['Korean: decomposed', '한국어'.normalize('NFD'), '한국'],
    ['Thai', 'ภาษาไทยง่ายมาก', 'ไทย'],
    ['an emoji', 'Happy birthday 🎉🎂!', '🎂'],
    ['an emoji with a skin tone', 'well done 👍🏽', '👍'],
    ['a flag', 'Vive la 🇫🇷', '🇫🇷'],
    ['beyond the basic plane', '𠮷野家で食べる', '𠮷野'],
    ['mixed scripts in one word', 'iPhoneを買う', 'iphone'],
    ['digits of a number', 'order 20261123 shipped', '20261123'],
    ['an identifier', 'ticket AB-123456-xyz', 'ab-123456'],
  ])('%s', (_, text, search) => expect(matches(text, search)).toBe(true))

  test.each([
    ['part of a word in quotes', 'businesses', '"business"'],
    ['the end of a word', 'businesses', 'nesses'],
    ['part of a word that is not the last', 'businesses here', 'busi here'],
    ['Chinese: characters that are not neighbours', '今天天气很好', '今气'],
    ['Korean: characters of two words', '서울 특별시', '울특'],
    ['another number', 'order 20261123 shipped', '"2026112"'],
    ['punctuation between that makes two words', 'foo bar', 'foobar'],
  ])('but not %s', (_, text, search) => expect(matches(text, search)).toBe(false))
})

describe('words, phrases and beginnings (RFC 8621 §4.4.1)', () => {
  const text = `The quick brown fox isn't at fox.hunter@mail.example.com, "said" he`
  test.each([
    ['all words, in any order', 'fox quick', true],
    ['one word missing', 'fox slow', false],
    ['a phrase', '"quick brown"', true],
    ['a phrase in single quotes', `'quick brown'`, true],
    ['a phrase with other words between', '"quick fox"', false],
    ['a phrase over punctuation', '"com said"', true],
    ['quotes escaped in a phrase', '"example.com, \\"said"', true],
    ['an apostrophe is no quote', `isn't`, true],
    ['the beginning of the last word', 'the qui', true],
    ['the beginning of another word with an asterisk', 'qui* fox', true],
    ['the beginning of a word without it', 'qui fox', false],
    ['two characters are a whole word', 'qu', false],
    ['two characters and an asterisk', 'qu*', true],
    ['no beginning inside quotes', '"quick bro"', false],
    ['a whole address', 'fox.hunter@mail.example.com', true],
    ['a local part', 'fox.hunter', true],
    ['a domain', '@mail.example.com', true],
    ['words of an address', 'hunter example', true],
    ['another address', 'hunter.fox@mail.example.com', false],
    ['an unclosed quote is no phrase', '"quick', true],
    ['white space alone asks for nothing', '  ', true],
    ['punctuation alone asks for nothing', '*', true],
  ])('%s', (_, search, expected) => expect(matches(text, search)).toBe(expected))

  test.each([
    'foo" OR "bar',
    'subject:foo',
    '{subject} : foo',
    'foo AND bar',
    'NOT foo',
    'NEAR(foo bar)',
    'foo* ^bar',
    `'; DROP TABLE search; --`,
    '"',
    '""',
    '(((',
    'a\0b',
    '\ue000foo \ue003 \ue004',
    '\ud800',
  ])('no search text is syntax to the index: %j', (search) => {
    const { store, inbox } = openStore()
    store.add([{ raw: message({ body: 'nothing of the kind' }), mailboxIds: [inbox] }])
    expect(() => store.query({ filter: { text: search } })).not.toThrow()
    expect(store.query({ filter: { text: `zebra ${search}` } }).ids).toEqual([])
  })

  test('AND is a word like others', () => expect(matches('bread butter', 'bread AND butter')).toBe(false))

  test.each([
    ['too many words', 'word '.repeat(65)],
    ['too long', 'x'.repeat(4001)],
  ])('%s are refused (RFC 8620 §5.5 unsupportedFilter)', (_, text) => {
    const { store } = openStore()
    expect(() => store.query({ filter: { text } })).toThrow(expect.objectContaining({ type: 'unsupportedFilter' }))
  })
})

describe('what is searched (RFC 8621 §4.4.1)', () => {
  const raw = message({
    from: '=?utf-8?q?J=C3=BCrgen?= <j@example.org>',
    subject: '=?utf-8?B?R3LDvMOfZQ==?=',
    cc: 'carol@example.net',
    more: 'X-Secret: hidden\r\nContent-Type: multipart/mixed; boundary=b',
    body: [
      '--b',
      'Content-Type: text/html; charset=iso-8859-1',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      '<head><style>.css{}</style></head><b>un</b>broken sch=F6n <img src="https://tracker" alt="a sunset">',
      '--b',
      'Content-Type: application/pdf; name="report.pdf"',
      `Content-Disposition: attachment; filename*=utf-8''%C3%9Cbersicht.pdf`,
      'Content-Transfer-Encoding: base64',
      '',
      btoa('pdftext'),
      '--b',
      'Content-Type: message/rfc822',
      '',
      'From: nested@example.com',
      'Subject: enclosed matter',
      '',
      'innermost words',
      '--b--',
    ].join('\r\n'),
  })

  test.each([
    ['from, decoded', { from: 'jurgen' }, true],
    ['from is not to', { to: 'jurgen' }, false],
    ['subject, decoded', { subject: 'grüsse' }, true],
    ['cc', { cc: 'carol@example.net' }, true],
    ['text: any of them', { text: 'grüsse carol schon' }, true],
    ['text of HTML', { body: 'unbroken' }, true],
    ['charset and transfer encoding undone', { body: 'schön' }, true],
    ['no markup', { body: 'css' }, false],
    ['no addresses of pictures', { body: 'tracker' }, false],
    ['what pictures say instead (`alt`)', { body: '"a sunset"' }, true],
    ['attachment names', { body: 'ubersicht.pdf' }, true],
    ['not what is no text', { body: 'pdftext' }, false],
    ['text of an enclosed message', { body: '"innermost words"' }, true],
    ['subject of an enclosed message', { body: 'enclosed' }, true],
    ['not other header fields', { text: 'hidden' }, false],
    ['but those with `header`', { header: ['X-Secret', 'DDE'] as const }, true],
    ['a header field that is there', { header: ['x-secret'] as const }, true],
    ['one that is not', { header: ['X-Secre'] as const }, false],
    ['one with another value', { header: ['X-Secret', 'jurgen'] as const }, false],
  ])('%s', (_, filter, expected) => {
    const { store, inbox } = openStore()
    store.add([{ raw, mailboxIds: [inbox] }])
    expect(store.query({ filter }).ids).toHaveLength(expected ? 1 : 0)
  })
})
