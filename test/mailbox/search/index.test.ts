import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { utf8Length } from '../../../src/format/index.ts'
import { memorySql } from '../../../src/host/memory/sql.ts'
import { comparable, type EmailId, type MailStore } from '../../../src/mailbox/index.ts'
import { schema } from '../../../src/mailbox/schema.ts'
import type { Sql } from '../../../src/storage/index.ts'
import { message, openStore } from '../fixture.ts'

const utf8 = 'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit'

function texts(...bodies: string[]): Uint8Array[] {
  return bodies.map((body) => message({ body, more: utf8 }))
}

function found(store: MailStore, text: string): readonly EmailId[] {
  return store.query({ filter: { text }, sort: [{ property: 'receivedAt' }] }).ids
}

function indexed(sql: Sql): number {
  return sql.exec<{ n: number }>('SELECT count(*) AS n FROM search').one().n
}

/** Counts rows written to the tables of the index, by statement. */
function counting(sql: Sql): { sql: Sql; writes: string[] } {
  const writes: string[] = []
  return {
    writes,
    sql: {
      ...sql,
      exec: (query, ...bindings) => {
        if (/^\s*(INSERT|UPDATE|DELETE|REPLACE)/i.test(query)) writes.push(query)
        return sql.exec(query, ...bindings)
      },
    },
  }
}

/** Another word for each number. */
function word(n: number): string {
  return `a${Array.from(String(n), (one) => 'абвгдежзик'[Number(one)]).join('')}`
}

