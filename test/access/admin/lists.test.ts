/** Distribution lists and masked addresses as an administrator sees them. */
import { beforeEach, describe, expect, test } from 'vitest'
import { house } from './house.ts'

let here: ReturnType<typeof house>
const dev = 'dev@facteur.test'

beforeEach(async () => {
  here = house()
  await here.admin.domains.add({ name: 'facteur.test' })
  await here.admin.accounts.add({ address: 'alice@facteur.test' })
})

describe('a list', () => {
  test('is made with owners, and changed field by field', async () => {
    const { lists } = here.admin
    expect(await lists.set(dev, { owners: ['alice@facteur.test'], name: 'Developers' })).toEqual({
      address: dev,
      name: 'Developers',
      posting: 'members',
      answersTo: 'author',
      owners: ['alice@facteur.test'],
      active: 0,
      bouncing: 0,
    })
    expect(await lists.set(dev, { posting: 'anyone' })).toMatchObject({ name: 'Developers', posting: 'anyone' })
    expect(await lists.list()).toEqual([{ address: dev, owners: ['alice@facteur.test'] }])
    expect(here.lists.size).toBe(1)
  })

  test.each([
    [{}, 'owners'],
    [{ owners: [] }, 'owners'],
    [{ owners: ['nonsense'] }, 'nonsense'],
    [{ owners: [dev] }, 'cannot look after itself'],
    [{ owners: ['a@b.test'], posting: 'robots' }, 'posting'],
  ])('is refused: %j', async (fields, reason) => {
    await expect(here.admin.lists.set(dev, fields)).rejects.toThrow(reason)
    expect(await here.admin.lists.list()).toEqual([])
  })

  test('whose address is in use leaves nothing behind', async () => {
    const set = here.admin.lists.set('alice@facteur.test', { owners: ['a@b.test'] })
    await expect(set).rejects.toMatchObject({ fault: 'conflict' })
    expect(here.lists.size).toBe(0)
    await expect(here.admin.lists.set('x@other.test', { owners: ['a@b.test'] })).rejects.toThrow('not hosted')
  })

  test('gets members, and loses them', async () => {
    const { lists } = here.admin
    await lists.set(dev, { owners: ['alice@facteur.test'] })
    expect(await lists.addMembers(dev, { members: ['bob@one.test', 'cem@two.test'] })).toEqual({ added: 2 })
    await lists.addMembers(dev, { members: ['BOB@one.test'] })
    expect((await lists.members(dev)).map(({ address, state }) => [address, state])).toEqual([
      ['bob@one.test', 'active'],
      ['cem@two.test', 'active'],
    ])
    await lists.removeMember(dev, 'Bob@one.test')
    expect(await lists.show(dev)).toMatchObject({ active: 1 })
    await expect(lists.removeMember(dev, 'bob@one.test')).rejects.toMatchObject({ fault: 'missing' })
    await expect(lists.addMembers(dev, { members: [dev] })).rejects.toThrow('its own member')
    await expect(lists.addMembers(dev, { members: ['a@b.test', 'nonsense'] })).rejects.toThrow('nonsense')
    expect(await lists.show(dev)).toMatchObject({ active: 1 })
  })

  test('is removed with what it holds', async () => {
    const { lists } = here.admin
    await lists.set(dev, { owners: ['alice@facteur.test'] })
    await lists.remove(dev)
    expect(here.lists.size).toBe(0)
    for (const ask of [lists.show(dev), lists.members(dev), lists.posts(dev), lists.remove(dev)]) {
      await expect(ask).rejects.toMatchObject({ fault: 'missing' })
    }
  })
})

describe('masked addresses of an account', () => {
  test('are made up, seen, and taken back', async () => {
    const { masks } = here.admin
    const made = await masks.add('alice@facteur.test', {
      description: 'Shoes',
      forDomain: 'https://shop.test',
      prefix: 'shop',
    })
    expect(made).toMatchObject({ state: 'enabled', description: 'Shoes', forDomain: 'https://shop.test' })
    expect(made.address).toMatch(/^shop\.[a-z]{6}\d{3}@facteur\.test$/)
    expect(await masks.setState('alice@facteur.test', made.address, { state: 'disabled' })).toMatchObject({
      state: 'disabled',
    })
    expect(await masks.list('alice@facteur.test')).toMatchObject([{ address: made.address, state: 'disabled' }])
  })

  test.each([
    [{ prefix: 'Shop' }, 'prefix'],
    [{ prefix: 'x'.repeat(47) }, 'prefix'],
    [{ description: 'two\nlines' }, 'description'],
  ])('are refused: %j', async (fields, reason) => {
    await expect(here.admin.masks.add('alice@facteur.test', fields)).rejects.toThrow(reason)
  })

  test('are of accounts that exist, and of the one that is named', async () => {
    const { masks, accounts } = here.admin
    await accounts.add({ address: 'bob@facteur.test' })
    const { address } = await masks.add('bob@facteur.test', {})
    await expect(masks.setState('alice@facteur.test', address, { state: 'deleted' })).rejects.toMatchObject({
      fault: 'missing',
    })
    await expect(masks.setState('bob@facteur.test', address, { state: 'pending' })).rejects.toThrow('state')
    await expect(masks.list('nobody@facteur.test')).rejects.toMatchObject({ fault: 'missing' })
    // The address is no account of its own.
    await expect(accounts.show(address)).rejects.toMatchObject({ fault: 'missing' })
  })
})
