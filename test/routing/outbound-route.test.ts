import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memorySql } from '../../src/host/memory/sql.ts'
import { domainPattern, outboundRoute, type OutboundRoute, RegistryStore } from '../../src/routing/index.ts'

const routes: OutboundRoute[] = [
  { recipient: '*', agents: ['usual'] },
  { recipient: '*.example.net', agents: ['below'] },
  { recipient: '*.deep.example.net', agents: ['deeper'] },
  { recipient: 'example.net', agents: ['exact'] },
  { recipient: 'example.net', sender: '*', agents: ['anybody'] },
  { recipient: 'example.net', sender: '*.ours.test', agents: ['branches'] },
  { recipient: 'example.net', sender: 'ours.test', agents: ['us'] },
  { recipient: 'example.net', sender: '<>', agents: ['reports'] },
]

describe('the route for a message', () => {
  test.each([
    ['elsewhere.test', 'a.test', 'usual'],
    ['a.example.net', 'a.test', 'below'],
    ['a.deep.example.net', 'a.test', 'deeper'],
    ['deep.example.net', 'a.test', 'below'],
    ['notexample.net', 'a.test', 'usual'],
    ['example.net', 'a.test', 'anybody'],
    ['example.net', 'ours.test', 'us'],
    ['example.net', 'branch.ours.test', 'branches'],
    ['example.net', '', 'reports'],
  ])('to %s from %j is %s: the most exact recipient, then the most exact sender', (to, from, agent) => {
    expect(outboundRoute(routes, to, from)?.agents).toEqual([agent])
  })

  test('does not depend on the order of the routes', () => {
    const domain = fc.constantFrom('example.net', 'a.example.net', 'a.deep.example.net', 'other.test')
    const sender = fc.constantFrom('', 'ours.test', 'branch.ours.test', 'a.test')
    fc.assert(
      fc.property(fc.shuffledSubarray(routes), domain, sender, (some, to, from) => {
        const sorted = [...some].sort((a, b) => routes.indexOf(a) - routes.indexOf(b))
        expect(outboundRoute(some, to, from)).toBe(outboundRoute(sorted, to, from))
      }),
    )
  })

  test('a route for reports alone serves nobody else', () => {
    const only = [{ recipient: '*', sender: '<>', agents: ['reports'] }]
    expect(outboundRoute(only, 'a.test', 'ours.test')).toBeUndefined()
    expect(outboundRoute([{ recipient: '*', sender: '*', agents: ['x'] }], 'a.test', '')).toBeUndefined()
  })
})

test.each([
  ['Example.NET.', 'example.net'],
  ['*.Bücher.example', '*.xn--bcher-kva.example'],
  [' * ', '*'],
  ['[192.0.2.1]', '[192.0.2.1]'],
  ['*.[192.0.2.1]', undefined],
  ['*example.net', undefined],
  ['a.*.net', undefined],
  ['', undefined],
])('the pattern %j is %j', (text, pattern) => expect(domainPattern(text)).toBe(pattern))

test('the registry keeps one route for each pair of patterns, and forgets it', () => {
  const store = new RegistryStore(memorySql())
  expect(store.routes()).toEqual([])
  expect(store.removeRoute('a.test')).toBe(false)
  store.setRoute({ recipient: 'a.test', agents: ['mx'] })
  store.setRoute({ recipient: 'a.test', sender: 'b.test', agents: ['relay'] })
  store.setRoute({ recipient: 'a.test', agents: ['relay', 'mx'] })
  expect(store.routes()).toEqual([
    { recipient: 'a.test', agents: ['relay', 'mx'] },
    { recipient: 'a.test', sender: 'b.test', agents: ['relay'] },
  ])
  expect(store.removeRoute('a.test')).toBe(true)
  expect(store.routes()).toEqual([{ recipient: 'a.test', sender: 'b.test', agents: ['relay'] }])
})

test('a registry from before there were routes has none, and takes one', () => {
  const sql = memorySql()
  const store = new RegistryStore(sql)
  store.addDomain('a.test', 1)
  expect(store.routes()).toEqual([])
  expect(store.setRoute({ recipient: '*', agents: ['mx'] })).toBe(true)
  expect(new RegistryStore(sql).routes()).toHaveLength(1)
})

test('there are at most a thousand routes, which are read as one', () => {
  const store = new RegistryStore(memorySql())
  for (let n = 0; n < 1_000; n++) expect(store.setRoute({ recipient: `d${n}.test`, agents: ['mx'] })).toBe(true)
  expect(store.setRoute({ recipient: 'more.test', agents: ['mx'] })).toBe(false)
  expect(store.setRoute({ recipient: 'd7.test', agents: ['other'] })).toBe(true)
})
