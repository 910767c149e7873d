import { describe, expect, it } from 'vitest'
import { World } from '../../access/jmap/world.ts'

async function identityOf(world: World): Promise<string> {
  return (await world.call('Identity/get', {})).list[0].id
}

describe('Identity (RFC 8621 §6)', () => {
  it('has one from the start', async () => {
    const world = new World()
    const { list } = await world.call('Identity/get', {})
    expect(list).toEqual([
      {
        id: expect.stringMatching(/^I\d+$/),
        name: 'Alice',
        email: 'alice@facteur.test',
        replyTo: null,
        bcc: null,
        textSignature: '',
        htmlSignature: '',
        mayDelete: expect.any(Boolean),
      },
    ])
  })

  it('makes, changes and removes identities of addresses the account owns', async () => {
    const world = new World()
    const { state } = await world.call('Identity/get', { ids: [] })
    const { created } = await world.call('Identity/set', {
      create: {
        a: { email: 'alice+shop@facteur.test', name: 'Shop' },
        b: { email: 'sales@facteur.test', replyTo: [{ name: null, email: 'x@y.example' }] },
      },
    })
    expect(created.a).toEqual({
      id: expect.any(String),
      mayDelete: true,
      replyTo: null,
      bcc: null,
      textSignature: '',
      htmlSignature: '',
    })
    await world.call('Identity/set', {
      update: { [created.a.id]: { textSignature: '-- \nA' } },
      destroy: [created.b.id],
    })
    const changes = await world.call('Identity/changes', { sinceState: state })
    expect(changes).toMatchObject({ created: [created.a.id], destroyed: [] })
    expect((await world.call('Identity/get', { ids: [created.a.id] })).list[0].textSignature).toBe('-- \nA')
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['a foreign address', { email: 'eve@example.com' }, 'forbiddenFrom'],
    ['a prefix of the own address', { email: 'alice2@facteur.test' }, 'forbiddenFrom'],
    ['no address', { name: 'x' }, 'invalidProperties'],
    ['something that is no address', { email: 'alice' }, 'invalidProperties'],
    ['a replyTo that is a string', { email: 'alice@facteur.test', replyTo: 'x' }, 'invalidProperties'],
    ['mayDelete', { email: 'alice@facteur.test', mayDelete: true }, 'invalidProperties'],
  ])('refuses %s', async (_, create, type) => {
    expect((await new World().call('Identity/set', { create: { k: create } })).notCreated.k.type).toBe(type)
  })

  it('keeps email immutable', async () => {
    const world = new World()
    const id = await identityOf(world)
    const { notUpdated } = await world.call('Identity/set', { update: { [id]: { email: 'sales@facteur.test' } } })
    expect(notUpdated[id]).toMatchObject({ type: 'invalidProperties', properties: ['email'] })
  })
})

describe('Identity/set, property by property (RFC 8621 §6)', () => {
  /** The first identity of the example of §6.4, but for what the server sets. */
  const example = {
    name: 'Joe Bloggs',
    replyTo: null,
    bcc: [{ name: null, email: 'joe+archive@example.com' }],
    textSignature: '-- \nJoe Bloggs\nMaster of Email',
    htmlSignature: '<div><b>Joe Bloggs</b></div><div>Master of Email</div>',
  }

  it('takes the example of §6.4, made at once or property by property', async () => {
    const world = new World()
    const { created } = await world.call('Identity/set', { create: { a: { email: 'sales@facteur.test', ...example } } })
    expect(created.a).toEqual({ id: expect.any(String), mayDelete: true })
    const { id } = (await world.call('Identity/set', { create: { b: { email: 'sales@facteur.test' } } })).created.b
    for (const [property, value] of Object.entries(example)) {
      const { updated } = await world.call('Identity/set', { update: { [id]: { [property]: value } } })
      expect(updated).toEqual({ [id]: null })
    }
    const { list } = await world.call('Identity/get', { ids: [created.a.id, id] })
    const shown = { email: 'sales@facteur.test', mayDelete: true, ...example }
    expect(list).toEqual([
      { id: created.a.id, ...shown },
      { id, ...shown },
    ])
  })

  it('an address without a name has the name null (§4.1.2.3)', async () => {
    const world = new World()
    const replyTo = [{ email: 'x@y.example' }]
    const { created } = await world.call('Identity/set', { create: { a: { email: 'sales@facteur.test', replyTo } } })
    const { list } = await world.call('Identity/get', { ids: [created.a.id], properties: ['replyTo'] })
    expect(list[0].replyTo).toEqual([{ name: null, email: 'x@y.example' }])
  })

  it('null sets the defaults', async () => {
    const world = new World()
    const { created } = await world.call('Identity/set', { create: { a: { email: 'sales@facteur.test', ...example } } })
    const nothing = Object.fromEntries(Object.keys(example).map((property) => [property, null]))
    await world.call('Identity/set', { update: { [created.a.id]: nothing } })
    expect((await world.call('Identity/get', { ids: [created.a.id] })).list[0]).toMatchObject({
      name: '',
      replyTo: null,
      bcc: null,
      textSignature: '',
      htmlSignature: '',
    })
  })

  it.each<[string, unknown]>([
    ['id', 'I1'],
    ['name', 1],
    ['name', 'two\r\nlines'],
    ['email', 'sales@facteur.test'],
    ['replyTo', { email: 'x@y.example' }],
    ['replyTo', [{ email: 1 }]],
    ['bcc', [{ name: 1, email: 'x@y.example' }]],
    ['bcc', [{ email: 'x@y.example', colour: 'red' }]],
    ['textSignature', 1],
    ['htmlSignature', []],
    ['mayDelete', true],
    ['colour', 'red'],
  ])('invalidProperties for %s %j on update, and nothing changes', async (property, value) => {
    const world = new World()
    const { list } = await world.call('Identity/get', { ids: null })
    const { id } = list[0]
    const { notUpdated } = await world.call('Identity/set', { update: { [id]: { [property]: value } } })
    expect(notUpdated[id]).toMatchObject({ type: 'invalidProperties', properties: [property] })
    expect((await world.call('Identity/get', { ids: null })).list).toEqual(list)
  })

  it('forbidden to destroy the one with mayDelete false', async () => {
    const world = new World()
    const id = await identityOf(world)
    const { notDestroyed } = await world.call('Identity/set', { destroy: [id, 'I999'] })
    expect(notDestroyed).toMatchObject({ [id]: { type: 'forbidden' }, I999: { type: 'notFound' } })
  })

  it('forbiddenFrom for a domain that is not the account\u2019s', async () => {
    const create = { k: { email: '*@example.com' } }
    expect((await new World().call('Identity/set', { create })).notCreated.k.type).toBe('forbiddenFrom')
  })

  it('changes are told (§6.2), and pushed', async () => {
    const world = new World()
    const { state } = await world.call('Identity/get', { ids: [] })
    const id = await identityOf(world)
    await world.call('Identity/set', { update: { [id]: { name: 'A' } } })
    expect(await world.call('Identity/changes', { sinceState: state })).toMatchObject({
      updated: [id],
      created: [],
      destroyed: [],
    })
    expect(world.jmap.stateChange(world.commits.at(-1) as never)?.changed['a1']).toHaveProperty('Identity')
  })
})
