/** Addresses that people make up for one correspondent each, and take back. */
import { describe, expect, test } from 'vitest'
import { memorySql } from '../../src/host/memory/sql.ts'
import { DomainStore, type MaskedAddress, makeMask, type NewMask, ownsAddress } from '../../src/routing/index.ts'
import { directoryOf } from './directory-of.ts'

const day = 24 * 3_600_000
const now = Date.parse('2026-11-23T08:00:00Z')

/** A domain with alice and bob; chance repeats itself after 100,000 throws. */
function hosted() {
  const store = new DomainStore(memorySql())
  store.host('facteur.test')
  store.addAccount('alice', 'a1')
  store.addAccount('bob', 'a2')
  let throws = 0
  const random = (below: number) => (throws++ * 7_919) % below
  const make = (wanted: Partial<NewMask> = {}, accountId = 'a1', at = now) => {
    const facts = {
      forDomain: '',
      description: '',
      url: null,
      createdBy: 'test',
      state: 'enabled',
      prefix: '',
    } as const
    return makeMask(store, accountId, { ...facts, ...wanted }, at, random)
  }
  const made = (...wanted: Parameters<typeof make>): MaskedAddress => {
    const mask = make(...wanted)
    if (typeof mask !== 'object') throw new Error(`no address: ${mask}`)
    return mask
  }
  return { store, masks: store.masks!, make, made }
}

describe('a new address', () => {
  test('can be read out, tells nothing of its owner, and leads to them', () => {
    const { store, made } = hosted()
    const { localPart } = made({ forDomain: 'https://shop.test' })
    expect(localPart).toMatch(/^[a-z]{6}\.[a-z]{6}\d{3}$/)
    expect(store.lookup(localPart)).toEqual({
      kind: 'account',
      accountId: 'a1',
      address: `${localPart}@facteur.test`,
      mask: 'enabled',
    })
    expect(store.lookup(`${localPart.toUpperCase()}+tag`)).toMatchObject({ accountId: 'a1', detail: 'tag' })
  })

  test('begins as its owner likes', () => {
    expect(hosted().made({ prefix: 'my_shop2' }).localPart).toMatch(/^my_shop2\.[a-z]{6}\d{3}$/)
  })

  test('is nobody else’s, whatever chance says', () => {
    const { store } = hosted()
    const facts = { forDomain: '', description: '', url: null, createdBy: '', state: 'enabled', prefix: '' } as const
    const always = (accountId: string) => makeMask(store, accountId, facts, now, () => 0)
    expect(always('a1')).toMatchObject({ localPart: 'bababa.bababa000' })
    expect(always('a2')).toBe('tooMany')
  })

  test('is made for accounts of the domain only', () => {
    const { make, store } = hosted()
    expect(make({}, 'somebody')).toBeUndefined()
    store.removeAccount('alice')
    expect(make()).toBeUndefined()
  })

  test('cannot be taken by an account or an alias', () => {
    const { store, made } = hosted()
    const { localPart } = made()
    const problem = `${localPart}@facteur.test is or was somebody's masked address.`
    expect(store.addAccount(localPart, 'a3')).toEqual({ ok: false, problem })
    expect(store.setAlias(localPart, ['bob@facteur.test'])).toEqual({ ok: false, problem })
  })
})

describe('its state', () => {
  test('disabled: mail is marked for the trash', () => {
    const { store, masks, made } = hosted()
    const mask = made()
    masks.update('a1', { ...mask, state: 'disabled' })
    expect(store.lookup(mask.localPart)).toMatchObject({ kind: 'account', mask: 'disabled' })
  })

  test('deleted: nobody there, even where a catch-all takes everything, and never anybody’s again', () => {
    const { store, masks, made } = hosted()
    store.setAlias('*', ['bob@facteur.test'])
    const mask = made()
    masks.update('a1', { ...mask, state: 'deleted' })
    expect(store.lookup(mask.localPart)).toEqual({ kind: 'unknown' })
    expect(store.lookup(`${mask.localPart}+x`)).toEqual({ kind: 'unknown' })
    expect(store.isFree(mask.localPart)).toBe(false)
    masks.used(mask.localPart, now)
    expect(masks.find(mask.localPart)?.lastMessage).toBeUndefined()
  })

  test('pending: its first message puts it to use', () => {
    const { masks, made } = hosted()
    const { localPart } = made({ state: 'pending' })
    masks.used(localPart, now + 5)
    expect(masks.find(localPart)).toMatchObject({ state: 'enabled', lastMessage: now + 5 })
  })

  test('pending: without a message within a day it never was', () => {
    const { masks, made } = hosted()
    const unused = made({ state: 'pending' })
    const other = made({ state: 'pending' }, 'a2')
    const next = made({}, 'a1', now + day)
    expect(masks.of('a1')).toEqual([next])
    expect(masks.find(unused.localPart)).toBeUndefined()
    expect(masks.of('a2')).toEqual([other])
  })

  test('pending: one that mail has come to stays, whatever its owner’s program still believes', () => {
    const { masks, made } = hosted()
    const seenPending = made({ state: 'pending' })
    masks.used(seenPending.localPart, now + 5)
    masks.update('a1', { ...seenPending, description: 'the shop' })
    masks.remove('a1', seenPending.localPart)
    made({}, 'a1', now + 2 * day)
    expect(masks.find(seenPending.localPart)).toMatchObject({ description: 'the shop' })
  })
})

test('the time of the newest message is written once an hour', () => {
  const { masks, made } = hosted()
  const { localPart } = made()
  const before = masks.state
  for (const minutes of [0, 1, 59, 61]) masks.used(localPart, now + minutes * 60_000)
  expect(masks.state).toBe(before + 2)
  expect(masks.find(localPart)?.lastMessage).toBe(now + 61 * 60_000)
})

test('its owner writes from it; nobody else does, and not from a deleted one', async () => {
  const { store, masks, made } = hosted()
  const mask = made()
  const address = `${mask.localPart}@facteur.test`
  const owns = (accountId: string) => ownsAddress(address, accountId, directoryOf(store))
  expect([await owns('a1'), await owns('a2')]).toEqual([true, false])
  masks.update('a1', { ...mask, state: 'deleted' })
  expect(await owns('a1')).toBe(false)
})

describe('limits', () => {
  test('100 new ones a day', () => {
    const { make } = hosted()
    for (let count = 0; count < 100; count++) expect(make()).toBeTypeOf('object')
    expect(make()).toBe('tooFast')
    expect(make({}, 'a2')).toBeTypeOf('object')
    expect(make({}, 'a1', now + day)).toBeTypeOf('object')
  })

  test('1,000 altogether, revoked ones among them', () => {
    const { make } = hosted()
    for (let count = 0; count < 1_000; count++) {
      expect(make({}, 'a1', now + Math.floor(count / 100) * day)).toBeTypeOf('object')
    }
    expect(make({}, 'a1', now + 20 * day)).toBe('tooMany')
  })
})

test('they go with their account, and with the domain', () => {
  const { store, masks, made } = hosted()
  const mask = made()
  store.removeAccount('alice')
  expect(masks.of('a1')).toEqual([])
  expect(store.lookup(mask.localPart)).toEqual({ kind: 'unknown' })
})
