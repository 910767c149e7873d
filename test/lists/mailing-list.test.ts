/** Distribution lists: a message for all members, each once, from an address of the list's own (RFC 5321 §3.9.2). */
import { describe, expect, test, vi } from 'vitest'
import { encodeUtf8 } from '../../src/format/index.ts'
import { mostMembers } from '../../src/lists/index.ts'
import { day, ListWorld, minute } from './world.ts'

const members = ['ann@one.test', 'bob@two.test', 'cem@facteur.test']

describe('a post', () => {
  test('comes to every member, each from an address of its own to which mail can come back', async () => {
    const world = new ListWorld({}, ...members)
    expect(world.post('Ann <ann@one.test>')).toEqual({ status: 'delivered' })
    await world.settle()
    expect(world.recipients).toEqual(members)
    const paths = world.sent.map(({ envelope }) => envelope.reversePath)
    expect(paths).toEqual(members.map((member) => `dev-bounces+${world.tokenOf(member)}@facteur.test`))
    expect(new Set(paths).size).toBe(3)
    expect(world.sent[0]!.envelope.recipients[0]!.notify).toEqual(['FAILURE'])
  })

  test('is durable before it is answered: a crash after that loses nothing', async () => {
    const world = new ListWorld({}, ...members)
    world.post('ann@one.test')
    world.list = world.open()
    await world.settle()
    expect(world.recipients).toEqual(members)
  })

  test('a crash on the way sends at most a handful twice', async () => {
    const many = Array.from({ length: 30 }, (_, index) => `m${index}@one.test`)
    const world = new ListWorld({ posting: 'anyone' }, ...many)
    world.post('ann@one.test')
    // From the twentieth on what was said to a copy is not heard any more.
    world.ends = (copies) => copies > 20
    void world.list.run()
    await vi.waitFor(() => expect(world.recipients).toHaveLength(24))
    world.ends = () => false
    world.list = world.open()
    await world.settle()
    expect(new Set(world.recipients)).toEqual(new Set(many))
    expect(world.recipients.length).toBeLessThanOrEqual(many.length + 8)
  })

  test('a disk that is full on the way sends nobody a copy twice, however long that lasts (RFC 5321 §4.5.4.2)', async () => {
    const world = new ListWorld({ posting: 'anyone' }, 'bob@two.test', 'cem@one.test', 'gone@one.test')
    world.post('ann@one.test')
    const exec = world.sql.exec.bind(world.sql)
    const full: typeof exec = (query, ...bindings) => {
      if (!/^\s*SELECT/i.test(query)) throw new Error('database or disk is full: SQLITE_FULL')
      return exec(query, ...bindings)
    }
    world.answer = (address) => {
      world.sql.exec = full
      if (address === 'cem@one.test') return { code: 452, text: 'full' }
      return address === 'gone@one.test' ? { code: 550, text: 'No such user' } : { code: 250, text: 'taken' }
    }
    await world.runUntil(world.now + 60 * minute)
    expect(world.recipients).toEqual(['bob@two.test'])
    world.sql.exec = exec
    world.answer = () => ({ code: 250, text: 'taken' })
    await world.runUntil(world.now + 60 * minute)
    expect(world.recipients).toEqual(['bob@two.test', 'cem@one.test'])
    expect(world.store.posts()[0]).toMatchObject({ sent: 2, refused: 1 })
  })

  test('does not come to who became a member later, nor to who has left meanwhile', async () => {
    const world = new ListWorld({}, ...members)
    world.post('ann@one.test')
    world.add('new@three.test')
    world.list.unsubscribe(world.tokenOf('bob@two.test'))
    await world.settle()
    expect(world.recipients).toEqual(['ann@one.test', 'cem@facteur.test'])
  })

  test('to a list without members is done at once', async () => {
    const world = new ListWorld({ posting: 'anyone' })
    world.post('ann@one.test')
    await world.settle()
    expect(world.list.nextWakeup()).toBeUndefined()
    expect(world.store.posts()).toMatchObject([{ sent: 0, refused: 0, done: world.now }])
  })

  test('tells smtputf8 and 8-bit only where they are needed', async () => {
    const world = new ListWorld({}, 'ann@one.test', 'grün@two.test')
    world.post('ann@one.test')
    world.post('ann@one.test', { body: 'Grüße\r\n' })
    await world.settle()
    expect(world.sent.map(({ envelope }) => [envelope.smtputf8, envelope.body])).toEqual([
      [false, '7BIT'],
      [true, '7BIT'],
      [false, '8BITMIME'],
      [true, '8BITMIME'],
    ])
  })

  test('of 3 MB is kept and sent byte for byte', async () => {
    const world = new ListWorld({}, 'ann@one.test')
    const body = `${'x'.repeat(998)}\r\n`.repeat(3_000)
    world.post('ann@one.test', { body })
    await world.settle()
    expect(world.sent[0]!.raw.endsWith(`\r\n\r\n${body}`)).toBe(true)
    expect(world.sql.exec('SELECT count(*) AS n FROM chunk').one().n).toBe(0)
  })
})

