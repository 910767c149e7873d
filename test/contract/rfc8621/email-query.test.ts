import { beforeAll, describe, expect, it } from 'vitest'
import { World, type Answer } from '../../access/jmap/world.ts'

function message(n: number, subject: string, extra = ''): string {
  return `From: Person ${n} <p${n}@example.com>\nTo: alice@facteur.test\nSubject: ${subject}\nMessage-ID: <q${n}@x>\n${extra}\nbody number ${n}\n`
}

describe('Email/query (RFC 8621 §4.4, RFC 8620 §5.5)', () => {
  const world = new World()
  /** Three threads: [0, 1, 2], [3], [4]; arrival in the order of numbers. */
  const ids: string[] = []

  beforeAll(() => {
    for (let n = 0; n < 5; n++) {
      const reply = n === 1 || n === 2
      ids.push(
        world.deliver(
          message(n, reply ? 'Re: Plan' : n === 0 ? 'Plan' : `Topic ${n}`, reply ? 'In-Reply-To: <q0@x>\n' : ''),
          {
            receivedAt: Date.UTC(2026, 0, 1 + n),
            keywords: n === 1 ? ['$flagged'] : [],
            role: n === 4 ? 'archive' : 'inbox',
          },
        ),
      )
    }
  })

  const at = (...numbers: number[]) => numbers.map((n) => ids[n])
  const newest = [{ property: 'receivedAt', isAscending: false }]

  async function find(args: Record<string, unknown>): Promise<Answer> {
    return (await world.call('Email/query', args)).ids
  }

  it.each<[string, Record<string, unknown>, number[]]>([
    ['newest first', { sort: newest }, [4, 3, 2, 1, 0]],
    ['oldest first', { sort: [{ property: 'receivedAt' }] }, [0, 1, 2, 3, 4]],
    ['one mailbox', { filter: { inMailbox: 'INBOX' }, sort: newest }, [3, 2, 1, 0]],
    ['a mailbox that is not there', { filter: { inMailbox: 'B999' } }, []],
    ['a mailbox id that we never give out', { filter: { inMailbox: 'zzz' } }, []],
    ['in another mailbox than', { filter: { inMailboxOtherThan: ['INBOX', 'zzz'] } }, [4]],
    ['collapsed', { filter: { inMailbox: 'INBOX' }, sort: newest, collapseThreads: true }, [3, 2]],
    [
      'before is exclusive, after inclusive',
      { filter: { after: '2026-01-02T00:00:00Z', before: '2026-01-04T00:00:00Z' }, sort: newest },
      [2, 1],
    ],
    ['a keyword, in any case', { filter: { hasKeyword: '$FLAGGED' } }, [1]],
    ['without a keyword', { filter: { notKeyword: '$flagged' }, sort: newest }, [4, 3, 2, 0]],
    ['some in thread', { filter: { someInThreadHaveKeyword: '$flagged' }, sort: newest }, [2, 1, 0]],
    ['all in thread', { filter: { allInThreadHaveKeyword: '$flagged' } }, []],
    ['none in thread', { filter: { noneInThreadHaveKeyword: '$flagged' }, sort: newest }, [4, 3]],
    ['text in From', { filter: { from: 'p3@example.com' } }, [3]],
    ['text in the subject', { filter: { subject: 'plan' }, sort: newest }, [2, 1, 0]],
    ['text in the body', { filter: { body: '"number 4"' } }, [4]],
    ['a header field', { filter: { header: ['In-Reply-To'] }, sort: newest }, [2, 1]],
    [
      'AND, OR, NOT',
      {
        filter: {
          operator: 'AND',
          conditions: [
            { inMailbox: 'INBOX' },
            { operator: 'NOT', conditions: [{ hasKeyword: '$flagged' }, { subject: 'topic' }] },
          ],
        },
        sort: newest,
      },
      [2, 0],
    ],
    [
      'sorted by a keyword first',
      { sort: [{ property: 'hasKeyword', keyword: '$flagged', isAscending: false }, ...newest] },
      [1, 4, 3, 2, 0],
    ],
    [
      'sorted by from',
      { sort: [{ property: 'from', isAscending: false, collation: 'i;ascii-casemap' }] },
      [4, 3, 2, 1, 0],
    ],
    ['a position and a limit', { sort: newest, position: 1, limit: 2 }, [3, 2]],
    ['a negative position', { sort: newest, position: -2 }, [1, 0]],
    ['an anchor with an offset', { sort: newest, anchor: 'ID2', anchorOffset: -1, limit: 2 }, [3, 2]],
    ['an empty page', { limit: 0 }, []],
  ])('%s', async (_, args, numbers) => {
    const text = JSON.stringify(args)
      .replaceAll('INBOX', world.mailbox('inbox'))
      .replaceAll('ID2', ids[2] as string)
    expect(await find(JSON.parse(text))).toEqual(at(...numbers))
    expect(world.faults).toEqual([])
  })

  it('gives position, total and a state that changes can be asked since', async () => {
    const answer = await world.call('Email/query', { sort: newest, position: -1, calculateTotal: true, limit: 1 })
    expect(answer).toEqual({
      accountId: 'a1',
      queryState: expect.any(String),
      canCalculateChanges: true,
      position: 4,
      total: 5,
      ids: at(0),
    })
    expect(await world.call('Email/query', { collapseThreads: true, calculateTotal: true })).toMatchObject({ total: 3 })
  })

  it('tells the limit when it has set one (§5.5)', async () => {
    const small = new World({ maxQueryPage: 2 })
    for (let n = 0; n < 3; n++) small.deliver(message(n, 'x'))
    expect(await small.call('Email/query', {})).toMatchObject({
      limit: 2,
      ids: [expect.any(String), expect.any(String)],
    })
    expect(await small.call('Email/query', { limit: 9 })).toMatchObject({ limit: 2 })
    expect(await small.call('Email/query', { limit: 1 })).not.toHaveProperty('limit')
  })

  it.each<[string, Record<string, unknown>]>([
    ['unsupportedFilter', { filter: { colour: 'red' } }],
    ['unsupportedFilter', { filter: { constructor: 'x' } }],
    ['invalidArguments', { filter: { inMailbox: null } }],
    ['invalidArguments', { filter: { inMailboxOtherThan: 'B1' } }],
    ['invalidArguments', { filter: { before: '2026-01-02' } }],
    ['invalidArguments', { filter: { after: 5 } }],
    ['invalidArguments', { filter: { minSize: -1 } }],
    ['invalidArguments', { filter: { maxSize: '1' } }],
    ['invalidArguments', { filter: { hasKeyword: 'two words' } }],
    ['invalidArguments', { filter: { hasAttachment: 1 } }],
    ['invalidArguments', { filter: { text: ['a'] } }],
    ['invalidArguments', { filter: { header: [] } }],
    ['invalidArguments', { filter: { header: ['a', 'b', 'c'] } }],
    ['invalidArguments', { filter: { operator: 'XOR', conditions: [] } }],
    ['unsupportedSort', { sort: [{ property: 'colour' }] }],
    ['unsupportedSort', { sort: [{ property: 'subject', collation: 'i;klingon' }] }],
    ['unsupportedSort', { sort: [{ property: 'size', surprise: 1 }] }],
    ['invalidArguments', { sort: [{ property: 'hasKeyword' }] }],
    ['invalidArguments', { sort: [{ property: 'size', keyword: '$seen' }] }],
    ['invalidArguments', { collapseThreads: 'yes' }],
    ['anchorNotFound', { anchor: 'M999' }],
    ['anchorNotFound', { anchor: 'zzz' }],
    ['invalidArguments', { anchor: 'not an id' }],
  ])('%s for %j', async (type, args) => {
    expect((await world.refusal('Email/query', args)).type).toBe(type)
  })
})

