/**
 * What a mail app asks for must not cost more in a large mailbox: counted in statements, rows and characters out of the
 * database, since time depends on the machine.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/format/index.ts'
import { memorySql } from '../../../src/host/memory/sql.ts'
import type { MailStore } from '../../../src/mailbox/index.ts'
import type { Sql, SqlBinding, SqlRow } from '../../../src/storage/index.ts'
import { type Answer, World } from './world.ts'

const sizes = [1_000, 20_000] as const

/** Statements, the rows they gave, and the characters of text in those rows. */
interface Cost {
  statements: number
  rows: number
  characters: number
}

function countingSql(cost: Cost): Sql {
  const inner = memorySql()
  return {
    exec<Row extends SqlRow>(query: string, ...bindings: SqlBinding[]) {
      const cursor = inner.exec<Row>(query, ...bindings)
      cost.statements++
      for (const row of cursor.toArray()) {
        cost.rows++
        for (const value of Object.values(row)) if (typeof value === 'string') cost.characters += value.length
      }
      return cursor
    },
    transaction: (work) => inner.transaction(work),
  }
}

/** Every third message answers the one before. Two words are in all, next to each other in every other one. */
async function fill(store: MailStore, messages: number): Promise<void> {
  const inbox = store.mailboxByRole('inbox')?.id
  if (inbox === undefined) throw new Error('no inbox')
  for (let first = 0; first < messages; first += 500) {
    store.add(
      Array.from({ length: 500 }, (_, step) => {
        const index = first + step
        const answer = index % 3 === 2 ? `In-Reply-To: <m${index - 1}@example.com>\r\n` : ''
        const text = index % 2 === 0 ? 'harbour lantern' : 'lantern of the harbour'
        const head = `From: Bob <bob@example.com>\r\nSubject: News\r\nMessage-ID: <m${index}@example.com>\r\n${answer}`
        return { raw: encodeUtf8(`${head}\r\n${text}\r\n`), mailboxIds: [inbox], receivedAt: 1_000_000 * index }
      }),
    )
  }
  while ((await store.indexPending(1_000)) > 0);
}

type Call = [name: string, args: Record<string, unknown>]

const sort = [{ property: 'receivedAt', isAscending: false }]

/** Marks one of the newest emails, or takes the mark off again. */
async function flag(world: World): Promise<void> {
  const { ids } = await world.call('Email/query', { sort, limit: 1, position: 3 })
  await world.call('Email/set', { update: { [ids[0]]: { 'keywords/$seen': true } } })
  await world.call('Email/set', { update: { [ids[0]]: { 'keywords/$seen': null } } })
}

const openInbox = (inbox: string): Call[] => [
  ['Email/query', { filter: { inMailbox: inbox }, sort, collapseThreads: true, limit: 50 }],
  [
    'Email/get',
    {
      '#ids': { resultOf: 'c0', name: 'Email/query', path: '/ids' },
      properties: ['threadId', 'mailboxIds', 'keywords', 'from', 'to', 'subject', 'receivedAt', 'size', 'preview'],
    },
  ],
  ['Thread/get', { '#ids': { resultOf: 'c1', name: 'Email/get', path: '/list/*/threadId' } }],
  ['Mailbox/get', { ids: null }],
]

const queries = (inbox: string): Call[] =>
  ['lantern', '"harbour lantern"', 'lantern harb'].map((text) => [
    'Email/query',
    { filter: { inMailbox: inbox, text }, sort, limit: 50 },
  ])

describe('A request costs the same in a mailbox of 20,000 messages as in one of 1,000', () => {
  const worlds: { world: World; cost: Cost; inbox: string }[] = []

  beforeAll(async () => {
    for (const size of sizes) {
      const cost = { statements: 0, rows: 0, characters: 0 }
      const world = new World({}, { sql: countingSql(cost) })
      await fill(world.store, size)
      const inbox = world.mailbox('inbox')
      // What is in memory while the object lives is there.
      await world.request(...openInbox(inbox), ...queries(inbox))
      worlds.push({ world, cost, inbox })
    }
  }, 60_000)

  /** In each world: runs what goes before, then what an answer takes. */
  async function costs(
    calls: (inbox: string, state: string) => Call[],
    before: (world: World) => Promise<void> = () => Promise.resolve(),
  ): Promise<{ statements: number; rows: number; characters: number; answers: Answer[] }[]> {
    const all = []
    for (const { world, cost, inbox } of worlds) {
      const { state } = await world.call('Email/get', { ids: [] })
      await before(world)
      Object.assign(cost, { statements: 0, rows: 0, characters: 0 })
      const responses = await world.request(...calls(inbox, state))
      all.push({ ...cost, answers: responses.map((response) => response[1]) })
    }
    return all
  }

  test('the view of an inbox: one statement, and a row for each of its 50 emails', async () => {
    const [small, large] = await costs(openInbox)
    expect(small?.answers[1].list).toHaveLength(50)
    expect(small).toMatchObject({ statements: 1, rows: 50 })
    expect(large).toMatchObject({ statements: 1, rows: 50 })
  })

  test('the same after a change (Mailbox/get counts nothing again)', async () => {
    const [small, large] = await costs(openInbox, flag)
    expect(small).toMatchObject({ statements: 1, rows: 50 })
    expect(large).toMatchObject({ statements: 1, rows: 50 })
  })

  test('Email/changes and Email/queryChanges after one change (RFC 8620 §5.2, §5.6)', async () => {
    const [small, large] = await costs(
      (inbox, state) => [
        ['Email/changes', { sinceState: state }],
        ['Email/queryChanges', { filter: { inMailbox: inbox }, sort, collapseThreads: true, sinceQueryState: state }],
      ],
      flag,
    )
    expect(large?.answers[1].added.length).toBeGreaterThan(0)
    expect(large?.answers[1].added).toEqual(
      small?.answers[1].added.map((item: Answer) => ({ ...item, id: expect.any(String) })),
    )
    expect(large?.statements).toBe(small?.statements)
    expect(large?.rows).toBe(small?.rows)
  })

  test('a word in every message, and a phrase in every other: matches are read as far as the page needs', async () => {
    const [small, large] = await costs(queries)
    for (const cost of [small, large]) for (const { ids } of cost?.answers ?? []) expect(ids).toHaveLength(50)
    expect(large?.statements).toBe(small?.statements)
    // Ids of 20,000 messages have a digit more than those of 1,000.
    expect(large?.characters).toBeLessThan(2 * (small?.characters ?? 0))
  })
})