describe('who may post (550 5.7.1 in the dialogue)', () => {
  test.each([
    ['members', 'ann@one.test', true],
    ['members', 'ANN@one.test', true],
    ['members', 'eve@outside.test', false],
    ['members', 'olga@facteur.test', true],
    ['owners', 'olga@facteur.test', true],
    ['owners', 'ann@one.test', false],
    ['anyone', 'eve@outside.test', true],
  ] as const)('posting: %s, %s', (posting, from, may) => {
    const outcome = new ListWorld({ posting }, ...members).post(from)
    if (may) expect(outcome).toEqual({ status: 'delivered' })
    else expect(outcome).toMatchObject({ status: 'bounced', reply: { code: 550, enhanced: '5.7.1' } })
  })

  test('each of several authors', () => {
    expect(new ListWorld({}, ...members).post('ann@one.test, eve@outside.test').status).toBe('bounced')
    expect(new ListWorld({}, ...members).post('ann@one.test, bob@two.test').status).toBe('delivered')
  })

  test('no machine (RFC 3834 §2)', () => {
    const world = new ListWorld({ posting: 'anyone' }, ...members)
    expect(world.post('ann@one.test', { reversePath: '' }).status).toBe('bounced')
    expect(world.post('ann@one.test', { fields: 'Auto-Submitted: auto-replied\r\n' }).status).toBe('bounced')
    expect(world.post('ann@one.test', { fields: 'Auto-Submitted: no\r\n' }).status).toBe('delivered')
  })

  test('no spam', () => {
    const world = new ListWorld({ posting: 'anyone' }, ...members)
    expect(world.post('ann@one.test', { junk: 'DMARC failed' })).toMatchObject({
      reply: { code: 550, enhanced: '5.7.1' },
    })
  })

  test('nothing that has been through this list (RFC 5321 §6.3), whatever leads back to it', async () => {
    const world = new ListWorld({ posting: 'anyone' }, ...members)
    world.post('ann@one.test')
    await world.settle()
    const again = { raw: encodeUtf8(world.sent[0]!.raw), reversePath: 'x@two.test', list: 'post' } as const
    expect(world.deliver(again)).toMatchObject({ status: 'bounced', reply: { code: 554, enhanced: '5.4.6' } })
  })

  test('the same of a list whose name needs more than ASCII (RFC 6532)', async () => {
    const world = new ListWorld({ posting: 'anyone', address: 'grün@facteur.test' }, ...members)
    world.post('ann@one.test')
    await world.settle()
    const raw = Uint8Array.from(world.sent[0]!.raw, (octet) => octet.charCodeAt(0))
    expect(world.deliver({ raw, reversePath: 'x@two.test', list: 'post' })).toMatchObject({ reply: { code: 554 } })
  })
})

