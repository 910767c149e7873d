import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  domainOf,
  isSharedName,
  parseShards,
  queueNames,
  readWaitingMark,
  shardName,
  shardOf,
  shareOf,
  waitingMark,
} from '../../src/queue/index.ts'

describe('several queues for a destination', () => {
  it('are set by domain', () => {
    const parsed = parseShards(' Gmail.com=8, outlook.com=1 ,')
    expect(parsed).toEqual({
      ok: true,
      shards: new Map([
        ['gmail.com', 8],
        ['outlook.com', 1],
      ]),
    })
    expect(parseShards('')).toEqual({ ok: true, shards: new Map() })
  })

  it.each(['gmail.com', 'gmail.com=0', 'gmail.com=33', 'gmail.com=x', '=3', 'a b=3', 'a~1=2'])('not by %j', (text) => {
    expect(parseShards(text)).toMatchObject({ ok: false, problem: expect.stringContaining('1 to 32') })
  })

  it('have names that lead back to the domain; the first is the domain’s own', () => {
    expect([shardName('a.test', 0), shardName('a.test', 12)]).toEqual(['a.test', 'a.test~12'])
    expect(['a.test', 'a.test~12', '[192.0.2.1]', '~3'].map(domainOf)).toEqual([
      'a.test',
      'a.test',
      '[192.0.2.1]',
      undefined,
    ])
  })

  it('get a message by what it is: always the same one, and all of them about as many', () => {
    const counts = Array.from({ length: 8 }, () => 0)
    for (let i = 0; i < 8_000; i++) {
      const shard = shardOf(`1ez7eir17yadm7-${i.toString(36)}`, 8)
      expect(shardOf(`1ez7eir17yadm7-${i.toString(36)}`, 8)).toBe(shard)
      counts[shard] = (counts[shard] ?? 0) + 1
    }
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(200)
    expect(shardOf('anything', 1)).toBe(0)
  })

  it('have together what the operator allows, and no less than one each', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 32 }), fc.nat({ max: 500 }), (count, perMinute) => {
        const shares = Array.from({ length: count }, (_, shard) => shareOf({ perMinute }, shard, count))
        if (perMinute < count) {
          expect(shares.every((share) => share === undefined)).toBe(true)
          return
        }
        expect(shares.reduce((sum, share) => sum + (share?.perMinute ?? 0), 0)).toBe(perMinute)
        expect(shares.every((share) => (share?.perMinute ?? 0) >= 1 && share?.concurrency === undefined)).toBe(true)
      }),
    )
  })
})

describe('an object that destinations share', () => {
  const places = { shards: new Map([['big.test', 3]]), shared: 4 }

  it('takes mail for all that have no queues of their own, always for the same', () => {
    expect(queueNames('big.test', places)).toEqual(['big.test', 'big.test~1', 'big.test~2'])
    const names = Array.from({ length: 100 }, (_, n) => queueNames(`d${n}.test`, places))
    expect(names).toEqual(Array.from({ length: 100 }, (_, n) => queueNames(`d${n}.test`, places)))
    expect(new Set(names.flat())).toEqual(new Set(['~0', '~1', '~2', '~3']))
    expect(names.flat().every(isSharedName)).toBe(true)
  })

  it('is not there unless the operator wants it', () => {
    expect(queueNames('a.test', { shards: new Map(), shared: 0 })).toEqual(['a.test'])
  })

  it.each([
    ['a.test', 'a.test'],
    ['a.test', 'a.test~2'],
    ['a.test', '~0'],
    ['[192.0.2.1]', '~12'],
  ])('is known to the registry for each destination: %s in %s', (domain, name) => {
    expect(readWaitingMark(waitingMark(domain, name))).toEqual({ domain, name })
  })
})
