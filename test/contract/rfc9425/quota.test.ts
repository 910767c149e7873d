import { describe, expect, it } from 'vitest'
import { type Answer, simpleMessage, using, World } from '../../access/jmap/world.ts'

async function call(world: World, name: string, args: object = {}): Promise<Answer> {
  const methodCalls = [[name, { accountId: 'a1', ...args }, 'c']]
  const { body } = await world.post(JSON.stringify({ using: [...using, 'urn:ietf:params:jmap:quota'], methodCalls }))
  const [answered, result] = body.methodResponses[0]
  if (answered !== name) throw new Error(JSON.stringify(result))
  return result
}

function limited(quota = 1_000_000): World {
  const world = new World()
  world.store.updateAccount({ quota })
  return world
}

describe('Quota (RFC 9425)', () => {
  it('is there where the operator set a limit, with what is used', async () => {
    expect((await call(new World(), 'Quota/get')).list).toEqual([])
    const world = limited()
    world.deliver(simpleMessage)
    expect((await call(world, 'Quota/get')).list).toEqual([
      {
        id: 'Q1',
        resourceType: 'octets',
        used: world.store.quota().used,
        hardLimit: 1_000_000,
        scope: 'account',
        name: 'Mail',
        types: ['Email'],
        warnLimit: null,
        softLimit: null,
        description: null,
      },
    ])
    expect(world.store.quota().used).toBeGreaterThan(100)
    expect(await call(world, 'Quota/get', { ids: ['Q1', 'Q2'], properties: ['used'] })).toMatchObject({
      list: [{ id: 'Q1', used: world.store.quota().used }],
      notFound: ['Q2'],
    })
  })

  it('is not there without its capability', async () => {
    const [answer] = await limited().request(['Quota/get', {}])
    expect(answer[1].type).toBe('unknownMethod')
  })

  it('tells that the use alone changed (§4.2.1), and pushes it', async () => {
    const world = limited()
    const { state } = await call(world, 'Quota/get')
    const id = world.deliver(simpleMessage)
    expect(await call(world, 'Quota/changes', { sinceState: state })).toMatchObject({
      created: [],
      updated: ['Q1'],
      destroyed: [],
      updatedProperties: ['used'],
    })
    expect(world.jmap.stateChange(world.commits.at(-1) as never)?.changed['a1']).toHaveProperty('Quota')
    const later = (await call(world, 'Quota/get')).state
    await world.call('Email/set', { update: { [id]: { 'keywords/$seen': true } } })
    expect((await call(world, 'Quota/changes', { sinceState: later })).updated).toEqual([])
    expect(world.jmap.stateChange(world.commits.at(-1) as never)?.changed['a1']).not.toHaveProperty('Quota')
    const before = (await call(world, 'Quota/get')).state
    await world.call('Email/set', { destroy: [id] })
    expect((await call(world, 'Quota/changes', { sinceState: before })).updatedProperties).toEqual(['used'])
  })

  it('tells of a limit that was set, changed and taken away', async () => {
    const world = new World()
    const state = async () => (await call(world, 'Quota/get')).state as string
    const since = (sinceState: string) => call(world, 'Quota/changes', { sinceState })
    const none = await state()
    world.store.updateAccount({ quota: 1000 })
    expect(await since(none)).toMatchObject({ created: ['Q1'], updated: [], destroyed: [] })
    const small = await state()
    world.store.updateAccount({ quota: 2000 })
    expect(await since(small)).toMatchObject({ created: [], updated: ['Q1'], updatedProperties: null })
    world.store.updateAccount({ quota: undefined })
    expect(await since(small)).toMatchObject({ created: [], updated: [], destroyed: ['Q1'] })
    expect(await since(none)).toMatchObject({ created: [], updated: [], destroyed: [] })
  })

  it.each([
    [{}, true],
    [{ name: 'mai' }, true],
    [{ name: 'other' }, false],
    [{ scope: 'account', resourceType: 'octets', type: 'Email' }, true],
    [{ scope: 'domain' }, false],
    [{ operator: 'NOT', conditions: [{ type: 'Email' }] }, false],
  ])('is found by %j', async (filter, found) => {
    const { ids } = await call(limited(), 'Quota/query', { filter, sort: [{ property: 'name' }, { property: 'used' }] })
    expect(ids).toEqual(found ? ['Q1'] : [])
  })

  it('refuses conditions and sorts that it does not have', async () => {
    const world = limited()
    const refused = async (args: object) => call(world, 'Quota/query', args).catch(String)
    expect(await refused({ filter: { size: 1 } })).toContain('unsupportedFilter')
    expect(await refused({ filter: { name: 1 } })).toContain('invalidArguments')
    expect(await refused({ sort: [{ property: 'hardLimit' }] })).toContain('unsupportedSort')
  })

  it('answers queryChanges', async () => {
    const world = limited()
    const { queryState } = await call(world, 'Quota/query')
    world.store.updateAccount({ quota: undefined })
    expect(await call(world, 'Quota/queryChanges', { sinceQueryState: queryState })).toMatchObject({
      removed: ['Q1'],
      added: [],
    })
  })

  it('holds for uploads, imports and drafts', async () => {
    const world = limited(600)
    world.deliver(simpleMessage)
    const large = new Uint8Array(500)
    expect((await world.jmap.upload('a1', large, 'text/plain')).status).toBe(507)
    const drafts = world.mailbox('drafts')
    const draft = {
      mailboxIds: { [drafts]: true },
      bodyValues: { b: { value: 'x'.repeat(500) } },
      textBody: [{ partId: 'b', type: 'text/plain' }],
    }
    const { notCreated } = await world.call('Email/set', { create: { k: draft } })
    expect(notCreated.k.type).toBe('overQuota')
  })
})

