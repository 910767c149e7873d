import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  canonicalAddress,
  canonicalDomain,
  type Directory,
  type DirectoryAnswer,
  ownsAddress,
  resolve,
  route,
} from '../../src/routing/index.ts'

/** Addresses of the hosted domains a.test and b.test: an account id, or alias targets. */
function directory(book: Record<string, string | string[]>): Directory & { asked: number } {
  return {
    asked: 0,
    async lookup(domain, localPart): Promise<DirectoryAnswer> {
      this.asked++
      if (domain === 'down.test') throw new Error('no answer')
      if (domain !== 'a.test' && domain !== 'b.test') return { kind: 'foreign' }
      const entry = book[`${localPart.toLowerCase()}@${domain}`]
      if (entry === undefined) return { kind: 'unknown' }
      return typeof entry === 'string'
        ? { kind: 'account', accountId: entry, address: `${localPart.toLowerCase()}@${domain}` }
        : { kind: 'alias', targets: entry }
    },
  }
}

describe('resolve', () => {
  const book = directory({
    'alice@a.test': 'A',
    'bob@b.test': 'B',
    'info@a.test': ['alice@a.test'],
    'all@a.test': ['info@a.test', 'alice@a.test', 'bob@b.test', 'carol@Elsewhere.test'],
    'loop1@a.test': ['loop2@a.test'],
    'loop2@a.test': ['Loop1@a.test'],
    'half@a.test': ['half@a.test', 'alice@a.test'],
    'stale@a.test': ['gone@a.test', 'alice@a.test'],
    'dead@a.test': ['gone@a.test'],
    'shaky@a.test': ['alice@a.test', 'x@down.test'],
  })

  test('a mailbox, by any case of domain and local part', async () => {
    expect(await resolve('Alice@A.TEST', book)).toEqual({
      kind: 'route',
      dead: [],
      destinations: [{ kind: 'mailbox', accountId: 'A', address: 'Alice@a.test', domain: 'a.test', via: [] }],
    })
  })

  test('elsewhere: the local part keeps its case (RFC 5321 §2.4), the domain becomes A-labels', async () => {
    expect(await resolve('Käthe@Bücher.example', book)).toMatchObject({
      destinations: [{ kind: 'relay', domain: 'xn--bcher-kva.example', address: 'Käthe@xn--bcher-kva.example' }],
    })
  })

  test('an alias of many, each place once, with the way there', async () => {
    const found = await resolve('all@a.test', book)
    expect(found).toMatchObject({
      kind: 'route',
      destinations: [
        { kind: 'mailbox', accountId: 'A', via: ['all@a.test'] },
        { kind: 'mailbox', accountId: 'B', via: ['all@a.test'] },
        { kind: 'relay', address: 'carol@elsewhere.test', via: ['all@a.test'] },
      ],
    })
  })

  test('a loop leads nowhere: 5.4.6 (RFC 3463 §3.5); beside it real targets still count', async () => {
    expect(await resolve('loop1@a.test', book)).toMatchObject({
      kind: 'reject',
      reply: { code: 550, enhanced: '5.4.6' },
    })
    expect(await resolve('half@a.test', book)).toMatchObject({ kind: 'route', destinations: [{ accountId: 'A' }] })
  })

  test('dead targets are told apart, and refuse only when nothing else is left', async () => {
    expect(await resolve('stale@a.test', book)).toMatchObject({
      destinations: [{ accountId: 'A' }],
      dead: [{ address: 'gone@a.test', via: ['stale@a.test'] }],
    })
    expect(await resolve('dead@a.test', book)).toMatchObject({
      kind: 'reject',
      reply: { code: 550, enhanced: '5.1.1' },
    })
    expect(await resolve('nobody@a.test', book)).toMatchObject({
      kind: 'reject',
      reply: { code: 550, enhanced: '5.1.1' },
    })
    expect(await resolve('no address', book)).toMatchObject({ kind: 'reject', reply: { code: 550, enhanced: '5.1.3' } })
  })

  test('a directory that cannot be asked is a 4xx, even for a part of an alias', async () => {
    expect(await resolve('x@down.test', book)).toMatchObject({ reply: { code: 451, enhanced: '4.3.0' } })
    expect(await resolve('shaky@a.test', book)).toMatchObject({ reply: { code: 451 } })
    await expect(ownsAddress('x@down.test', 'A', book)).rejects.toThrow()
  })

  test('aliases in a row and in breadth are bounded', async () => {
    const chain = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`c${i}@a.test`, [`c${i + 1}@a.test`]]))
    expect(await resolve('c0@a.test', directory(chain))).toMatchObject({ reply: { code: 550, enhanced: '5.4.6' } })
    expect(await resolve('c10@a.test', directory({ ...chain, 'c20@a.test': 'C' }))).toMatchObject({ kind: 'route' })
    const bomb: Record<string, string[]> = {}
    for (let level = 0; level < 9; level++) {
      for (let i = 0; i < 100; i++)
        bomb[`l${level}x${i}@a.test`] = Array.from({ length: 100 }, (_, j) => `l${level + 1}x${j}@a.test`)
    }
    const book = directory(bomb)
    expect(await resolve('l0x0@a.test', book)).toMatchObject({ reply: { code: 550, enhanced: '5.5.3' } })
    expect(book.asked).toBeLessThanOrEqual(200)
  })

  test('ends for every book of aliases, and reaches no mailbox twice', async () => {
    const name = fc.constantFrom('p@a.test', 'q@a.test', 'r@b.test', 's@b.test', 't@x.test')
    const entry = fc.oneof(fc.constantFrom('1', '2'), fc.array(name, { minLength: 1, maxLength: 4 }))
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, entry), async (book) => {
        const found = await resolve('p@a.test', directory(book))
        if (found.kind !== 'route') return
        const places = found.destinations.map((to) => (to.kind === 'mailbox' ? to.accountId : to.address))
        expect(new Set(places).size).toBe(places.length)
      }),
    )
  })
})

test('route brings recipients of one mailbox together', async () => {
  const book = directory({ 'alice@a.test': 'A', 'info@a.test': ['alice@a.test'] })
  const recipients = ['info@a.test', 'alice@a.test', 'x@y.test', 'no@a.test'].map((address) => ({ address }))
  const plan = await route(recipients, book)
  expect(plan.deliveries).toMatchObject([
    {
      destination: { accountId: 'A', via: ['info@a.test'] },
      recipients: [{ address: 'info@a.test' }, { address: 'alice@a.test' }],
    },
    { destination: { kind: 'relay', domain: 'y.test' }, recipients: [{ address: 'x@y.test' }] },
  ])
  expect(plan.refused).toMatchObject([{ recipient: { address: 'no@a.test' }, reply: { code: 550 } }])
})

test.each([
  ['Example.COM', 'example.com'],
  ['BÜCHER.example', 'xn--bcher-kva.example'],
  ['[192.0.2.1]', '[192.0.2.1]'],
  ['[IPv6:2001:db8::1]', '[ipv6:2001:db8::1]'],
  ['bücher.example/evil', undefined],
  ['a..b', undefined],
  ['-a.example', undefined],
  ['ü%2e.example', undefined],
  ['', undefined],
])('canonicalDomain(%j) is %j', (domain, canonical) => expect(canonicalDomain(domain)).toBe(canonical))

test('canonicalAddress makes two spellings one', () => {
  expect(canonicalAddress('"Alice"@Bücher.example')).toBe('alice@xn--bcher-kva.example')
  expect(canonicalAddress('alice')).toBeUndefined()
})
