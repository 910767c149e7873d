import { expect, test } from 'vitest'
import { memorySql } from '../../src/host/memory/sql.ts'
import { RegistryStore } from '../../src/routing/index.ts'

test('an unused registry writes nothing', () => {
  const sql = memorySql()
  const registry = new RegistryStore(sql)
  expect([registry.domains(), registry.accounts(), registry.waiting()]).toEqual([[], [], []])
  registry.removeDomain('a.test')
  registry.removeAccount('a1')
  registry.clearWaiting('a.test')
  expect(registry.hosts('a.test')).toBe(false)
  expect(sql.exec('SELECT count(*) AS n FROM sqlite_master').one().n).toBe(0)
})

test('domains are canonical, and adding one again keeps its age', () => {
  const registry = new RegistryStore(memorySql())
  expect(registry.addDomain('B.test', 1)).toBe(true)
  expect(registry.addDomain('b.TEST', 2)).toBe(true)
  expect(registry.addDomain('a.test', 3)).toBe(true)
  expect(registry.addDomain('no domain', 4)).toBe(false)
  expect(registry.domains()).toEqual([
    { domain: 'a.test', created: 3 },
    { domain: 'b.test', created: 1 },
  ])
  expect(registry.hosts('B.test')).toBe(true)
  registry.removeDomain('B.test')
  expect(registry.hosts('b.test')).toBe(false)
})

test('accounts come in pages, and by domain', () => {
  const registry = new RegistryStore(memorySql())
  for (let i = 0; i < 5; i++)
    registry.addAccount({ accountId: `a${i}`, address: `u${i}@${i % 2 ? 'odd' : 'even'}.test`, created: i })
  expect(registry.accounts({ limit: 2 }).map(({ accountId }) => accountId)).toEqual(['a0', 'a1'])
  expect(registry.accounts({ after: 'a1' }).map(({ accountId }) => accountId)).toEqual(['a2', 'a3', 'a4'])
  expect(registry.accounts({ domain: 'odd.test' }).map(({ accountId }) => accountId)).toEqual(['a1', 'a3'])
  registry.removeAccount('a1')
  expect(registry.accounts({ domain: 'odd.test' })).toEqual([{ accountId: 'a3', address: 'u3@odd.test', created: 3 }])
})

test('destinations with waiting mail come and go', () => {
  const registry = new RegistryStore(memorySql())
  registry.markWaiting('slow.test', 5)
  registry.markWaiting('slow.test', 9)
  expect(registry.waiting()).toEqual([{ domain: 'slow.test', since: 5 }])
  registry.clearWaiting('slow.test')
  expect(registry.waiting()).toEqual([])
})
