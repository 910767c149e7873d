import { expect, test } from 'vitest'
import { type EmailId, type Filter, type MailboxId, type SortProperty } from '../../src/mailbox/index.ts'
import { newEmail, openStore } from './fixture.ts'

/** Four emails, a to d, newest last; a and b are one thread. */
function filled() {
  const fixture = openStore()
  const { store, inbox, box } = fixture
  const [a, b, c, d] = store.add([
    newEmail(
      inbox,
      {
        subject: 'Plan für Montag',
        id: 'a@x',
        from: 'Zoe <zoe@one.test>',
        body: 'short',
        date: 'Mon, 2 Nov 2026 10:00:00 +0000',
      },
      { receivedAt: 1000, keywords: ['$seen'] },
    ),
    newEmail(
      [inbox, box('archive')],
      {
        subject: 'Re: plan FÜR montag',
        id: 'b@x',
        inReplyTo: 'a@x',
        cc: 'Carol <carol@two.test>',
        date: 'Mon, 2 Nov 2026 09:00:00 +0000',
      },
      { receivedAt: 2000 },
    ),
    newEmail(
      box('archive'),
      { subject: '=?utf-8?q?Gr=C3=BC=C3=9Fe?=', from: 'ann@three.test', body: 'x'.repeat(500) },
      { receivedAt: 3000, keywords: ['$flagged', '$seen'] },
    ),
    newEmail(
      inbox,
      {
        more: 'X-Spam: Yes, Really\r\nMIME-Version: 1.0\r\nContent-Type: text/html',
        to: 'Bea <bea@four.test>',
        body: '<p>Secret&nbsp;<b>word</b></p>',
      },
      { receivedAt: 4000 },
    ),
  ])
  const letters = new Map([
    [a!.id, 'a'],
    [b!.id, 'b'],
    [c!.id, 'c'],
    [d!.id, 'd'],
  ])
  const spell = (ids: readonly EmailId[]): string => ids.map((id) => letters.get(id)).join('')
  return { ...fixture, ids: { a: a!.id, b: b!.id, c: c!.id, d: d!.id }, spell }
}

test.each<[string, (inbox: MailboxId, archive: MailboxId) => Filter, string]>([
  ['nothing', () => ({}), 'dcba'],
  ['inMailbox', (inbox) => ({ inMailbox: inbox }), 'dba'],
  [
    'inMailbox twice',
    (inbox, archive) => ({ operator: 'AND', conditions: [{ inMailbox: inbox }, { inMailbox: archive }] }),
    'b',
  ],
  ['an unknown mailbox', () => ({ inMailbox: 999 as MailboxId }), ''],
  ['inMailboxOtherThan', (inbox) => ({ inMailboxOtherThan: [inbox] }), 'cb'],
  ['before, exclusive', () => ({ before: 3000 }), 'ba'],
  ['after, inclusive', () => ({ after: 3000 }), 'dc'],
  ['minSize and maxSize', () => ({ minSize: 300, maxSize: 10_000 }), 'c'],
  ['hasKeyword', () => ({ hasKeyword: '$SEEN' }), 'ca'],
  ['notKeyword', () => ({ notKeyword: '$seen' }), 'db'],
  ['allInThreadHaveKeyword', () => ({ allInThreadHaveKeyword: '$seen' }), 'c'],
  ['someInThreadHaveKeyword', () => ({ someInThreadHaveKeyword: '$seen' }), 'cba'],
  ['noneInThreadHaveKeyword', () => ({ noneInThreadHaveKeyword: '$seen' }), 'd'],
  ['hasAttachment', () => ({ hasAttachment: true }), ''],
  ['no attachment', () => ({ hasAttachment: false }), 'dcba'],
  ['from by name', () => ({ from: 'zoe' }), 'a'],
  ['from by address', () => ({ from: 'three.test' }), 'c'],
  ['to', () => ({ to: 'bea' }), 'd'],
  ['cc', () => ({ cc: 'CAROL' }), 'b'],
  ['bcc', () => ({ bcc: 'x' }), ''],
  ['subject in any case', () => ({ subject: 'montag PLAN' }), 'ba'],
  ['subject in encoded words', () => ({ subject: 'grüße' }), 'c'],
  ['a phrase', () => ({ subject: '"für montag"' }), 'ba'],
  ['a phrase that is not there', () => ({ subject: '"montag plan"' }), ''],
  ['body, html undone', () => ({ body: '"secret word"' }), 'd'],
  ['text: header and body', () => ({ text: 'bea secret' }), 'd'],
  ['a header field that is there', () => ({ header: ['x-spam'] }), 'd'],
  ['a header field with a value', () => ({ header: ['X-Spam', 'yes, really'] }), 'd'],
  ['a header field with another value', () => ({ header: ['X-Spam', 'no'] }), ''],
  ['OR', () => ({ operator: 'OR', conditions: [{ from: 'zoe' }, { after: 4000 }] }), 'da'],
  ['NOT: none of them', () => ({ operator: 'NOT', conditions: [{ from: 'zoe' }, { after: 4000 }] }), 'cb'],
  ['NOT of everything', () => ({ operator: 'NOT', conditions: [{}] }), ''],
  ['OR of nothing', () => ({ operator: 'OR', conditions: [] }), ''],
  ['AND of nothing', () => ({ operator: 'AND', conditions: [] }), 'dcba'],
])('filters by %s (RFC 8621 §4.4.1)', (_, filter, expected) => {
  const { store, inbox, box, spell } = filled()
  expect(spell(store.query({ filter: filter(inbox, box('archive')) }).ids)).toBe(expected)
})