describe('Quota, rule by rule (RFC 9425)', () => {
  it('the capability is an empty object, for session and account (§3.1)', () => {
    const session = limited().jmap.session('https://mail.facteur.test') as Answer
    const capability = 'urn:ietf:params:jmap:quota'
    expect(session.capabilities[capability]).toEqual({})
    expect(session.accounts.a1.accountCapabilities[capability]).toEqual({})
    expect(session.primaryAccounts[capability]).toBe('a1')
  })

  it('the example of §5.2: changes lead to the one property to fetch', async () => {
    const world = limited()
    const { state } = await call(world, 'Quota/get')
    world.deliver(simpleMessage)
    const methodCalls = [
      ['Quota/changes', { accountId: 'a1', sinceState: state, maxChanges: 20 }, '0'],
      [
        'Quota/get',
        {
          accountId: 'a1',
          '#ids': { resultOf: '0', name: 'Quota/changes', path: '/updated' },
          '#properties': { resultOf: '0', name: 'Quota/changes', path: '/updatedProperties' },
        },
        '1',
      ],
    ]
    const { body } = await world.post(JSON.stringify({ using: [...using, 'urn:ietf:params:jmap:quota'], methodCalls }))
    const [[, changes], [, get]] = body.methodResponses
    expect(changes).toMatchObject({
      oldState: state,
      hasMoreChanges: false,
      updated: ['Q1'],
      updatedProperties: ['used'],
    })
    expect(get.list).toEqual([{ id: 'Q1', used: world.store.quota().used }])
  })

  it('used is what the account holds, and what is destroyed gives back', async () => {
    const world = limited()
    const used = async (): Promise<number> => (await call(world, 'Quota/get')).list[0].used
    const before = await used()
    const id = world.deliver(simpleMessage)
    const { size } = (await world.call('Email/get', { ids: [id], properties: ['size'] })).list[0]
    expect(await used()).toBe(before + size)
    await world.call('Email/set', { update: { [id]: { [`mailboxIds/${world.mailbox('archive')}`]: true } } })
    expect(await used()).toBe(before + size)
    await world.call('Email/set', { destroy: [id] })
    expect(await used()).toBe(before)
  })

  it('is not set by a client: there is no Quota/set', async () => {
    expect(await call(limited(), 'Quota/set').catch(String)).toContain('unknownMethod')
  })

  it('the query answers as any other (§4.4)', async () => {
    const world = limited()
    expect(await call(world, 'Quota/query', { calculateTotal: true, limit: 5 })).toMatchObject({
      ids: ['Q1'],
      position: 0,
      total: 1,
      canCalculateChanges: true,
    })
    expect((await call(world, 'Quota/query', { position: 1 })).ids).toEqual([])
    for (const args of [{ filter: { name: null } }, { filter: { type: ['Email'] } }, { sort: [{}] }]) {
      expect(await call(world, 'Quota/query', args).catch(String)).toContain('invalidArguments')
    }
  })

  it('an unknown property is refused (RFC 8620 §5.1)', async () => {
    expect(await call(limited(), 'Quota/get', { properties: ['limit'] }).catch(String)).toContain('invalidArguments')
  })
})
