/** The life of a signing key: published before it is used, gone as a secret when it signs no more (RFC 6376 §3.1). */
import { describe, expect, test } from 'vitest'
import { memorySql } from '../../src/host/memory/sql.ts'
import { DomainStore, type NewSigningKey } from '../../src/routing/index.ts'

function hosted(): DomainStore {
  const store = new DomainStore(memorySql())
  store.host('facteur.test')
  return store
}

const key = (selector: string): NewSigningKey => ({
  selector,
  algorithm: 'rsa-sha256',
  record: `v=DKIM1; p=${selector}`,
  privateKey: Uint8Array.of(1, 2, 3),
})
const states = (store: DomainStore) => store.signingKeys?.list().map(({ selector, state }) => [selector, state])

describe('signing keys', () => {
  test('a domain that is not hosted has none, and nothing is written for it', () => {
    const store = new DomainStore(memorySql())
    expect(store.signingKeys).toBeUndefined()
  })

  test('a next key does not sign; an active one does', () => {
    const { signingKeys } = hosted()
    signingKeys?.add([key('one')], 'active', 1)
    signingKeys?.add([key('two')], 'next', 2)
    expect(signingKeys?.active()).toEqual([
      { selector: 'one', algorithm: 'rsa-sha256', privateKey: Uint8Array.of(1, 2, 3) },
    ])
  })

  test('activation retires what signed, and its private half is gone', () => {
    const store = hosted()
    store.signingKeys?.add([key('one')], 'active', 1)
    store.signingKeys?.add([key('two')], 'next', 2)
    expect(store.signingKeys?.activate(3)).toBe(true)
    expect(states(store)).toEqual([
      ['one', 'retired'],
      ['two', 'active'],
    ])
    expect(store.signingKeys?.active().map(({ selector }) => selector)).toEqual(['two'])
    expect(store.signingKeys?.list()[0]).toEqual({
      selector: 'one',
      algorithm: 'rsa-sha256',
      record: 'v=DKIM1; p=one',
      state: 'retired',
      since: 3,
    })
  })

  test('activation without a next key leaves the active one alone', () => {
    const store = hosted()
    store.signingKeys?.add([key('one')], 'active', 1)
    expect(store.signingKeys?.activate(2)).toBe(false)
    expect(states(store)).toEqual([['one', 'active']])
  })

  test('keys made again replace those that waited', () => {
    const store = hosted()
    store.signingKeys?.add([key('one')], 'next', 1)
    store.signingKeys?.add([key('two')], 'next', 2)
    expect(states(store)).toEqual([['two', 'next']])
  })

  test('stopping retires all; the records stay known', () => {
    const store = hosted()
    store.signingKeys?.add([key('one')], 'active', 1)
    store.signingKeys?.add([key('two')], 'next', 2)
    store.signingKeys?.retireAll(3)
    expect(states(store)).toEqual([['one', 'retired']])
    expect(store.signingKeys?.active()).toEqual([])
  })

  test('a domain that is hosted anew begins without keys', () => {
    const store = hosted()
    store.signingKeys?.add([key('one')], 'active', 1)
    store.unhost()
    store.host('facteur.test')
    expect(store.signingKeys?.list()).toEqual([])
  })
})
