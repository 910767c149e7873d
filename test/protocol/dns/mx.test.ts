import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { MemoryDns } from '../../../src/host/memory/dns.ts'
import { seededRandom } from '../../../src/host/memory/random.ts'
import { resolveMx } from '../../../src/protocol/dns/index.ts'

const mx = (preference: number, exchange: string) => ({ preference, exchange })

test('hosts come by preference, lowest first (RFC 5321 §5.1)', async () => {
  const dns = new MemoryDns().set('example.com', { MX: [mx(20, 'b'), mx(5, 'a'), mx(30, 'c')] })
  const found = await resolveMx('example.com', dns, seededRandom())
  expect(found).toMatchObject({ kind: 'hosts', implicit: false, hosts: [{ host: 'a' }, { host: 'b' }, { host: 'c' }] })
})

test('equal preferences take turns fairly (RFC 5321 §5.1)', async () => {
  const dns = new MemoryDns().set('example.com', { MX: ['a', 'b', 'c'].map((host) => mx(10, host)) })
  const random = seededRandom(7)
  const first = new Map<string, number>()
  for (let i = 0; i < 600; i++) {
    const found = await resolveMx('example.com', dns, random)
    const host = found.kind === 'hosts' ? (found.hosts[0]?.host ?? '') : ''
    first.set(host, (first.get(host) ?? 0) + 1)
  }
  expect([...first.values()].every((count) => count > 140 && count < 260)).toBe(true)
})

test('without MX the domain itself is the host; with any MX it is not (RFC 5321 §5.1)', async () => {
  const dns = new MemoryDns()
    .set('a.example', { A: ['192.0.2.1'] })
    .set('b.example', { A: ['192.0.2.1'], MX: [mx(1, 'mx')] })
  expect(await resolveMx('a.example', dns, Math.random)).toEqual({
    kind: 'hosts',
    implicit: true,
    authentic: false,
    hosts: [{ host: 'a.example', preference: 0 }],
  })
  expect(await resolveMx('b.example', dns, Math.random)).toMatchObject({ implicit: false, hosts: [{ host: 'mx' }] })
})

test('null MX, no domain, no answer, nonsense (RFC 7505 §3, RFC 5321 §5.1)', async () => {
  const dns = new MemoryDns()
    .set('null.example', { MX: [mx(0, '')] })
    .set('mixed.example', { MX: [mx(0, ''), mx(10, 'mx')] })
    .set('address.example', { MX: [mx(10, '192.0.2.1')] })
    .set('odd.example', { MX: [mx(10, 'a;b.example'), mx(20, '-c.example')] })
  dns.broken.add('broken.example')
  expect(await resolveMx('null.example', dns, Math.random)).toEqual({ kind: 'null-mx' })
  expect(await resolveMx('mixed.example', dns, Math.random)).toMatchObject({ hosts: [{ host: 'mx' }] })
  expect(await resolveMx('address.example', dns, Math.random)).toMatchObject({ kind: 'unusable' })
  expect(await resolveMx('odd.example', dns, Math.random)).toMatchObject({ kind: 'unusable' })
  expect(await resolveMx('missing.example', dns, Math.random)).toEqual({ kind: 'nonexistent' })
  expect(await resolveMx('broken.example', dns, Math.random)).toMatchObject({ kind: 'failed' })
})

test('at most ten hosts, each once, always sorted', async () => {
  const record = fc.record({
    preference: fc.nat({ max: 50 }),
    exchange: fc.constantFrom(...'abcdefghijklmnopqrst'.split('')),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 2, maxLength: 40 }), fc.nat(), async (records, seed) => {
      const dns = new MemoryDns().set('example.com', { MX: records })
      const found = await resolveMx('example.com', dns, seededRandom(seed))
      if (found.kind !== 'hosts') throw new Error('hosts expected')
      const preferences = found.hosts.map(({ preference }) => preference)
      expect(preferences).toEqual([...preferences].sort((a, b) => a - b))
      expect(new Set(found.hosts.map(({ host }) => host)).size).toBe(found.hosts.length)
      expect(found.hosts.length).toBe(Math.min(10, new Set(records.map(({ exchange }) => exchange)).size))
    }),
  )
})
