import { describe, expect, it } from 'vitest'
import {
  allScopes,
  apiTokenId,
  mostTokens,
  type NewApiToken,
  newApiToken,
  reachesAddress,
  reachesDomain,
  TokenStore,
} from '../../../src/access/api/index.ts'
import { memorySql } from '../../../src/host/memory/sql.ts'

const wanted: NewApiToken = { name: 'shop', scopes: ['messages:send'], domains: [], accounts: [], perMinute: 60 }
const minute = 60_000

describe('a token as text', () => {
  it('has its id and 200 bits by chance', () => {
    const lengths: number[] = []
    const { id, token } = newApiToken((length) => {
      lengths.push(length)
      return '0'.repeat(length)
    })
    expect(lengths).toEqual([10, 40])
    expect(apiTokenId(token)).toBe(id)
  })

  it.each([
    '',
    'fca_',
    `fca_${'a'.repeat(10)}_`,
    `fca_${'a'.repeat(10)}_${'a'.repeat(39)}`,
    `fca_${'a'.repeat(10)}_${'a'.repeat(41)}`,
    `fca_${'A'.repeat(10)}_${'a'.repeat(40)}`,
    `fct_${'a'.repeat(10)}_${'a'.repeat(40)}`,
    `fca_${'a'.repeat(10)}_${'a'.repeat(40)}\n`,
  ])('is not %j', (text) => expect(apiTokenId(text)).toBeUndefined())
})

describe('what a token reaches', () => {
  it.each([
    [{ domains: [], accounts: [] }, true, true, true],
    [{ domains: ['a.test'], accounts: [] }, true, true, true],
    [{ domains: ['b.test'], accounts: [] }, false, false, false],
    [{ domains: [], accounts: ['x@a.test'] }, false, true, false],
    [{ domains: ['b.test'], accounts: ['x@a.test'] }, false, true, false],
  ])('with %j', (token, domain, own, neighbour) => {
    expect(reachesDomain(token, 'a.test')).toBe(domain)
    expect(reachesAddress(token, 'x@a.test')).toBe(own)
    expect(reachesAddress(token, 'y@a.test')).toBe(neighbour)
  })

  it('does not end at the first @ of an address', () => {
    expect(reachesAddress({ domains: ['a.test'], accounts: [] }, '"x@a.test"@b.test')).toBe(false)
  })
})

describe('the store', () => {
  it('writes nothing while there are no tokens', () => {
    const sql = memorySql()
    const store = new TokenStore(sql)
    expect([store.list(), store.use('x', 'y', 1), store.remove('x')]).toEqual([[], undefined, undefined])
    expect(sql.exec('SELECT * FROM sqlite_master').toArray()).toEqual([])
  })

  it('gives a token to whoever has its hash, until it expires or is revoked', () => {
    const store = new TokenStore(memorySql())
    expect(store.add('one', 'hash', { ...wanted, expires: 100 }, 1)).toBe(true)
    expect(store.use('one', 'other', 50)).toBeUndefined()
    expect(store.use('two', 'hash', 50)).toBeUndefined()
    expect(store.use('one', 'hash', 99)).toMatchObject({ id: 'one', name: 'shop', created: 1, expires: 100 })
    expect(store.use('one', 'hash', 100)).toBeUndefined()
    expect(store.remove('one')).toMatchObject({ name: 'shop' })
    expect(store.list()).toEqual([])
  })

  it('writes the last use at most every five minutes', () => {
    const store = new TokenStore(memorySql())
    store.add('one', 'hash', wanted, 1)
    expect(store.list()[0]).not.toHaveProperty('lastUsed')
    const start = 1_700_000_000_000
    const seen = [0, 1, 4, 5, 6].map((later) => store.use('one', 'hash', start + later * minute)?.lastUsed)
    expect(seen).toEqual([start, start, start, start + 5 * minute, start + 5 * minute])
  })

  it('holds so many and no more', () => {
    const store = new TokenStore(memorySql())
    for (let n = 0; n < mostTokens; n++) store.add(String(n), 'hash', wanted, n)
    expect(store.add('more', 'hash', wanted, 1)).toBe(false)
    expect(store.list()).toHaveLength(mostTokens)
  })

  it('keeps no secret: only what it was given as hash', () => {
    const sql = memorySql()
    new TokenStore(sql).add('one', 'the hash', { ...wanted, scopes: allScopes }, 1)
    expect(sql.exec<{ hash: string; scopes: string }>('SELECT hash, scopes FROM token').one()).toEqual({
      hash: 'the hash',
      scopes: JSON.stringify(allScopes),
    })
  })
})
