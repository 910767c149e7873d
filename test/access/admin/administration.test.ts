import { describe, expect, it } from 'vitest'
import { AdminError } from '../../../src/access/admin/index.ts'
import { house } from './house.ts'

describe('accounts', () => {
  it('are complete before an address leads to them', async () => {
    const { admin, accounts, book, registry } = house({ failing: 'account' })
    await admin.domains.add({ name: 'facteur.test' })
    await expect(admin.accounts.add({ address: 'alice@facteur.test' })).rejects.toThrow('cannot be made')
    expect(book('facteur.test').lookup('alice')).toEqual({ kind: 'unknown' })
    expect(accounts.size + registry.accounts().length).toBe(0)
  })

  it('work even when the list could not be written, since no message needs it', async () => {
    const { admin, book } = house({ failing: 'registry' })
    await admin.domains.add({ name: 'facteur.test' })
    await expect(admin.accounts.add({ address: 'alice@facteur.test' })).rejects.toThrow('registry is down')
    expect(book('facteur.test').lookup('alice')).toMatchObject({ kind: 'account' })
  })

  it('are destroyed again when the address was taken meanwhile', async () => {
    const { admin, accounts, book } = house()
    await admin.domains.add({ name: 'facteur.test' })
    const adding = admin.accounts.add({ address: 'alice@facteur.test' })
    book('facteur.test').setAlias('alice', ['bob@elsewhere.test'])
    await expect(adding).rejects.toMatchObject({ fault: 'conflict' })
    expect(accounts.size).toBe(0)
  })

  it('lose their address before their mail', async () => {
    const { admin, accounts, book } = house()
    await admin.domains.add({ name: 'facteur.test' })
    await admin.accounts.add({ address: 'Alice@Facteur.test', password: 'long enough' })
    expect([...accounts.values()]).toEqual([{ address: 'alice@facteur.test', password: 'long enough' }])
    await admin.accounts.remove('alice@facteur.test')
    expect(book('facteur.test').lookup('alice')).toEqual({ kind: 'unknown' })
    expect(accounts.size).toBe(0)
  })
})

describe('domains', () => {
  it('end up in the list when an earlier attempt ended between the two', async () => {
    const { admin, book } = house()
    book('half.test').host('half.test')
    await expect(admin.domains.add({ name: 'half.test' })).rejects.toMatchObject({ fault: 'conflict' })
    expect((await admin.domains.list()).map(({ name }) => name)).toEqual(['half.test'])
  })

  it('cannot go while they have accounts', async () => {
    const { admin } = house()
    await admin.domains.add({ name: 'facteur.test' })
    await admin.accounts.add({ address: 'alice@facteur.test' })
    await expect(admin.domains.remove('facteur.test')).rejects.toMatchObject({ fault: 'conflict' })
    await admin.accounts.remove('alice@facteur.test')
    await admin.domains.remove('facteur.test')
    await expect(admin.domains.remove('facteur.test')).rejects.toMatchObject({ fault: 'missing' })
  })
})

describe('names that an administrator may give', () => {
  it.each([
    ['alice@facteur.test', 'alice@facteur.test'],
    [' Alice@Facteur.Test. ', 'alice@facteur.test'],
    ['a.b+c@facteur.test', undefined],
    ['jose\u0301@facteur.test', 'jos\u00e9@facteur.test'],
    ['o\u2019neil@facteur.test', undefined],
    ['.a@facteur.test', undefined],
    ['a..b@facteur.test', undefined],
    ['a b@facteur.test', undefined],
    ['a@b@facteur.test', undefined],
    ['<a@facteur.test>', undefined],
    ['a\r\n@facteur.test', undefined],
    ['*@facteur.test', undefined],
    ['@facteur.test', undefined],
    ['a@', undefined],
    ['a@[192.0.2.1]', undefined],
  ])('%j becomes %j', async (given, expected) => {
    const { admin } = house()
    await admin.domains.add({ name: 'facteur.test' })
    const adding = admin.accounts.add({ address: given })
    if (expected === undefined) await expect(adding).rejects.toBeInstanceOf(AdminError)
    else expect(await adding).toMatchObject({ address: expected, password: 'made-for-you' })
  })

  it('are read as own properties only', async () => {
    const { admin } = house()
    const fields = JSON.parse('{"__proto__":{"name":"evil.test"}}') as Record<string, unknown>
    await expect(admin.domains.add(fields)).rejects.toMatchObject({ fault: 'invalid' })
    await expect(admin.domains.add(Object.create({ name: 'evil.test' }))).rejects.toMatchObject({ fault: 'invalid' })
  })
})

describe('the language of reports', () => {
  it('is one of those that there are, or left to the messages', async () => {
    const { admin, accounts } = house()
    await admin.domains.add({ name: 'example.org' })
    const { id } = await admin.accounts.add({ address: 'alice@example.org', password: 'long enough' })
    await admin.accounts.setLanguage('alice@example.org', { language: 'DE' })
    expect(accounts.get(id)).toMatchObject({ language: 'de' })
    await expect(admin.accounts.setLanguage('alice@example.org', { language: 'tlh' })).rejects.toThrow(/en, de, /)
    await admin.accounts.setLanguage('alice@example.org', { language: null })
    expect(accounts.get(id)).toMatchObject({ language: null })
  })
})

describe('a quota', () => {
  it.each([
    ['a number of bytes', 10_737_418_240, 10_737_418_240],
    ['none', null, undefined],
  ])('is %s', async (_, bytes, quota) => {
    const { admin, accounts } = house()
    await admin.domains.add({ name: 'example.org' })
    const { id } = await admin.accounts.add({ address: 'alice@example.org', password: 'long enough' })
    await admin.accounts.setQuota('alice@example.org', { bytes })
    expect(accounts.get(id)).toMatchObject({ quota })
  })

  it.each([
    ['a text', '1000'],
    ['a negative number', -1],
    ['a fraction', 1.5],
    ['missing', undefined],
  ])('is not %s', async (_, bytes) => {
    await expect(house().admin.accounts.setQuota('alice@example.org', { bytes })).rejects.toThrow(AdminError)
  })
})