describe('the index follows the mail', () => {
  test('a delivery does not wait for it', () => {
    const { store, sql, inbox } = openStore()
    store.add(texts('one', 'two').map((raw) => ({ raw, mailboxIds: [inbox] })))
    expect(indexed(sql)).toBe(0)
  })

  test('a row per message and one per batch, in pieces or whole', async () => {
    const { sql, writes } = counting(memorySql())
    const { store, inbox } = openStore({ sql })
    store.add(
      texts(...Array.from({ length: 300 }, (_, n) => `number ${n}`)).map((raw) => ({ raw, mailboxIds: [inbox] })),
    )
    const { state } = store
    writes.length = 0
    expect(await store.indexPending(40)).toBe(40)
    expect(writes).toHaveLength(41)
    expect(await store.indexPending(1000)).toBe(260)
    expect(writes.length).toBeLessThanOrEqual(300 + 3)
    expect(await store.indexPending(1000)).toBe(0)
    expect(store.state).toBe(state)
  })

  test('a search finds what was not indexed yet, and after a restart in the middle', async () => {
    const { store, inbox, reopen, sql } = openStore()
    const bodies = Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? 'needle' : 'hay'))
    const emails = store.add(texts(...bodies).map((raw) => ({ raw, mailboxIds: [inbox] })))
    const needles = emails.filter((_, n) => n % 2 === 0).map(({ id }) => id)
    await store.indexPending(7)
    const again = reopen()
    expect(indexed(sql)).toBe(7)
    expect(found(again, 'needle')).toEqual(needles)
    expect(indexed(sql)).toBe(20)
  })

  test('a transaction that fails takes its rows along, and memory does not remember them', async () => {
    const { store, inbox } = openStore()
    const [first] = store.add(texts('needle').map((raw) => ({ raw, mailboxIds: [inbox] })))
    expect(() =>
      store.transaction(() => {
        expect(found(store, 'needle')).toEqual([first?.id])
        throw new Error('no')
      }),
    ).toThrow('no')
    expect(found(store, 'needle')).toEqual([first?.id])
    expect(await store.indexPending(10)).toBe(0)
  })

  test('destroyed emails leave it, the last one too, and nothing is indexed twice', async () => {
    const { store, inbox, sql, reopen } = openStore()
    const emails = store.add(texts('needle a', 'needle b', 'needle c').map((raw) => ({ raw, mailboxIds: [inbox] })))
    const [a, b, c] = emails.map(({ id }) => id) as [EmailId, EmailId, EmailId]
    expect(found(store, 'needle')).toEqual([a, b, c])
    store.destroy([c])
    expect(found(store, 'needle')).toEqual([a, b])
    const again = reopen()
    expect(await again.indexPending(10)).toBe(0)
    again.expunge(inbox, [a])
    expect(found(again, 'needle')).toEqual([b])
    expect(indexed(sql)).toBe(1)
    const [d] = again.add(texts('needle d').map((raw) => ({ raw, mailboxIds: [inbox] })))
    expect(found(again, 'needle')).toEqual([b, d?.id])
  })

  test('copies that share their bytes are found each', () => {
    const { store, inbox } = openStore()
    store.add(texts('needle').map((raw) => ({ raw, mailboxIds: [inbox] })))
    store.copy(inbox, [...store.view(inbox).uidList()], inbox)
    expect(found(store, 'needle')).toHaveLength(2)
  })

  test('an account that has mail but no index gets one', () => {
    const { store, sql, inbox, reopen } = openStore()
    store.add(texts('needle').map((raw) => ({ raw, mailboxIds: [inbox] })))
    const step = schema.findIndex((sql) => String(sql).includes('fts5'))
    const before = schema.slice(0, step).join('\n')
    const after = schema.slice(step).join('\n')
    for (const [, index] of after.matchAll(/CREATE INDEX (\w+)/g)) sql.exec(`DROP INDEX ${index}`)
    for (const [, table, column] of after.matchAll(/ALTER TABLE (\w+) ADD COLUMN (\w+)/g)) {
      sql.exec(`ALTER TABLE ${table} DROP COLUMN ${column}`)
    }
    const tables = sql.exec<{ name: string }>(`SELECT name FROM sqlite_master WHERE type = 'table'`).toArray()
    const later = tables.filter(({ name }) => !/^migration|^search_\w+_|_(?:data|idx|docsize|config)$/.test(name))
    for (const { name } of later) if (!before.includes(`TABLE ${name} `)) sql.exec(`DROP TABLE ${name}`)
    sql.exec('DELETE FROM migration WHERE step >= ?', step)
    expect(found(reopen(), 'needle')).toHaveLength(1)
  })

  describe('what one message may take is bounded', () => {
    const filler = 'the same four words '

    test('a megabyte and more of text is there as it is', () => {
      const { store, inbox } = openStore()
      store.add(texts(`${filler.repeat(65_000)} late needle`).map((raw) => ({ raw, mailboxIds: [inbox] })))
      expect(found(store, '"late needle"')).toHaveLength(1)
      expect(store.mayContain('absent', 'text')?.has(found(store, 'late')[0]!)).toBe(false)
    })

    test('beyond, words, codes and pairs are found, phrases not, and substrings are looked for in the message', () => {
      const { store, inbox } = openStore()
      const long = `${filler.repeat(80_000)} late needle 今天天气 A1B2C3D4 late ends`
      store.add(texts(long, 'short').map((raw) => ({ raw, mailboxIds: [inbox] })))
      for (const text of ['late', 'needle', 'late needle', 'nee*', '天气', 'a1b2c3d4', 'ends', '"same four"']) {
        expect([text, found(store, text).length]).toEqual([text, 1])
      }
      for (const text of ['"late needle"', '"needle a1b2c3d4"', '今天天气', '天天今天']) {
        expect([text, found(store, text).length]).toEqual([text, 0])
      }
      const may = store.mayContain('late needle', 'text')
      const [one, other] = [...store.view(inbox).entries()].map(({ emailId }) => emailId) as [EmailId, EmailId]
      expect([may?.has(one), may?.has(other)]).toEqual([true, false])
    })

    test('phrases run over the places where a long text is folded in blocks', () => {
      const { store, inbox } = openStore()
      const raws = Array.from({ length: 12 }, (_, n) =>
        message({ body: `${'x'.repeat(n)} ${filler.repeat(30_000)}`, more: utf8 }),
      )
      store.add(raws.map((raw) => ({ raw, mailboxIds: [inbox] })))
      expect(found(store, '"words the same four"')).toHaveLength(12)
      expect(store.mayContain('words the same four words th', 'text')?.has(found(store, 'same')[0]!)).toBe(true)
      expect(found(store, `"${'the same four words '.repeat(3)}"`)).toHaveLength(12)
    })

    test('without a space, a block is torn somewhere, and substrings are looked for in the message', () => {
      const { store, inbox } = openStore()
      const run = Array.from({ length: 300_000 }, (_, n) => String.fromCodePoint(0x4e00 + ((n * 7919) % 20_000)))
      store.add(texts(run.join(''), 'short').map((raw) => ({ raw, mailboxIds: [inbox] })))
      for (const at of [0, 262_142, 262_143, 299_990]) {
        const may = store.mayContain(run.slice(at, at + 6).join(''), 'text')
        const ids = [...store.view(inbox).entries()].map(({ emailId }) => emailId)
        expect(ids.map((id) => may?.has(id))).toEqual([true, false])
      }
    })

    test('characters that folding makes eighteen take no more time than others', () => {
      const { store, inbox } = openStore()
      const bodies = [300_000, 1_300_000].map((count) => `${'\ufdfa'.repeat(count)} needle`)
      const [short, long] = store.add(texts(...bodies).map((raw) => ({ raw, mailboxIds: [inbox] })))
      expect(found(store, 'needle')).toEqual([short?.id])
      expect(store.mayContain('needle', 'text')?.has(long!.id)).toBe(true)
    })

    test('what is beyond all bounds is left out, and every column stays below the 2 MB of a value', () => {
      const sql = memorySql()
      const lengths: number[] = []
      const measuring: Sql = {
        ...sql,
        exec: (query, ...bindings) => {
          if (query.startsWith('INSERT INTO search')) {
            for (const value of bindings) if (typeof value === 'string') lengths.push(utf8Length(value))
          }
          return sql.exec(query, ...bindings)
        },
      }
      const { store, inbox } = openStore({ sql: measuring })
      const words = Array.from({ length: 400_000 }, (_, n) => word(n)).join(' ')
      const characters = Array.from({ length: 900_000 }, (_, n) => String.fromCodePoint(0x4e00 + ((n * 7919) % 20_000)))
      const codes = Array.from({ length: 60_000 }, (_, n) => `ж${n}${n}жж9`).join(' ')
      for (const body of [words, characters.join(''), codes]) {
        const raw = message({ subject: 'long', body: `${body} beyond`, more: utf8 })
        store.add([{ raw, mailboxIds: [inbox] }])
      }
      expect(found(store, 'long')).toHaveLength(3)
      expect(found(store, word(7))).toHaveLength(1)
      expect(found(store, word(399_999))).toHaveLength(0)
      expect(Math.max(...lengths)).toBeLessThan(2_000_000)
    }, 60_000)
  })
})

