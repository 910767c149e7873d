/**
 * RFC 8620 §5.3 and §5.8: the order of changes, and references among them.
 */
import { describe, expect, it } from 'vitest'
import { using, World, type Answer } from '../../access/jmap/world.ts'
import { make, names } from './mailboxes.ts'

describe('§5.3 only the state after the call must be valid', () => {
  it('§5.3 two records swap names', async () => {
    const world = new World()
    const { A, B } = (await make(world, 'A', 'B')) as { A: string; B: string }
    const answer = await world.call('Mailbox/set', { update: { [A]: { name: 'B' }, [B]: { name: 'A' } } })
    expect([answer.updated, answer.notUpdated]).toEqual([{ [A]: null, [B]: null }, null])
    expect(await names(world)).toMatchObject({ [A]: 'B', [B]: 'A' })
  })

  it('§5.3 names and roles go round in a circle, others that fail notwithstanding', async () => {
    const world = new World()
    const { A, B, C, D } = await make(world, 'A', 'B', 'C', 'D')
    const [archive, junk] = [world.mailbox('archive'), world.mailbox('junk')]
    const answer = await world.call('Mailbox/set', {
      update: {
        [A as string]: { name: 'B' },
        [B as string]: { name: 'C' },
        [C as string]: { name: 'A' },
        [D as string]: { name: 'Drafts' },
        [archive]: { role: 'junk' },
        [junk]: { role: 'archive' },
      },
    })
    expect(new Set(Object.keys(answer.updated))).toEqual(new Set([A, B, C, archive, junk]))
    expect(answer.notUpdated).toEqual({ [D as string]: expect.objectContaining({ properties: ['name'] }) })
    expect(await names(world)).toMatchObject({
      [A as string]: 'B',
      [B as string]: 'C',
      [C as string]: 'A',
      [D as string]: 'D',
    })
    const { list } = await world.call('Mailbox/get', { ids: [archive, junk], properties: ['role', 'name'] })
    expect(list.map(({ role }: Answer) => role)).toEqual(['junk', 'archive'])
    expect(list.map(({ name }: Answer) => name)).toEqual(['Archive', 'Junk'])
  })

  it('§5.3 hundreds of records each take the name of the next, in either order', async () => {
    for (const order of [1, -1]) {
      const world = new World()
      const names = Array.from({ length: 300 }, (_, n) => `N${n}`)
      const ids = Object.values(await make(world, ...names))
      const wanted = ids.map((id, n) => [id, { name: `N${n + 1}` }] as const)
      const update = Object.fromEntries(order === 1 ? wanted : wanted.toReversed())
      const { notUpdated, updated } = await world.call('Mailbox/set', { update })
      expect([notUpdated, Object.keys(updated).length]).toEqual([null, 300])
    }
  })

  it('§5.3 a swap that is not possible leaves everything as it was', async () => {
    const world = new World()
    const { A, B } = (await make(world, 'A', 'B')) as { A: string; B: string }
    const before = (await world.call('Mailbox/get')).list
    const update = { [A]: { name: 'Drafts', sortOrder: 9 }, [B]: { name: 'C', role: 'inbox', isSubscribed: false } }
    const { updated, notUpdated } = await world.call('Mailbox/set', { update })
    expect([updated, Object.keys(notUpdated)]).toEqual([null, [A, B]])
    expect((await world.call('Mailbox/get')).list).toEqual(before)
  })

  it('§5.3 a name is taken over from a record that the same call destroys or renames', async () => {
    const world = new World()
    const { A, B } = (await make(world, 'A', 'B')) as { A: string; B: string }
    const answer = await world.call('Mailbox/set', {
      create: { a: { name: 'A' }, b: { name: 'B' } },
      update: { [B]: { name: 'Old B' } },
      destroy: [A],
    })
    expect(new Set(Object.keys(answer.created))).toEqual(new Set(['a', 'b']))
    expect([answer.notCreated, answer.destroyed]).toEqual([null, [A]])
  })

  it('§5.3 a parent is destroyed with its children, in whatever order', async () => {
    const world = new World()
    const { created } = await world.call('Mailbox/set', {
      create: { p: { name: 'P' }, c: { name: 'C', parentId: '#p' }, d: { name: 'D', parentId: '#c' } },
    })
    const ids = [created.p.id, created.c.id, created.d.id]
    const answer = await world.call('Mailbox/set', { destroy: ids })
    expect([new Set(answer.destroyed), answer.notDestroyed]).toEqual([new Set(ids), null])
  })

  it('§5.3 parent and child change places', async () => {
    const world = new World()
    const { created } = await world.call('Mailbox/set', {
      create: { p: { name: 'P' }, c: { name: 'C', parentId: '#p' } },
    })
    const update = { [created.p.id]: { parentId: created.c.id }, [created.c.id]: { parentId: null } }
    expect((await world.call('Mailbox/set', { update })).notUpdated).toBeNull()
    expect(
      (await world.call('Mailbox/set', { update: { [created.c.id]: { parentId: created.p.id } } })).notUpdated,
    ).toEqual({
      [created.c.id]: expect.objectContaining({ type: 'invalidProperties', properties: ['parentId'] }),
    })
  })
})

