import { describe, expect, test } from 'vitest'
import { memorySql } from '../../src/host/memory/sql.ts'
import { DomainStore, ownsAddress } from '../../src/routing/index.ts'
import { directoryOf } from './directory-of.ts'

function hosted(): DomainStore {
  const store = new DomainStore(memorySql())
  expect(store.host('Facteur.Test')).toEqual({ ok: true, address: 'facteur.test' })
  expect(store.addAccount('alice', 'a1')).toEqual({ ok: true, address: 'alice@facteur.test' })
  expect(store.addAccount('Bob', 'a2')).toEqual({ ok: true, address: 'bob@facteur.test' })
  return store
}

describe('a domain that nobody hosts', () => {
  test('answers foreign and writes nothing', () => {
    const sql = memorySql()
    const store = new DomainStore(sql)
    expect(store.lookup('alice')).toEqual({ kind: 'foreign' })
    expect([store.accounts(), store.aliases()]).toEqual([[], []])
    for (const change of [
      store.addAccount('a', 'a1'),
      store.setAlias('a', ['b@c.test']),
      store.removeAlias('a'),
      store.removeAccount('a'),
      store.unhost(),
      store.setSeparator('-'),
    ]) {
      expect(change.ok).toBe(false)
    }
    expect(sql.exec('SELECT count(*) AS n FROM sqlite_master').one().n).toBe(0)
  })

  test('is one again after unhost, which accounts prevent', () => {
    const store = hosted()
    expect(store.unhost()).toEqual({ ok: false, problem: 'facteur.test still has 2 accounts; remove them first.' })
    store.removeAccount('alice')
    store.removeAccount('bob')
    expect(store.unhost().ok).toBe(true)
    expect(store.lookup('alice')).toEqual({ kind: 'foreign' })
    expect(store.host('facteur.test').ok).toBe(true)
  })
})

describe('lookup', () => {
  test.each([
    ['alice', { kind: 'account', accountId: 'a1', address: 'alice@facteur.test' }],
    ['ALICE', { kind: 'account', accountId: 'a1', address: 'alice@facteur.test' }],
    ['alice+Tag', { kind: 'account', accountId: 'a1', address: 'alice@facteur.test', detail: 'Tag' }],
    ['alice+a+b', { kind: 'account', accountId: 'a1', address: 'alice@facteur.test', detail: 'a+b' }],
    ['alice+', { kind: 'account', accountId: 'a1', address: 'alice@facteur.test', detail: '' }],
    ['+alice', { kind: 'unknown' }],
    ['alicia', { kind: 'unknown' }],
    ['*', { kind: 'unknown' }],
  ])('%s', (localPart, answer) => expect(hosted().lookup(localPart)).toEqual(answer))

  test('an exact address wins over a subaddress', () => {
    const store = hosted()
    store.addAccount('alice+work', 'a3')
    expect(store.lookup('alice+work')).toMatchObject({ accountId: 'a3' })
  })

  test('aliases, below subaddresses too, and the catch-all last', () => {
    const store = hosted()
    store.setAlias('sales', ['alice@facteur.test', 'carol@elsewhere.test'])
    const sales = { kind: 'alias', targets: ['alice@facteur.test', 'carol@elsewhere.test'] }
    expect(store.lookup('Sales')).toEqual(sales)
    expect(store.lookup('sales+spring')).toEqual(sales)
    store.setAlias('*', ['bob@facteur.test'])
    expect(store.lookup('anything')).toEqual({ kind: 'alias', targets: ['bob@facteur.test'] })
    expect(store.lookup('alice')).toMatchObject({ kind: 'account' })
  })

  test("the mailbox for other servers' reports is nobody's, and no catch-all's, until somebody takes the address", async () => {
    const store = hosted()
    store.setAlias('*', ['bob@facteur.test'])
    expect(store.lookup('Mail-Reports')).toEqual({ kind: 'reports' })
    expect(await ownsAddress('mail-reports@facteur.test', 'a1', directoryOf(store))).toBe(false)
    store.addAccount('mail-reports', 'a3')
    expect(store.lookup('mail-reports')).toMatchObject({ kind: 'account', accountId: 'a3' })
  })

  test('postmaster and abuse always lead somewhere (RFC 5321 §4.5.1, RFC 2142)', () => {
    const store = hosted()
    expect(store.lookup('Postmaster')).toMatchObject({ kind: 'account', accountId: 'a1' })
    expect(store.lookup('abuse')).toMatchObject({ kind: 'account', accountId: 'a1' })
    store.setAlias('*', ['bob@facteur.test'])
    expect(store.lookup('abuse')).toMatchObject({ kind: 'alias' })
    store.addAccount('abuse', 'a9')
    expect(store.lookup('abuse')).toMatchObject({ accountId: 'a9' })
  })

  test('one Unicode form (NFC) finds the other', () => {
    const store = hosted()
    store.addAccount('jos\u00e9', 'a5')
    expect(store.lookup('jose\u0301')).toMatchObject({ accountId: 'a5' })
  })

  test('the separator can be another, or none', () => {
    const store = hosted()
    store.setSeparator('-')
    expect(store.lookup('alice-x')).toMatchObject({ detail: 'x' })
    expect(store.lookup('alice+x')).toEqual({ kind: 'unknown' })
    store.setSeparator('')
    expect(store.lookup('alice-x')).toEqual({ kind: 'unknown' })
    expect(store.setSeparator('ab').ok).toBe(false)
  })
})