/** Pieces that make words, runs and codes of every kind, and what stands between them. */
const pieces = [
  [
    'a',
    'ab',
    'hello',
    'Straße',
    'é',
    'e\u0301',
    'Σ',
    'ς',
    '東京',
    '京',
    'ไทย',
    'カ',
    'ﾞ',
    '한국',
    '12',
    '123456',
    'x9y8z7',
  ],
  ['🎉', '🇦', '🇩', '🇪', '\u00ad', '\u200b', 'ﬁ', '㈱', '½', '𠮷', 'q'.repeat(30), 'long'.repeat(80)],
  [' ', ' ', '-', '@', '.', '\n', '"', '*', '\u0307', '_'],
].flat()
const piece = fc.constantFrom(...pieces)
const text = fc.array(piece, { maxLength: 12 }).map((some) => some.join(''))

describe('searches for substrings (RFC 9051 §6.4.4)', () => {
  test('the index leaves out no message that contains the text', () => {
    fc.assert(
      fc.property(
        fc.array(text, { minLength: 1, maxLength: 4 }),
        text,
        fc.nat(),
        fc.nat(),
        (bodies, other, from, size) => {
          const { store, inbox } = openStore()
          const emails = store.add(
            bodies.map((body) => ({ raw: message({ body: `${body}\r\n${other}`, more: utf8 }), mailboxIds: [inbox] })),
          )
          // Any part of the first, in either form.
          const whole = Array.from(`${bodies[0]}\n${other}`)
          const start = from % whole.length
          const part = whole.slice(start, start + 1 + (size % 8)).join('')
          for (const sought of [part, comparable(part), part.toUpperCase()]) {
            const may = store.mayContain(sought, 'text')
            for (const [index, body] of bodies.entries()) {
              const contains = comparable(`${body}\n${other}`).includes(comparable(sought))
              if (contains)
                expect(may?.has(emails[index]!.id) ?? true, JSON.stringify([sought, body, other])).toBe(true)
            }
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  test.each([
    ['inside a word', 'ixoti', [0]],
    ['the end of one word and the beginning of the next', 'tic wo', [0]],
    ['inside a number', '4567', [1]],
    ['inside an identifier', 'c12345', [1]],
    ['inside an address', '@mail.exa', [2]],
    ['a field name and its value', 'subject: dear', [2]],
    ['what is nowhere', 'nowhere', []],
    ['one letter: any', 'q', [0, 1, 2]],
    ['punctuation: any', '--', [0, 1, 2]],
  ])('%s', (_, sought, expected) => {
    const { store, inbox } = openStore()
    const emails = store.add(
      [
        message({ body: 'a quixotic world' }),
        message({ body: 'call 1234567 about ABC123456' }),
        message({ from: 'hunter@mail.example.com', subject: 'Dear all' }),
      ].map((raw) => ({ raw, mailboxIds: [inbox] })),
    )
    const may = store.mayContain(sought, 'text')
    expect(emails.flatMap(({ id }, index) => ((may?.has(id) ?? true) ? [index] : []))).toEqual(expected)
  })
})

describe('index and messages give one answer', () => {
  const word = fc.constantFrom(
    'bus',
    'buses',
    'Straße',
    'strasse',
    '東京',
    '京都',
    'foo-bar',
    'a@b.c',
    'x123456',
    '123456789',
    'é',
  )
  const search = fc.array(
    fc.oneof(
      word,
      word.map((one) => `${one}*`),
      fc.tuple(word, word).map(([one, two]) => `"${one} ${two}"`),
    ),
    { minLength: 1, maxLength: 3 },
  )

  test('for any words, phrases and beginnings', () => {
    fc.assert(
      fc.property(fc.array(fc.array(word, { maxLength: 5 }), { maxLength: 5 }), search, (bodies, words) => {
        const raws = texts(...bodies.map((body) => body.join(' ')))
        const unindexed = openStore()
        // A message that cannot be read keeps the index from going on: those behind it are read one by one.
        unindexed.store.add(texts('unreadable').map((raw) => ({ raw, mailboxIds: [unindexed.box('trash')] })))
        unindexed.sql.exec(`UPDATE email SET parts = 'damaged'`)
        unindexed.store.add(raws.map((raw) => ({ raw, mailboxIds: [unindexed.inbox] })))
        const withIndex = openStore()
        withIndex.store.add(texts('other').map((raw) => ({ raw, mailboxIds: [withIndex.box('trash')] })))
        withIndex.store.add(raws.map((raw) => ({ raw, mailboxIds: [withIndex.inbox] })))
        const ask = ({ store, inbox }: typeof withIndex) =>
          store.query({ filter: { inMailbox: inbox, text: words.join(' ') } }).ids
        expect(ask(unindexed)).toEqual(ask(withIndex))
        expect(indexed(unindexed.sql)).toBe(0)
      }),
      { numRuns: 150 },
    )
  })
})
