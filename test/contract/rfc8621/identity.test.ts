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