test.each<[SortProperty, string | undefined, string]>([
  ['receivedAt', undefined, 'abcd'],
  ['sentAt', undefined, 'cdba'],
  ['size', undefined, 'adbc'],
  ['from', undefined, 'cbda'],
  ['to', undefined, 'abcd'],
  ['subject', undefined, 'dcab'],
  ['hasKeyword', '$seen', 'bdac'],
  ['allInThreadHaveKeyword', '$seen', 'abdc'],
  ['someInThreadHaveKeyword', '$seen', 'dabc'],
])('sorts by %s, both ways (RFC 8621 §4.4.2)', (property, keyword, expected) => {
  const { store, spell } = filled()
  const order = (isAscending: boolean): string =>
    spell(store.query({ sort: [{ property, isAscending, ...(keyword === undefined ? {} : { keyword }) }] }).ids)
  expect(order(true)).toHaveLength(4)
  expect(order(true)).toBe(expected)
  expect(order(false)[0]).not.toBe(expected[0])
})

test('collapsing shows the first email of each thread in the sort order (RFC 8621 §4.4.3)', () => {
  const { store, spell, inbox } = filled()
  expect(spell(store.query({ collapseThreads: true }).ids)).toBe('dcb')
  const bySize = { sort: [{ property: 'receivedAt' }, { property: 'size' }] as const, collapseThreads: true }
  expect(spell(store.query(bySize).ids)).toBe('acd')
  const page = store.query({ filter: { inMailbox: inbox }, collapseThreads: true, calculateTotal: true, limit: 1 })
  expect([spell(page.ids), page.total, page.position]).toEqual(['d', 2, 0])
})

test('windows by position, from the end, and around an anchor (RFC 8620 §5.5)', () => {
  const { store, spell, ids } = filled()
  const window = (query: Parameters<typeof store.query>[0]): [string, number] => {
    const result = store.query(query)
    return [spell(result.ids), result.position]
  }
  expect(window({ position: 1, limit: 2 })).toEqual(['cb', 1])
  expect(window({ position: -2 })).toEqual(['ba', 2])
  expect(window({ position: -9, limit: 1 })).toEqual(['d', 0])
  expect(window({ position: 9 })).toEqual(['', 9])
  expect(window({ limit: 0 })).toEqual(['', 0])
  expect(window({ anchor: ids.b, limit: 1 })).toEqual(['b', 2])
  expect(window({ anchor: ids.b, anchorOffset: -1, limit: 2 })).toEqual(['cb', 1])
  expect(window({ anchor: ids.b, anchorOffset: -9 })).toEqual(['dcba', 0])
  expect(() => store.query({ anchor: 999 as EmailId })).toThrow(expect.objectContaining({ type: 'anchorNotFound' }))
})

test.each<[string, Parameters<ReturnType<typeof filled>['store']['query']>[0], string]>([
  ['an unknown sort', { sort: [{ property: 'colour' as 'size' }] }, 'unsupportedSort'],
  ['a keyword sort without keyword', { sort: [{ property: 'hasKeyword' }] }, 'unsupportedSort'],
  ['an unknown operator', { filter: { operator: 'XOR' as 'OR', conditions: [] } }, 'unsupportedFilter'],
  ['a keyword that is none', { filter: { hasKeyword: 'a b' } }, 'unsupportedFilter'],
  ['a negative limit', { limit: -1 }, 'invalidArguments'],
  ['a fraction', { position: 0.5 }, 'invalidArguments'],
])('refuses %s', (_, query, type) => {
  expect(() => filled().store.query(query)).toThrow(expect.objectContaining({ type }))
})

test('filters are bounded in depth and number', () => {
  const { store } = filled()
  let deep: Filter = {}
  for (let level = 0; level < 20; level++) deep = { operator: 'NOT', conditions: [deep] }
  expect(() => store.query({ filter: deep })).toThrow(expect.objectContaining({ type: 'unsupportedFilter' }))
  const wide: Filter = { operator: 'OR', conditions: Array.from({ length: 300 }, () => ({})) }
  expect(() => store.query({ filter: wide })).toThrow(expect.objectContaining({ type: 'unsupportedFilter' }))
})

test('the kept order follows late arrivals of old mail and removals', () => {
  const { store, inbox, spell, ids } = filled()
  store.query({})
  store.query({ filter: { inMailbox: inbox } })
  const [old] = store.add([newEmail(inbox, {}, { receivedAt: 1500 })])
  expect(store.query({ sort: [{ property: 'receivedAt' }] }).ids).toEqual([ids.a, old!.id, ids.b, ids.c, ids.d])
  store.destroy([old!.id, ids.b])
  expect(spell(store.query({}).ids)).toBe('dca')
  expect(spell(store.query({ filter: { inMailbox: inbox } }).ids)).toBe('da')
})

test('views that do not fit the budget are dropped and read again', () => {
  const { store, inbox, box } = openStore({ limits: { viewBudget: 3 } })
  store.add([newEmail(inbox), newEmail(inbox), newEmail(box('archive')), newEmail([inbox, box('archive')])])
  for (let round = 0; round < 2; round++) {
    expect(store.view(inbox).length).toBe(3)
    expect(store.view(box('archive')).length).toBe(2)
    expect(store.query({ calculateTotal: true }).total).toBe(4)
    store.setFlags(inbox, [...store.view(inbox).uidList()], { [round === 0 ? 'add' : 'remove']: ['$seen'] })
    expect(store.query({ filter: { hasKeyword: '$seen' } }).ids).toHaveLength(round === 0 ? 3 : 0)
  }
})