describe('§5.3 creation ids', () => {
  it('§5.3 name records of the same call, whatever their order', async () => {
    const { created } = await new World().call('Mailbox/set', {
      create: { c: { name: 'C', parentId: '#b' }, b: { name: 'B', parentId: '#a' }, a: { name: 'A' } },
    })
    expect(Object.keys(created).toSorted()).toEqual(['a', 'b', 'c'])
  })

  it('§5.3 name records to be updated or destroyed in the call that creates them (erratum 6607)', async () => {
    const world = new World()
    const answer = await world.call('Mailbox/set', {
      create: { a: { name: 'A' }, b: { name: 'B' } },
      update: { '#a': { name: 'A2' } },
      destroy: ['#b'],
    })
    expect(answer.updated).toEqual({ [answer.created.a.id]: null })
    expect(answer.destroyed).toEqual([answer.created.b.id])
  })

  it('§5.3 are one map for all types and calls of a request; the last one wins', async () => {
    const world = new World()
    const answers = await world.request(
      ['Mailbox/set', { create: { k: { name: 'One' } } }],
      ['Email/set', { create: { e: { mailboxIds: { '#k': true }, subject: 'x' } } }],
      ['Mailbox/set', { create: { k: { name: 'Two' } } }],
      ['Email/set', { update: { '#e': { mailboxIds: { '#k': true } } } }],
      ['Email/get', { ids: ['#e'], properties: ['mailboxIds'] }],
    )
    const [one, , two, , { list }] = answers.map(([, args]: Answer) => args)
    expect(list[0].mailboxIds).toEqual({ [two.created.k.id]: true })
    expect(one.created.k.id).not.toBe(two.created.k.id)
  })

  it('§5.3 name nothing when the create was refused: notFound, or invalidProperties as a reference', async () => {
    const world = new World()
    const answers = await world.request(
      ['Mailbox/set', { create: { k: { name: '' } } }],
      ['Mailbox/set', { create: { c: { name: 'C', parentId: '#k' } }, update: { '#k': {} }, destroy: ['#k'] }],
    )
    expect(answers[1][1]).toMatchObject({
      notCreated: { c: { type: 'invalidProperties', properties: ['parentId'] } },
      notUpdated: { '#k': { type: 'notFound' } },
      notDestroyed: { '#k': { type: 'notFound' } },
    })
  })

  it('§5.3 invalidArguments: a creation id that is no Id', async () => {
    for (const key of ['', '#a', 'a b', 'ä', 'x'.repeat(256)]) {
      const error = await new World().refusal('Mailbox/set', { create: { [key]: { name: 'A' } } })
      expect([key, error.type]).toEqual([key, 'invalidArguments'])
    }
  })

  it('§5.8 a proxy that splits a request gets the same by passing createdIds on', async () => {
    const calls = [
      ['Mailbox/set', { accountId: 'a1', create: { m: { name: 'M' } } }, '0'],
      ['Email/set', { accountId: 'a1', create: { e: { mailboxIds: { '#m': true }, subject: 'x' } } }, '1'],
      ['Email/get', { accountId: 'a1', ids: ['#e'], properties: ['mailboxIds', 'subject'] }, '2'],
    ]
    const whole = (await new World().post(JSON.stringify({ using, methodCalls: calls, createdIds: {} }))).body
    const world = new World()
    let createdIds = {}
    const responses: Answer[] = []
    for (const call of calls) {
      const { body } = await world.post(JSON.stringify({ using, methodCalls: [call], createdIds }))
      createdIds = body.createdIds
      responses.push(...body.methodResponses)
    }
    expect({ responses, createdIds }).toEqual({ responses: whole.methodResponses, createdIds: whole.createdIds })
  })
})
