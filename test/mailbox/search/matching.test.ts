import { describe, expect, test } from 'vitest'
import { Highlighter } from '../../../src/mailbox/index.ts'
import { message, openStore } from '../fixture.ts'

const utf8 = 'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit'

/** Script or rule, text, searches that must find it, searches that must not. */
const table: readonly (readonly [what: string, text: string, found: readonly string[], missed: readonly string[]])[] = [
  [
    'Turkish',
    'İSTANBUL ılık IŞIK',
    ['istanbul', 'ISTANBUL', 'ılık', 'ilik', 'ışık', 'isik', 'IŞIK'],
    ['stanbul', '"isi"'],
  ],
  ['German sharp s', 'STRAẞE Straße', ['strasse', 'STRASSE', 'straße', 'Straẞe'], ['strase', '"stras"']],
  ['German umlauts', 'Ärger über Öl', ['arger', 'ÄRGER', 'uber', 'öl', 'ol'], ['aerger', 'olg']],
  ['French', 'L’élève naïf, cœur', ['eleve', 'ÉLÈVE', 'naif', 'coeur', 'l’élève', "l'eleve"], ['leleve']],
  ['Scandinavian', 'Øystein på Ærø', ['oystein', 'pa', 'aero', 'ærø'], ['øst']],
  ['Polish', 'Zażółć gęślą jaźń', ['zazolc', 'GĘŚLĄ', 'jazn'], ['jaz ']],
  ['Vietnamese', 'Đường Nguyễn Huệ', ['duong', 'nguyen hue', '"Nguyễn Huệ"'], ['duon hue']],
  ['Russian', 'Съешь ЕЩЁ этих мягких', ['съешь', 'СЪЕШЬ', 'еще', 'ещё', 'мягк*'], ['ягких', 'съеш этих']],
  ['Ukrainian', 'Їжак і ґанок', ['їжак', 'ЇЖАК', 'іжак', 'ганок'], ['жак']],
  ['Greek', 'Ὁ Ὀδυσσεὺς ΣΟΦΌΣ', ['οδυσσευς', 'ΟΔΥΣΣΕΥΣ', 'σοφος', 'σοφός'], ['οδυσσ*ς ']],
  ['Hebrew', 'בְּרֵאשִׁית בָּרָא', ['בראשית', 'ברא', 'בראש*'], ['ראשית', '"בראש"']],
  ['Arabic', 'أَهْلًا وَسَهْلًا بكـــم', ['أهلا', 'اهلا', 'وسهلا', 'بكم'], ['هلا']],
  ['Hindi', 'नमस्ते दुनिया', ['नमस्ते', 'दुनिया'], ['"नमस"', '"दुनि"']],
  ['Thai', 'ประเทศไทยสวยงาม', ['ไทย', 'ประเทศ', 'ไทยสวย'], ['งามไทย', 'ไทยงาม']],
  ['Korean', '회의 일정을 알려드립니다', ['회의', '일정', '일정을', '알려', '드립'], ['회일', '의일', '정알']],
  ['Korean in jamo', '한국어'.normalize('NFD'), ['한국', '국어'], ['한어']],
  ['Chinese', '关于召开会议的通知', ['会议', '通知', '召开会议', '议'], ['会知', '议会']],
  ['Japanese', '東京タワーへ行きました', ['東京', '京タ', 'タワー', '行き', '行きました'], ['京東', 'ワー東']],
  ['half-width kana', 'ﾀﾜｰ ﾊﾟﾝ', ['タワー', 'パン', 'ﾊﾟﾝ'], ['ワータ']],
  ['full-width letters', 'ＡＢＣ１２３　ｄｅｆ', ['abc123', 'def', 'ＤＥＦ'], ['bc12x', 'ef']],
  ['two characters among Latin', 'Re: 発注 No.5', ['発注', 're', 'no'], ['注発']],
  ['emoji', 'done ✅ 👩‍💻 🇩🇪🎉', ['✅', '👩‍💻', '🇩🇪', '🎉', 'done ✅'], ['❌', '🇫🇷']],
  ['ligatures and fractions', 'oﬃce ½ ㎏', ['office', 'kg'], ['offic ']],
  [
    'an address',
    'to Fox.Hunter+tag@mail.example.com now',
    ['fox.hunter', 'hunter', '@mail.example.com', 'mail.example.com', 'fox.hunter+tag@mail.example.com', 'example'],
    ['fox.mail', '"hunter@mail"'],
  ],
  [
    'a phrase',
    'the quick brown fox',
    ['"quick brown"', 'brown quick', '"the quick brown fox"', 'quick bro'],
    ['"brown quick"', '"quick fox"', 'bro quick', '"quick bro"'],
  ],
  ['an asterisk', 'international business', ['inter*', 'inter* busi*', 'busi* inter*'], ['national*', '"inter*"']],
]

