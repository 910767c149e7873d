import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../src/host/memory/clock.ts'
import { MemoryDns } from '../../../src/host/memory/dns.ts'
import { decodeQuestion, type DnsFetch, guardedFetch, ResolverHealth } from '../../../src/protocol/dns/index.ts'

const url = 'https://dns.example/q'

function stage() {
  const clock = new VirtualClock()
  const dns = new MemoryDns()
  const health = new ResolverHealth()
  const world = { alive: true, slowZone: false, asked: 0, trials: [] as string[] }
  const fetch: DnsFetch = async (address, init) => {
    world.asked++
    if (!world.alive || world.slowZone) throw new Error('timed out')
    return dns.fetch(address, init)
  }
  const trial: DnsFetch = async (address, init) => {
    world.trials.push(decodeQuestion(new URL(address).searchParams.get('dns') ?? '')?.name ?? '')
    if (!world.alive) throw new Error('timed out')
    return dns.fetch(address, init)
  }
  const guarded = guardedFetch({ url, fetch, trial, clock: clock.now }, health)
  const ask = () => guarded(`${url}?dns=AAABAAABAAAAAAAAAWEAAAEAAQ`, { method: 'GET', headers: {} })
  const outcome = () =>
    ask().then(
      ({ status }) => status,
      (error: Error) => error.message,
    )
  return { clock, world, health, outcome }
}

describe('a resolver that does not answer', () => {
  test('is asked no more after three questions and a trial, for ten seconds', async () => {
    const { world, outcome, clock } = stage()
    world.alive = false
    for (let n = 0; n < 3; n++) expect(await outcome()).toBe('timed out')
    expect(world.trials).toEqual([`${clock.now()}.invalid`])
    for (let n = 0; n < 20; n++) expect(await outcome()).toBe('it has not answered for some time')
    expect(world.asked).toBe(3)
    clock.advance(10_001)
    expect(await outcome()).toBe('it has not answered for some time')
    expect([world.asked, world.trials.length]).toEqual([3, 2])
  })

  test('is asked again as soon as the trial after the pause succeeds', async () => {
    const { world, outcome, clock } = stage()
    world.alive = false
    for (let n = 0; n < 3; n++) await outcome()
    world.alive = true
    expect(await outcome()).toBe('it has not answered for some time')
    clock.advance(10_001)
    expect([await outcome(), await outcome()]).toEqual([200, 200])
    expect(world.trials).toHaveLength(2)
  })

  test('one at a time finds out; the others are answered at once', async () => {
    const { world, outcome, clock } = stage()
    world.alive = false
    for (let n = 0; n < 3; n++) await outcome()
    clock.advance(10_001)
    await Promise.all([outcome(), outcome(), outcome()])
    expect(world.trials).toHaveLength(2)
  })

  test('whoever tried and never came back is forgotten', async () => {
    const { world, outcome, clock, health } = stage()
    world.alive = false
    for (let n = 0; n < 3; n++) await outcome()
    world.alive = true
    clock.advance(10_001)
    health.tryingUntil = clock.now() + 5_000
    expect(await outcome()).toBe('it has not answered for some time')
    clock.advance(5_000)
    expect(await outcome()).toBe(200)
  })
})

test('failures count only in a row', async () => {
  const { world, outcome } = stage()
  for (let n = 0; n < 9; n++) {
    world.slowZone = n % 3 !== 2
    await outcome()
  }
  expect(world.trials).toEqual([])
})

test.each([
  [503, 1],
  [429, 0],
  [400, 0],
])('an HTTP status of %i is a failure of the resolver: %i trial', async (status, trials) => {
  let tried = 0
  const answering: DnsFetch = async () => ({
    status,
    headers: { get: () => null },
    arrayBuffer: async () => new ArrayBuffer(0),
  })
  const trial: DnsFetch = async (address, init) => {
    tried++
    return answering(address, init)
  }
  const guarded = guardedFetch({ url, fetch: answering, trial, clock: () => 1 }, new ResolverHealth())
  for (let n = 0; n < 3; n++) expect((await guarded(url, { method: 'GET', headers: {} })).status).toBe(status)
  expect(tried).toBe(trials)
})

test('zones of strangers that do not answer never make the resolver be left alone', async () => {
  const { world, outcome } = stage()
  world.slowZone = true
  for (let n = 0; n < 30; n++) expect(await outcome()).toBe('timed out')
  world.slowZone = false
  expect(await outcome()).toBe(200)
  expect(world.trials).toHaveLength(10)
})