describe('a message that comes again', () => {
  const fields = 'Message-ID: <7@one.test>\r\nDate: Mon, 23 Nov 2026 08:00:00 +0000\r\n'

  test('by another way, or since its sender did not hear the answer, is taken once (RFC 5321 §4.5.4.2)', async () => {
    const world = new ListWorld({}, ...members)
    expect(world.post('ann@one.test', { fields })).toEqual({ status: 'delivered' })
    expect(world.post('ann@one.test', { fields: `List-Id: <other.facteur.test>\r\n${fields}` }).status).toBe(
      'delivered',
    )
    await world.settle()
    expect(world.post('ann@one.test', { fields }).status).toBe('delivered')
    await world.settle()
    expect(world.recipients).toEqual(members)
    expect(world.logged.filter(([event]) => event === 'list post known')).toHaveLength(2)
  })

  test('is another one where the date differs, or where it has no name', async () => {
    const world = new ListWorld({}, ...members)
    world.post('ann@one.test', { fields })
    world.post('ann@one.test', { fields: fields.replace('08:', '09:') })
    world.post('ann@one.test')
    world.post('ann@one.test')
    await world.settle()
    expect(world.recipients).toHaveLength(4 * members.length)
  })

  test('to a list that is a member of this one does not make it a bad member (RFC 3463 §3.5: X.4.6)', async () => {
    const world = new ListWorld({}, ...members)
    world.answer = () => ({ code: 554, enhanced: '5.4.6', text: 'The message has been here before: mail loop' })
    world.post('ann@one.test')
    await world.settle()
    expect(world.store.posts()).toMatchObject([{ sent: 0, refused: 3 }])
    expect(world.returned('bob@two.test', { status: '5.4.6' })).toEqual({ status: 'delivered' })
    for (const member of members) expect(world.store.memberAt(member)).toMatchObject({ bounces: 0, state: 'active' })
  })
})

describe('one message does not hold up another', () => {
  test('by many members who are late: a run takes as many as any other', async () => {
    const many = Array.from({ length: 200 }, (_, index) => `m${index}@one.test`)
    const world = new ListWorld({ posting: 'anyone' }, ...many)
    world.answer = () => ({ code: 452, text: 'full' })
    world.post('ann@one.test')
    await world.settle()
    world.answer = () => ({ code: 250, text: '' })
    world.now += 5 * minute
    await world.list.run()
    expect(world.sent).toHaveLength(64)
    world.post('eve@one.test', { body: 'Two.\r\n' })
    await world.list.run()
    expect(world.sent.slice(64).every(({ raw }) => raw.endsWith('Two.\r\n'))).toBe(true)
    await world.settle()
    expect(world.sent).toHaveLength(400)
    expect(world.store.posts()).toMatchObject([{ sent: 200 }, { sent: 200 }])
  })

  test('by being one that we cannot cope with: it is tried for five days, and its end is counted', async () => {
    const world = new ListWorld({ posting: 'anyone' }, ...members)
    world.post('ann@one.test', { body: 'One.\r\n' })
    world.sql.exec('DELETE FROM chunk')
    world.post('ann@one.test', { body: 'Two.\r\n' })
    await world.settle()
    expect(world.recipients).toEqual(members)
    await world.runUntil(world.now + 6 * day)
    expect(world.store.posts()).toMatchObject([
      { sent: 3, refused: 0 },
      { sent: 0, refused: 3 },
    ])
    expect(world.list.nextWakeup()).toBeUndefined()
  })

  test.each([
    'grün@outside.test',
    'Grün <grün@oütside.test>',
    '',
    '@',
    '<>',
    'Group: a@x.test, b@y.test;',
    'e@[1.2.3.4]',
    `e@${'a.'.repeat(300)}test`,
    `"${'x'.repeat(20_000)}" <e@outside.test>`,
    '=?utf-8?q?a=0D=0AX-Evil:_1?= <e@outside.test>',
  ])('by its author: From: %j', async (from) => {
    const world = new ListWorld({ posting: 'anyone' }, 'ann@one.test')
    world.post(from)
    await world.settle()
    expect(world.logged).toEqual([])
    const [copy] = world.sent
    expect(copy!.raw).not.toMatch(/^X-Evil/m)
    expect(/[^\0-\x7f]/.test(copy!.raw)).toBe(copy!.envelope.smtputf8)
  })

  test('by its size: copies are in memory one by one', async () => {
    const world = new ListWorld({ posting: 'anyone' }, ...members)
    let underWay = 0
    world.answer = () => {
      expect(++underWay).toBe(1)
      queueMicrotask(() => underWay--)
      return { code: 250, text: '' }
    }
    world.post('ann@one.test', { body: `${'x'.repeat(998)}\r\n`.repeat(9_000) })
    await world.settle()
    expect(world.recipients).toEqual(members)
  })
})