describe('Email/queryChanges (RFC 8621 §4.5, RFC 8620 §5.6)', () => {
  it('leads from the old results to the new ones, whatever happens', async () => {
    const world = new World()
    const inbox = world.mailbox('inbox')
    const ids: string[] = []
    for (let n = 0; n < 12; n++) {
      ids.push(
        world.deliver(
          message(n, n % 3 === 0 ? 'Topic' : `Re: Topic ${n}`, n > 2 ? `In-Reply-To: <q${n - 3}@x>\n` : ''),
          { receivedAt: n * 1000 },
        ),
      )
    }
    const newest = [{ property: 'receivedAt', isAscending: false }]
    const queries = [
      { filter: { inMailbox: inbox }, sort: newest },
      { filter: { inMailbox: inbox }, sort: newest, collapseThreads: true },
      { filter: { inMailbox: inbox, someInThreadHaveKeyword: '$flagged' }, sort: newest, collapseThreads: true },
      { sort: [{ property: 'hasKeyword', keyword: '$seen' }, ...newest], collapseThreads: true },
      { filter: { noneInThreadHaveKeyword: '$seen' }, sort: newest },
    ]
    const before = await Promise.all(queries.map((query) => world.call('Email/query', query)))
    await world.call('Email/set', {
      update: {
        [ids[0] as string]: { 'keywords/$flagged': true },
        [ids[7] as string]: { 'keywords/$seen': true },
        [ids[9] as string]: { mailboxIds: { [world.mailbox('trash')]: true } },
      },
      destroy: [ids[11], ids[4]],
    })
    world.deliver(message(50, 'Fresh'))
    for (const [index, query] of queries.entries()) {
      const old = before[index]
      const change = await world.call('Email/queryChanges', {
        ...query,
        sinceQueryState: old.queryState,
        calculateTotal: true,
      })
      const results: string[] = old.ids.filter((id: string) => !change.removed.includes(id))
      for (const { id, index } of change.added) results.splice(index, 0, id)
      const now = await world.call('Email/query', query)
      expect(results).toEqual(now.ids)
      expect(change).toMatchObject({
        oldQueryState: old.queryState,
        newQueryState: now.queryState,
        total: now.ids.length,
      })
    }
  })

  it('tooManyChanges above maxChanges', async () => {
    const world = new World()
    const { queryState } = await world.call('Email/query', {})
    world.deliver(message(1, 'a'))
    world.deliver(message(2, 'b'))
    expect((await world.refusal('Email/queryChanges', { sinceQueryState: queryState, maxChanges: 1 })).type).toBe(
      'tooManyChanges',
    )
  })
})