describe('changes that cannot be', () => {
  test.each<[string, (store: DomainStore) => { ok: boolean; problem?: string }, string]>([
    ['an account twice', (store) => store.addAccount('ALICE', 'a7'), 'alice@facteur.test is an account already.'],
    [
      'a local part with a space',
      (store) => store.addAccount('a b', 'a7'),
      '"a b" cannot stand before the @ of an address.',
    ],
    [
      'a local part with an @',
      (store) => store.addAccount('a@b', 'a7'),
      '"a@b" cannot stand before the @ of an address.',
    ],
    [
      'a quoted local part',
      (store) => store.addAccount('"a b"', 'a7'),
      '""a b"" cannot stand before the @ of an address.',
    ],
    ['no local part', (store) => store.addAccount('', 'a7'), '"" cannot stand before the @ of an address.'],
    [
      '65 octets',
      (store) => store.addAccount('a'.repeat(65), 'a7'),
      `"${'a'.repeat(65)}" cannot stand before the @ of an address.`,
    ],
    [
      'an alias over an account',
      (store) => store.setAlias('alice', ['x@y.test']),
      'alice@facteur.test is an account already.',
    ],
    ['an alias to nowhere', (store) => store.setAlias('x', []), 'An alias needs at least one target address.'],
    ['an alias to no address', (store) => store.setAlias('x', ['nobody']), '"nobody" is not a mail address.'],
    [
      'an alias to itself',
      (store) => store.setAlias('x', ['X@facteur.test']),
      'x@facteur.test cannot be its own target.',
    ],
    [
      'a crowd',
      (store) =>
        store.setAlias(
          'x',
          Array.from({ length: 101 }, (_, i) => `u${i}@y.test`),
        ),
      'An alias can have 100 targets, not 101.',
    ],
    ['no domain', (store) => store.host('not a domain'), '"not a domain" is not a domain name.'],
    ['an address literal', (store) => store.host('[192.0.2.1]'), '"[192.0.2.1]" is not a domain name.'],
    ['another domain', (store) => store.host('other.test'), 'This is the address book of facteur.test.'],
    ['an alias that is not', (store) => store.removeAlias('x'), 'There is no alias "x" in this domain.'],
    ['an account that is not', (store) => store.removeAccount('x'), 'There is no account "x" in this domain.'],
  ])('%s', (_name, change, problem) => expect(change(hosted())).toEqual({ ok: false, problem }))
})

test('an account after an alias of the same name is refused', () => {
  const store = hosted()
  store.setAlias('info', ['alice@facteur.test'])
  expect(store.addAccount('Info', 'a4')).toEqual({ ok: false, problem: 'info@facteur.test is an alias already.' })
})

test('aliases are listed without double targets, and survive a restart', () => {
  const sql = memorySql()
  const store = new DomainStore(sql)
  store.host('facteur.test')
  store.setAlias('team', ['a@x.test', 'A@X.test', 'b@x.test'])
  expect(new DomainStore(sql).aliases()).toEqual([{ localPart: 'team', targets: ['a@x.test', 'b@x.test'] }])
})

test('an account owns its address, subaddresses and aliases that lead there, and nothing else', async () => {
  const store = hosted()
  store.setAlias('info', ['team@facteur.test'])
  store.setAlias('team', ['alice@facteur.test', 'info@facteur.test', 'x@elsewhere.test'])
  const owns = (address: string) => ownsAddress(address, 'a1', directoryOf(store))
  for (const address of ['alice@facteur.test', 'Alice+x@FACTEUR.test', 'info@facteur.test', 'team@facteur.test']) {
    expect([address, await owns(address)]).toEqual([address, true])
  }
  for (const address of ['bob@facteur.test', 'x@elsewhere.test', 'alice@other.test', 'nobody@facteur.test', 'none']) {
    expect([address, await owns(address)]).toEqual([address, false])
  }
})