describe('what the house does not take', () => {
  test('for now is tried again, and others do not wait for it', async () => {
    const world = new ListWorld({}, ...members)
    world.answer = (address) =>
      address === 'bob@two.test' ? { code: 452, text: 'full' } : { code: 250, text: 'taken' }
    world.post('ann@one.test')
    world.post('cem@facteur.test')
    await world.settle()
    expect(world.recipients).toEqual(['ann@one.test', 'cem@facteur.test', 'ann@one.test', 'cem@facteur.test'])
    world.answer = () => ({ code: 250, text: 'taken' })
    await world.runUntil(world.now + 5 * minute)
    expect(world.recipients.slice(4)).toEqual(['bob@two.test', 'bob@two.test'])
    expect(world.store.posts()).toMatchObject([
      { sent: 3, refused: 0 },
      { sent: 3, refused: 0 },
    ])
  })

  test('within five days is given up, and counted', async () => {
    const world = new ListWorld({}, ...members)
    world.answer = () => new Error('unreachable')
    world.post('ann@one.test')
    await world.runUntil(world.now + 6 * day)
    expect(world.store.posts()).toMatchObject([{ sent: 0, refused: 3 }])
    expect(world.logged.at(-1)?.[0]).toBe('list copies given up')
  })

  test('for good counts as returned', async () => {
    const world = new ListWorld({}, ...members)
    world.answer = (address) =>
      address === 'bob@two.test' ? { code: 550, text: 'No such user' } : { code: 250, text: '' }
    world.post('ann@one.test')
    await world.settle()
    expect(world.store.memberAt('bob@two.test')).toMatchObject({ bounces: 1, cause: 'No such user', state: 'active' })
  })
})

describe('mail that comes back (VERP)', () => {
  test('on three days ends deliveries to the member, and its owners hear of it', async () => {
    const world = new ListWorld({}, ...members)
    for (let count = 0; count < 3; count++) {
      expect(world.returned('bob@two.test')).toEqual({ status: 'delivered' })
      world.returned('bob@two.test')
      world.now += day
    }
    expect(world.store.memberAt('bob@two.test')).toMatchObject({ state: 'bouncing', bounces: 3 })
    expect(world.sent).toMatchObject([
      { envelope: { reversePath: '', recipients: [{ address: 'olga@facteur.test' }] } },
    ])
    expect(world.sent[0]!.raw).toContain('550 5.1.1 No such user')
    world.post('ann@one.test')
    await world.settle()
    expect(world.recipients.slice(1)).toEqual(['ann@one.test', 'cem@facteur.test'])
  })

  test('is forgiven after two weeks without any', () => {
    const world = new ListWorld({}, ...members)
    for (let count = 0; count < 4; count++) {
      world.returned('bob@two.test')
      world.now += 15 * day
    }
    expect(world.store.memberAt('bob@two.test')).toMatchObject({ state: 'active', bounces: 1 })
  })

  test.each([
    [{ action: 'failed', status: '4.2.2' }, 'for now'],
    [{ action: 'delayed', status: '4.4.1' }, 'late'],
    [{ action: 'delivered', status: '2.1.5' }, 'not at all'],
  ])('%j does not count: it comes back %s', (report) => {
    const world = new ListWorld({}, ...members)
    expect(world.returned('bob@two.test', report)).toEqual({ status: 'delivered' })
    expect(world.store.memberAt('bob@two.test')).toMatchObject({ bounces: 0 })
  })

  test('an owner puts a member right by adding it again', () => {
    const world = new ListWorld({}, ...members)
    for (let count = 0; count < 3; count++) {
      world.returned('bob@two.test')
      world.now += day
    }
    expect(world.add('Bob@two.test')).toBe(true)
    expect(world.store.memberAt('bob@two.test')).toMatchObject({ state: 'active', bounces: 0 })
    expect(world.store.count()).toEqual({ active: 3, bouncing: 0 })
  })

  test('what is no report, and what has a wrong token, is refused', () => {
    const world = new ListWorld({}, ...members)
    const letter = {
      raw: encodeUtf8('From: x@y.test\r\n\r\nHi\r\n'),
      reversePath: 'x@y.test',
      list: 'bounces',
    } as const
    expect(world.deliver({ ...letter, detail: world.tokenOf('bob@two.test') })).toMatchObject({ reply: { code: 550 } })
    for (const detail of ['', '2', '2-', `2-${'0'.repeat(16)}`, world.tokenOf('bob@two.test').slice(0, -1)]) {
      expect(world.deliver({ ...letter, detail })).toMatchObject({ status: 'bounced' })
    }
  })
})