const cases = table.flatMap(([what, text, found, missed]) => [
  ...found.map((search) => [what, search, text, true] as const),
  ...missed.map((search) => [what, search, text, false] as const),
])

describe('what is found is marked, and nothing else (RFC 8621 §4.4.1, §5)', () => {
  test.each(cases)('%s: %s in %s: %s', (_, search, text, expected) => {
    const { store, inbox } = openStore()
    store.add([{ raw: message({ subject: 'x', body: text, more: utf8 }), mailboxIds: [inbox] }])
    expect(store.query({ filter: { body: search } }).ids.length === 1).toBe(expected)
    if (expected) expect(new Highlighter([search]).find(text)).not.toEqual([])
  })

  test.each([
    ['İSTANBUL', 'istanbul', ['İSTANBUL']],
    ['die STRAẞE dort', 'strasse', ['STRAẞE']],
    ['ﾀﾜｰ ﾊﾟﾝ', 'パン', ['ﾊﾟﾝ']],
    ['ＡＢＣ１２３', 'abc123', ['ＡＢＣ１２３']],
    ['أَهْلًا بك', 'اهلا', ['أَهْلًا']],
    ['oﬃce', 'office', ['oﬃce']],
    ['한국어'.normalize('NFD'), '국어', ['국어'.normalize('NFD')]],
    ['关于召开会议的通知', '会议', ['会议']],
  ])('in %s, %s marks %j', (text, search, marked) =>
    expect(new Highlighter([search]).find(text).map(({ start, end }) => text.slice(start, end))).toEqual(marked),
  )
})

describe('addresses by any of their parts (RFC 8621 §4.4.1)', () => {
  const raw = message({
    from: '"=?utf-8?Q?J=C3=BCrgen_M=C3=BCller?=" <juergen.mueller+news@Mail.Example.com>',
    to: 'undisclosed: "Łukasz, Ż." <lz@xn--bcher-kva.example>, plain@example.org (Old Comment);',
    cc: '=?iso-2022-jp?B?GyRCOzNFREJATzobKEI=?= <yamada@example.jp>',
    subject: 'x',
  })
  test.each([
    [{ from: 'jurgen' }, true],
    [{ from: 'Müller Jürgen' }, true],
    [{ from: '"Jürgen Müller"' }, true],
    [{ from: 'juergen.mueller' }, true],
    [{ from: 'mueller' }, true],
    [{ from: 'news' }, true],
    [{ from: 'mail.example.com' }, true],
    [{ from: '@mail.example.com' }, true],
    [{ from: 'example' }, true],
    [{ from: 'juergen.mueller+news@mail.example.com' }, true],
    [{ from: 'mueller@example' }, false],
    [{ from: 'lukasz' }, false],
    [{ to: 'lukasz' }, true],
    [{ to: 'lz@xn--bcher-kva.example' }, true],
    [{ to: '"old comment"' }, true],
    [{ cc: '山田' }, true],
    [{ cc: '田太' }, true],
    [{ cc: 'yamada' }, true],
    [{ text: '山田 jurgen lukasz' }, true],
    [{ bcc: 'yamada' }, false],
  ])('%j: %s', (filter, expected) => {
    const { store, inbox } = openStore()
    store.add([{ raw, mailboxIds: [inbox] }])
    expect(store.query({ filter }).ids.length === 1).toBe(expected)
  })
})

describe('HTML by what it says (RFC 8621 §4.4.1)', () => {
  const html = [
    '<img src=x ALT="A sunset over Z&uuml;rich"> <img alt=lonely title=\'Quote "inside"\'> <abbr title="Society">S</abbr>',
    '<a href="https://hidden.example/path" title="Click">here</a> <input placeholder="never">',
  ].join('\n')
  test.each([
    ['"a sunset over zurich"', true],
    ['lonely', true],
    ['inside', true],
    ['society', true],
    ['click', true],
    ['here', true],
    ['hidden', false],
    ['never', false],
    ['alt', false],
  ])('%s: %s', (body, expected) => {
    const { store, inbox } = openStore()
    store.add([{ raw: message({ body: html, more: 'Content-Type: text/html' }), mailboxIds: [inbox] }])
    expect(store.query({ filter: { body } }).ids.length === 1).toBe(expected)
  })
})