describe('the first page of a client (RFC 8621 §4.10)', () => {
  it('is one request of four calls', async () => {
    const world = new World()
    for (let n = 0; n < 4; n++)
      world.deliver(message(n, n === 3 ? 'Re: Topic 0' : `Topic ${n}`, n === 3 ? 'In-Reply-To: <q0@x>\n' : ''), {
        receivedAt: n,
      })
    const [, , [, threads], [, emails]] = await world.request(
      [
        'Email/query',
        {
          filter: { inMailbox: world.mailbox('inbox') },
          sort: [{ isAscending: false, property: 'receivedAt' }],
          collapseThreads: true,
          position: 0,
          limit: 30,
          calculateTotal: true,
        },
      ],
      ['Email/get', { '#ids': { resultOf: 'c0', name: 'Email/query', path: '/ids' }, properties: ['threadId'] }],
      ['Thread/get', { '#ids': { resultOf: 'c1', name: 'Email/get', path: '/list/*/threadId' } }],
      [
        'Email/get',
        {
          '#ids': { resultOf: 'c2', name: 'Thread/get', path: '/list/*/emailIds' },
          properties: [
            'threadId',
            'mailboxIds',
            'keywords',
            'hasAttachment',
            'from',
            'subject',
            'receivedAt',
            'size',
            'preview',
          ],
        },
      ],
    )
    expect(threads.list).toHaveLength(3)
    expect(emails.list).toHaveLength(4)
    expect(emails.list[0]).toMatchObject({
      from: [{ name: 'Person 0', email: 'p0@example.com' }],
      preview: 'body number 0',
    })
  })

  it('opens no message and asks the database once for the whole page', async () => {
    const world = new World()
    for (let n = 0; n < 200; n++) world.deliver(message(n, `Topic ${n}`), { receivedAt: n })
    const page = (): Promise<Answer[]> =>
      world.request(
        ['Email/query', { filter: { inMailbox: world.mailbox('inbox') }, collapseThreads: true, limit: 50 }],
        [
          'Email/get',
          {
            '#ids': { resultOf: 'c0', name: 'Email/query', path: '/ids' },
            properties: [
              'threadId',
              'mailboxIds',
              'keywords',
              'from',
              'to',
              'subject',
              'receivedAt',
              'size',
              'preview',
            ],
          },
        ],
        ['Thread/get', { '#ids': { resultOf: 'c1', name: 'Email/get', path: '/list/*/threadId' } }],
      )
    await page()
    const before = world.statements
    const responses = await page()
    expect(responses[2][1].list).toHaveLength(50)
    expect(world.statements - before).toBeLessThanOrEqual(3)
  })
})
