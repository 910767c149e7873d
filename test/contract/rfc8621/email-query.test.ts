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

  it('then catches up with what another device did, and with new mail', async () => {
    const world = new World()
    const ids: string[] = []
    for (let n = 0; n < 40; n++)
      ids.push(world.deliver(message(n, `Topic ${n}`), { receivedAt: n, keywords: ['$seen'] }))
    const query = {
      filter: { inMailbox: world.mailbox('inbox') },
      sort: [{ property: 'receivedAt', isAscending: false }],
      collapseThreads: true,
    }
    const page = await world.call('Email/query', { ...query, position: 0, limit: 30, calculateTotal: true })
    const { state } = await world.call('Email/get', { ids: [] })
    const [first, second, , fourth] = page.ids
    const marked = await world.call('Email/set', { update: { [first]: { 'keywords/$seen': null } } })
    expect(marked).toMatchObject({ oldState: state, updated: { [first]: null } })
    await world.call('Email/set', { destroy: [second, fourth] })
    const fresh = world.deliver(message(99, 'Fresh'), { receivedAt: 1000 })
    const [[, changes], [, difference]] = await world.request(
      ['Email/changes', { sinceState: state, maxChanges: 50 }],
      [
        'Email/queryChanges',
        {
          ...query,
          sinceQueryState: page.queryState,
          upToId: page.ids.at(-1),
          maxChanges: 25,
          calculateTotal: true,
        },
      ],
    )
    expect(changes).toMatchObject({ oldState: state, hasMoreChanges: false, created: [fresh], updated: [first] })
    expect(new Set(changes.destroyed)).toEqual(new Set([second, fourth]))
    expect(difference).toMatchObject({ oldQueryState: page.queryState, total: 39 })
    const list = page.ids.filter((id: string) => !difference.removed.includes(id))
    for (const { id, index } of difference.added) list.splice(index, 0, id)
    const now = await world.call('Email/query', { ...query, limit: list.length })
    expect(list).toEqual(now.ids)
    expect(difference.newQueryState).toBe(now.queryState)
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

const fields = (lines: string): string =>
  `${lines}\nMessage-ID: <${lines.length}.${lines.slice(0, 20).replace(/\W/g, '')}@x>`

describe('conditions, one by one (RFC 8621 §4.4.1)', () => {
  const world = new World()
  const ids: Record<string, string> = {}
  let inbox = ''
  let archive = ''

  const mail = {
    ann: `${fields('From: Ann Ångström <ann@x.example>\nTo: Bob <bob@y.example>\nSubject: Tea time')}\n\nDrink it hot.\n`,
    bea: `${fields('From: Bea <bea@x.example>\nTo: c@y.example\nCc: Cleo <cleo@z.example>\nBcc: dan@z.example\nSubject: =?utf-8?q?Caf=C3=A9?=')}\nX-Spam: yes, very\n\nThe quick brown fox.\n`,
    html: `${fields('From: c@x.example\nSubject: page')}\nContent-Type: text/html\n\n<head><title>headline</title><style>.styled{}</style></head><body class="classy"><script>scripted()</script><p>Para<b>graph</b> one</p><img alt="picture of a cat" title="tooltip"></body>\n`,
    file: `${fields('From: d@x.example\nSubject: with a file')}\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\ncovering letter\n--b\nContent-Type: application/pdf; name=report.pdf\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64\n\nAAAA\n--b\nContent-Type: message/rfc822\n\nSubject: nested\n\nforwarded words\n--b--\n`,
  }

  beforeAll(async () => {
    for (const [index, [name, raw]] of Object.entries(mail).entries()) {
      ids[name] = world.deliver(raw, {
        receivedAt: Date.UTC(2026, 0, 1 + index),
        keywords: name === 'bea' ? ['$seen'] : [],
      })
    }
    inbox = world.mailbox('inbox')
    archive = world.mailbox('archive')
    await world.call('Email/set', {
      update: {
        [ids['bea'] as string]: { [`mailboxIds/${archive}`]: true },
        [ids['html'] as string]: { mailboxIds: { [archive]: true } },
      },
    })
  })

  async function found(filter: Record<string, unknown>): Promise<string[]> {
    const text = JSON.stringify(filter).replaceAll('INBOX', inbox).replaceAll('ARCHIVE', archive)
    const answer = await world.call('Email/query', { filter: JSON.parse(text), sort: [{ property: 'receivedAt' }] })
    return answer.ids.map((id: string) => Object.keys(ids).find((name) => ids[name] === id))
  }

  it.each<[string, Record<string, unknown>, string[]]>([
    ['inMailbox', { inMailbox: 'ARCHIVE' }, ['bea', 'html']],
    ['inMailboxOtherThan: solely in those is left out', { inMailboxOtherThan: ['ARCHIVE'] }, ['ann', 'bea', 'file']],
    ['inMailboxOtherThan several', { inMailboxOtherThan: ['ARCHIVE', 'INBOX'] }, []],
    ['inMailboxOtherThan none', { inMailboxOtherThan: [] }, ['ann', 'bea', 'html', 'file']],
    ['before, which is exclusive', { before: '2026-01-02T00:00:00Z' }, ['ann']],
    ['after, which is inclusive', { after: '2026-01-03T00:00:00Z' }, ['html', 'file']],
    [
      'before and after with fractions',
      { after: '2026-01-01T23:59:59.999Z', before: '2026-01-02T00:00:00.001Z' },
      ['bea'],
    ],
    ['hasKeyword', { hasKeyword: '$seen' }, ['bea']],
    ['notKeyword', { notKeyword: '$seen' }, ['ann', 'html', 'file']],
    ['a keyword that nothing has', { hasKeyword: 'unheard' }, []],
    ['hasAttachment', { hasAttachment: true }, ['file']],
    ['hasAttachment false', { hasAttachment: false }, ['ann', 'bea', 'html']],
    ['text in From', { text: 'ann@x.example' }, ['ann']],
    ['text in a name', { text: 'Bob' }, ['ann']],
    ['text in Cc', { text: 'cleo' }, ['bea']],
    ['text in Bcc', { text: 'dan@z.example' }, ['bea']],
    ['text in an encoded Subject', { text: 'café' }, ['bea']],
    ['text in the body', { text: 'fox' }, ['bea']],
    ['text of words in several places', { text: 'bea fox' }, ['bea']],
    ['text of which one word is missing', { text: 'bea hot' }, []],
    ['from', { from: 'Ann' }, ['ann']],
    ['from in another case and without marks', { from: 'ANGSTROM' }, ['ann']],
    ['from does not look into To', { from: 'bob' }, []],
    ['to', { to: 'y.example' }, ['ann', 'bea']],
    ['cc', { cc: 'Cleo' }, ['bea']],
    ['bcc', { bcc: 'dan' }, ['bea']],
    ['subject', { subject: 'tea' }, ['ann']],
    ['body', { body: 'hot' }, ['ann']],
    ['body does not look into the header', { body: 'tea' }, []],
    ['body: the text of HTML over its tags', { body: 'paragraph' }, ['html']],
    ['body: what a picture is called', { body: 'cat tooltip' }, ['html']],
    ['body: no markup', { body: 'classy' }, []],
    ['body: no style', { body: 'styled' }, []],
    ['body: no script', { body: 'scripted' }, []],
    ['body: nothing of the head', { body: 'headline' }, []],
    ['body: attached messages', { body: 'forwarded' }, ['file']],
    ['a phrase', { body: '"quick brown"' }, ['bea']],
    ['a phrase in single quotes', { body: "'quick brown'" }, ['bea']],
    ['a phrase in another order', { body: '"brown quick"' }, []],
    ['the words without being a phrase', { body: 'brown quick' }, ['bea']],
    ['a phrase with an escaped quote', { body: '"quick \\"brown"' }, ['bea']],
    ['header: there is such a field', { header: ['X-Spam'] }, ['bea']],
    ['header in another case', { header: ['x-spam', 'VERY'] }, ['bea']],
    ['header with another text', { header: ['X-Spam', 'no'] }, []],
    ['header, decoded', { header: ['Subject', 'Café'] }, ['bea']],
    ['no property: every email', {}, ['ann', 'bea', 'html', 'file']],
    [
      'several properties: all must hold',
      { inMailbox: 'INBOX', subject: 'a', notKeyword: '$seen', hasAttachment: true },
      ['file'],
    ],
  ])('%s', async (_, filter, names) => {
    expect(await found(filter)).toEqual(names)
    expect(world.faults).toEqual([])
  })

  it('minSize is inclusive, maxSize exclusive', async () => {
    const { size } = (await world.call('Email/get', { ids: [ids['ann']], properties: ['size'] })).list[0]
    const subject = 'Tea'
    expect(await found({ subject, minSize: size })).toEqual(['ann'])
    expect(await found({ subject, minSize: size + 1 })).toEqual([])
    expect(await found({ subject, maxSize: size })).toEqual([])
    expect(await found({ subject, maxSize: size + 1 })).toEqual(['ann'])
  })

  it('before is about receivedAt, whatever the Date field says', async () => {
    const other = new World()
    const id = other.deliver('From: a@x.example\nDate: Mon, 1 Jan 1990 00:00:00 +0000\n\nx\n', {
      receivedAt: Date.UTC(2026, 0, 1),
    })
    expect((await other.call('Email/query', { filter: { before: '2000-01-01T00:00:00Z' } })).ids).toEqual([])
    expect((await other.call('Email/query', { filter: { after: '2026-01-01T00:00:00Z' } })).ids).toEqual([id])
  })
})

const thread = (n: number, name: string, root: boolean): string =>
  `From: p${n}@x.example\nSubject: ${root ? '' : 'Re: '}${name}\nMessage-ID: <${name}${root ? 0 : n}@x>\n${root ? '' : `In-Reply-To: <${name}0@x>\n`}\nx\n`

/** Threads: a (0 in the inbox, 1 in the archive and flagged), b (2, 3, both flagged), c (4). */
function threads(): { world: World; ids: string[] } {
  const made = new World()
  const ids = [
    made.deliver(thread(0, 'a', true), { receivedAt: 1000 }),
    made.deliver(thread(1, 'a', false), { receivedAt: 2000, role: 'archive', keywords: ['$flagged'] }),
    made.deliver(thread(2, 'b', true), { receivedAt: 3000, keywords: ['$flagged'] }),
    made.deliver(thread(3, 'b', false), { receivedAt: 4000, keywords: ['$flagged'] }),
    made.deliver(thread(4, 'c', true), { receivedAt: 5000 }),
  ]
  return { world: made, ids }
}

describe('threads and their keywords (RFC 8621 §4.4.1, §4.4.2, §4.4.3)', () => {
  const up = [{ property: 'receivedAt' }]
  const down = [{ property: 'receivedAt', isAscending: false }]

  it.each<[string, Record<string, unknown>, number[]]>([
    ['all have it', { filter: { allInThreadHaveKeyword: '$flagged' }, sort: up }, [2, 3]],
    ['some have it', { filter: { someInThreadHaveKeyword: '$flagged' }, sort: up }, [0, 1, 2, 3]],
    ['none has it', { filter: { noneInThreadHaveKeyword: '$flagged' }, sort: up }, [4]],
    [
      'some in any mailbox',
      { filter: { inMailbox: 'INBOX', someInThreadHaveKeyword: '$flagged' }, sort: up },
      [0, 2, 3],
    ],
    ['all in any mailbox', { filter: { inMailbox: 'ARCHIVE', allInThreadHaveKeyword: '$flagged' }, sort: up }, []],
    ['sorted by hasKeyword', { sort: [{ property: 'hasKeyword', keyword: '$flagged' }, ...up] }, [0, 4, 1, 2, 3]],
    [
      'sorted by hasKeyword, down',
      { sort: [{ property: 'hasKeyword', keyword: '$FLAGGED', isAscending: false }, ...up] },
      [1, 2, 3, 0, 4],
    ],
    [
      'sorted by allInThreadHaveKeyword',
      { sort: [{ property: 'allInThreadHaveKeyword', keyword: '$flagged' }, ...up] },
      [0, 1, 4, 2, 3],
    ],
    [
      'sorted by someInThreadHaveKeyword',
      { sort: [{ property: 'someInThreadHaveKeyword', keyword: '$flagged' }, ...up] },
      [4, 0, 1, 2, 3],
    ],
    ['collapsed, the newest of each', { sort: down, collapseThreads: true }, [4, 3, 1]],
    ['collapsed, the oldest of each', { sort: up, collapseThreads: true }, [0, 2, 4]],
    ['collapsed after the filter', { filter: { inMailbox: 'INBOX' }, sort: down, collapseThreads: true }, [4, 3, 0]],
    [
      'collapsed by another sort',
      { sort: [{ property: 'hasKeyword', keyword: '$flagged', isAscending: false }, ...up], collapseThreads: true },
      [1, 2, 4],
    ],
    ['collapsed, from a position', { sort: down, collapseThreads: true, position: 1, limit: 1 }, [3]],
    ['collapsed, from the end', { sort: down, collapseThreads: true, position: -1 }, [1]],
    ['collapsed, from an anchor', { sort: down, collapseThreads: true, anchor: 'ID3' }, [3, 1]],
  ])('%s', async (_, args, numbers) => {
    const { world: made, ids } = threads()
    const text = JSON.stringify(args)
      .replaceAll('INBOX', made.mailbox('inbox'))
      .replaceAll('ARCHIVE', made.mailbox('archive'))
      .replaceAll('ID3', ids[3] as string)
    const answer = await made.call('Email/query', JSON.parse(text))
    expect(answer.ids).toEqual(numbers.map((n) => ids[n]))
  })

  it('an email that collapsing hides is no anchor', async () => {
    const { world: made, ids } = threads()
    const refusal = await made.refusal('Email/query', { sort: down, collapseThreads: true, anchor: ids[0] })
    expect(refusal.type).toBe('anchorNotFound')
  })

  it('total counts threads when they are collapsed, as the mailbox does (§4.4)', async () => {
    const { world: made } = threads()
    const filter = { inMailbox: made.mailbox('inbox') }
    const [mailbox] = (await made.call('Mailbox/get', { ids: [filter.inMailbox] })).list
    const total = async (collapseThreads: boolean): Promise<number> =>
      (await made.call('Email/query', { filter, collapseThreads, calculateTotal: true, limit: 1 })).total
    expect([await total(false), await total(true)]).toEqual([mailbox.totalEmails, mailbox.totalThreads])
    expect([mailbox.totalEmails, mailbox.totalThreads]).toEqual([4, 3])
  })

  it('takes the example sort of §4.4.2: flagged threads first, by subject, the newest first', async () => {
    const { world: made, ids } = threads()
    const sort = [
      { property: 'someInThreadHaveKeyword', keyword: '$flagged', isAscending: false },
      { property: 'subject', collation: 'i;ascii-casemap' },
      { property: 'receivedAt', isAscending: false },
    ]
    const answer = await made.call('Email/query', { sort })
    expect(answer.ids).toEqual([1, 0, 3, 2, 4].map((n) => ids[n]))
  })

  it.each(['hasKeyword', 'allInThreadHaveKeyword', 'someInThreadHaveKeyword'])(
    'a sort by %s needs a keyword',
    async (property) => {
      for (const keyword of [undefined, null, 1, 'two words', '']) {
        const sort = [{ property, ...(keyword === undefined ? {} : { keyword }) }]
        expect((await new World().refusal('Email/query', { sort })).type).toBe('invalidArguments')
      }
    },
  )
})

describe('sorting (RFC 8621 §4.4.2)', () => {
  const mails: readonly (readonly [fields: string, receivedAt: number])[] = [
    ['From: "Zed" <a@x.example>\nTo: d@x.example\nSubject: Re: beta\nDate: Mon, 1 Jan 2024 12:00:00 +0000', 5000],
    ['From: b@x.example\nTo: "Ann" <z@x.example>\nSubject: [list] Alpha\nDate: Mon, 1 Jan 2024 12:30:00 +0100', 4000],
    [
      'From: "" <c@x.example>\nTo: Team: "Bob" <y@x.example>;\nSubject: gamma\nDate: Tue, 2 Jan 2024 12:00:00 +0000',
      3000,
    ],
    [
      'Subject: fwd: ALPHA 2\nDate: Sun, 31 Dec 2023 12:00:00 +0000\nX-Long: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
      2000,
    ],
  ]

  it.each<[string, object, number[]]>([
    ['receivedAt', { property: 'receivedAt' }, [3, 2, 1, 0]],
    ['sentAt, whatever the zone', { property: 'sentAt' }, [3, 1, 0, 2]],
    ['from: the name, else the address, else nothing', { property: 'from' }, [3, 1, 2, 0]],
    ['to: the first address, in a group too', { property: 'to' }, [3, 1, 2, 0]],
    ['subject: the base subject (RFC 5256 §2.1)', { property: 'subject' }, [1, 3, 0, 2]],
    ['subject, down', { property: 'subject', isAscending: false }, [2, 0, 3, 1]],
  ])('by %s', async (_, comparator, order) => {
    const world = new World()
    const ids = mails.map(([head, receivedAt]) => world.deliver(`${head}\n\nx\n`, { receivedAt }))
    expect((await world.call('Email/query', { sort: [comparator] })).ids).toEqual(order.map((n) => ids[n]))
  })

  it('by size', async () => {
    const world = new World()
    const ids = ['xxx', 'x', 'xx'].map((body) => world.deliver(`From: a@x.example\n\n${body}`))
    expect((await world.call('Email/query', { sort: [{ property: 'size' }] })).ids).toEqual([ids[1], ids[2], ids[0]])
  })

  it('every property that the capability names (§1.3.1)', async () => {
    const world = new World()
    const session = world.jmap.session('https://mail.facteur.test') as Answer
    const { emailQuerySortOptions } = session.accounts.a1.accountCapabilities['urn:ietf:params:jmap:mail']
    expect(emailQuerySortOptions).toEqual(
      expect.arrayContaining(['receivedAt', 'size', 'from', 'to', 'subject', 'sentAt']),
    )
    for (const property of emailQuerySortOptions) {
      const keyword = property.endsWith('Keyword') ? { keyword: '$seen' } : {}
      await world.call('Email/query', { sort: [{ property, ...keyword }] })
    }
  })

  it('what is equal keeps one order', async () => {
    const world = new World()
    for (let n = 0; n < 20; n++) world.deliver(message(n, 'same'), { receivedAt: 1000 })
    const sort = [{ property: 'subject' }]
    const all = (await world.call('Email/query', { sort })).ids
    const pages = [0, 7, 14].map(
      async (position) => (await world.call('Email/query', { sort, position, limit: 7 })).ids,
    )
    expect((await Promise.all(pages)).flat()).toEqual(all)
  })
})