describe('leaving', () => {
  test('by the address in List-Unsubscribe', () => {
    const world = new ListWorld({}, ...members)
    const farewell = {
      raw: encodeUtf8('From: x@y.test\r\n\r\n'),
      reversePath: 'x@y.test',
      list: 'unsubscribe',
    } as const
    expect(world.deliver({ ...farewell, detail: world.tokenOf('bob@two.test').toUpperCase() })).toEqual({
      status: 'delivered',
    })
    expect(world.store.members().map(({ address }) => address)).toEqual(['ann@one.test', 'cem@facteur.test'])
    expect(world.deliver({ ...farewell, detail: '' })).toMatchObject({ reply: { code: 550, enhanced: '5.7.1' } })
  })

  test('is for good: an id is never given to somebody else', () => {
    const world = new ListWorld({}, ...members)
    const { id } = world.store.memberAt('cem@facteur.test')!
    world.list.unsubscribe(world.tokenOf('cem@facteur.test'))
    world.add('new@three.test')
    expect(world.store.memberAt('new@three.test')!.id).toBeGreaterThan(id)
  })
})

describe('limits', () => {
  test('so many posts wait at most; then the sender is to come again', () => {
    const world = new ListWorld({}, ...members)
    for (let count = 0; count < 100; count++) expect(world.post('ann@one.test').status).toBe('delivered')
    expect(world.post('ann@one.test')).toMatchObject({ status: 'deferred', reply: { code: 452, enhanced: '4.2.2' } })
  })

  test('so many members', () => {
    const world = new ListWorld()
    world.sql.transaction(() => {
      for (let count = 0; count < mostMembers; count++) {
        const insert = `INSERT INTO member (address, key, secret, state, since) VALUES (?, ?, 'x', 'active', 0)`
        world.sql.exec(insert, `m${count}@one.test`, `m${count}@one.test`)
      }
    })
    expect(world.add('one.more@one.test')).toBe(false)
  })

  test('the last fifty posts are remembered, without their text', async () => {
    const world = new ListWorld({}, 'ann@one.test')
    for (let count = 0; count < 60; count++) {
      world.post('ann@one.test')
      await world.settle()
    }
    expect(world.store.posts()).toHaveLength(50)
  })
})

test('an object that is no list takes nothing and writes nothing', () => {
  const world = new ListWorld()
  const other = new ListWorld()
  other.sql.exec('DELETE FROM setting')
  other.list = other.open()
  expect(other.post('ann@one.test')).toMatchObject({ status: 'deferred', reply: { enhanced: '4.2.1' } })
  expect(other.list.nextWakeup()).toBeUndefined()
  expect(world.list.nextWakeup()).toBeUndefined()
})
