/** Addresses of distribution lists, and those below each. */
import { describe, expect, test } from 'vitest'
import { memorySql } from '../../src/host/memory/sql.ts'
import { DomainStore, resolve, route } from '../../src/routing/index.ts'

function hosted() {
  const store = new DomainStore(memorySql())
  store.host('facteur.test')
  store.addAccount('alice', 'a1')
  store.addAccount('bob', 'a2')
  expect(store.setList('Dev', 'l1', ['alice@facteur.test'])).toEqual({ ok: true, address: 'dev@facteur.test' })
  const directory = { lookup: async (_: string, localPart: string) => store.lookup(localPart) }
  return { store, directory }
}

describe('lookup', () => {
  test.each([
    ['dev', { kind: 'list', listId: 'l1', role: 'post' }],
    ['DEV', { kind: 'list', listId: 'l1', role: 'post' }],
    ['dev-bounces+1-abc', { kind: 'list', listId: 'l1', role: 'bounces', detail: '1-abc' }],
    ['dev-unsubscribe+1-abc', { kind: 'list', listId: 'l1', role: 'unsubscribe', detail: '1-abc' }],
    ['dev-unsubscribe', { kind: 'list', listId: 'l1', role: 'unsubscribe' }],
    ['dev-owner', { kind: 'alias', targets: ['alice@facteur.test'] }],
    ['dev-request', { kind: 'alias', targets: ['alice@facteur.test'] }],
    ['dev-subscribe', { kind: 'unknown' }],
    ['other-bounces', { kind: 'unknown' }],
  ])('%s', (localPart, answer) => expect(hosted().store.lookup(localPart)).toEqual(answer))

  test.each(['-', '=', ''])('tokens follow a + also where subaddresses follow %j', (separator) => {
    const { store } = hosted()
    store.setSeparator(separator)
    store.setAlias('*', ['bob@facteur.test'])
    for (const role of ['bounces', 'unsubscribe']) {
      const answer = { kind: 'list', listId: 'l1', role, detail: '1-abc' }
      expect(store.lookup(`Dev-${role}+1-ABC`)).toEqual(answer)
    }
  })

  test('an account or alias of that very name comes first', () => {
    const { store } = hosted()
    store.addAccount('dev-owner', 'a3')
    expect(store.lookup('dev-owner')).toMatchObject({ kind: 'account', accountId: 'a3' })
  })
})

describe('an address is one thing', () => {
  test('a list takes no name that is in use, and nobody takes a list’s', () => {
    const { store } = hosted()
    expect(store.setList('alice', 'l2', ['bob@facteur.test'])).toMatchObject({ ok: false })
    expect(store.setList('dev', 'l2', ['bob@facteur.test'])).toMatchObject({ ok: false })
    expect(store.addAccount('dev', 'a3')).toEqual({ ok: false, problem: 'dev@facteur.test is a list already.' })
    expect(store.setAlias('dev', ['bob@facteur.test'])).toEqual({
      ok: false,
      problem: 'dev@facteur.test is a list already.',
    })
  })

  test('a list’s name leaves room for the addresses of its members (RFC 5321 §4.5.3.1.1: 64 octets)', () => {
    const { store } = hosted()
    const longest = 'x'.repeat(28)
    expect(store.setList(longest, 'l2', ['bob@facteur.test']).ok).toBe(true)
    expect(`${longest}-unsubscribe+zzzzzz-0123456789abcdef`).toHaveLength(64)
    expect(store.setList(`${longest}x`, 'l3', ['bob@facteur.test'])).toMatchObject({ ok: false })
  })

  test('its owners can change; removed, it is nobody’s', () => {
    const { store } = hosted()
    expect(store.setList('dev', 'l1', ['bob@facteur.test']).ok).toBe(true)
    expect(store.lookup('dev-owner')).toEqual({ kind: 'alias', targets: ['bob@facteur.test'] })
    expect(store.removeList('dev')).toEqual({ ok: true, address: 'dev@facteur.test' })
    expect(store.lookup('dev-bounces+x')).toEqual({ kind: 'unknown' })
    expect(store.removeList('dev')).toMatchObject({ ok: false })
  })

  test('a domain is hosted as long as it has lists', () => {
    const { store } = hosted()
    store.removeAccount('alice')
    store.removeAccount('bob')
    expect(store.unhost()).toEqual({ ok: false, problem: 'facteur.test still has 1 list; remove them first.' })
  })
})

describe('routing', () => {
  test('leads to the object of the list, by what the address is for', async () => {
    const { directory } = hosted()
    expect(await resolve('dev-bounces+7-xyz@facteur.test', directory)).toMatchObject({
      destinations: [{ kind: 'mailbox', accountId: 'l1', list: 'bounces', detail: '7-xyz' }],
    })
  })

  test('keeps apart what is for the members, and what came back from each', async () => {
    const { directory } = hosted()
    const recipients = ['dev', 'dev', 'dev-bounces+1-a', 'dev-bounces+2-b'].map((name) => ({
      address: `${name}@facteur.test`,
    }))
    const { deliveries } = await route(recipients, directory)
    expect(deliveries.map(({ recipients: { length } }) => length)).toEqual([2, 1, 1])
  })
})
