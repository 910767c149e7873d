/** MaskedEmail: addresses made up for one correspondent each (https://www.fastmail.com/dev/maskedemail). */
import { beforeEach, describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../src/format/index.ts'
import { MemoryHouse, type MemoryAccount } from '../../../src/host/memory/house.ts'
import type { Answer } from './world.ts'

const capability = 'https://www.fastmail.com/dev/maskedemail'

let house: MemoryHouse
let alice: MemoryAccount
let bob: MemoryAccount

beforeEach(() => {
  house = new MemoryHouse()
  alice = house.add('a1', 'alice@facteur.test', 'Alice')
  bob = house.add('a2', 'bob@facteur.test', 'Bob')
})

async function calls(as: MemoryAccount, ...methods: [string, object][]): Promise<[string, Answer][]> {
  const methodCalls = methods.map(([name, args], index) => [name, { accountId: as.id, ...args }, `c${index}`])
  const body = JSON.stringify({ using: ['urn:ietf:params:jmap:core', capability], methodCalls })
  const answer = JSON.parse((await as.jmap.handle(encodeUtf8(body))).body) as { methodResponses: [string, Answer][] }
  return answer.methodResponses
}

const call = async (as: MemoryAccount, name: string, args: object = {}): Promise<Answer> =>
  (await calls(as, [name, args]))[0]![1]
const set = (args: object, as = alice) => call(as, 'MaskedEmail/set', args)
const get = async (args: object = { ids: null }, as = alice): Promise<Answer[]> =>
  (await call(as, 'MaskedEmail/get', args)).list
const make = async (facts: object = {}, as = alice): Promise<Answer> =>
  (await set({ create: { new: facts } }, as)).created.new
const lookup = (email: string) => house.domain('facteur.test').lookup(email.split('@')[0]!)

test('the session offers it', () => {
  const session = alice.jmap.session('https://mail.facteur.test') as Answer
  expect(session.capabilities[capability]).toEqual({})
  expect(session.primaryAccounts[capability]).toBe('a1')
})

describe('MaskedEmail/set create', () => {
  test('makes an address up, pending until its first message', async () => {
    const created = await make({ forDomain: 'https://shop.test', description: 'Shoes' })
    expect(created).toEqual({
      id: expect.stringMatching(/^[a-z]{6}-[a-z]{6}\d{3}$/),
      email: expect.stringMatching(/^[a-z]{6}\.[a-z]{6}\d{3}@facteur\.test$/),
      state: 'pending',
      lastMessageAt: null,
      createdAt: '2026-11-23T12:00:00Z',
      createdBy: '',
      url: null,
    })
    expect(await get()).toEqual([{ ...created, forDomain: 'https://shop.test', description: 'Shoes' }])
    expect(lookup(created.email)).toMatchObject({ kind: 'account', accountId: 'a1', mask: 'enabled' })
  })

  test('lets its user choose how it begins, and to use it at once', async () => {
    const { email } = await make({ emailPrefix: 'shop_2', state: 'enabled' })
    expect(email).toMatch(/^shop_2\.[a-z]{6}\d{3}@facteur\.test$/)
    const long = await make({ emailPrefix: 'p'.repeat(64) })
    expect(long.email.indexOf('@')).toBeLessThanOrEqual(64)
  })

  test('takes null for what is not said', async () => {
    const nothing = { forDomain: null, description: null, url: null, emailPrefix: null, state: null }
    expect(await make(nothing)).toMatchObject({ forDomain: '', description: '', state: 'pending' })
  })

  test.each([
    [{ state: 'deleted' }, 'state'],
    [{ state: 'asleep' }, 'state'],
    [{ emailPrefix: 'Shop' }, 'emailPrefix'],
    [{ emailPrefix: 'a.b' }, 'emailPrefix'],
    [{ emailPrefix: 'p'.repeat(65) }, 'emailPrefix'],
    [{ description: 'two\nlines' }, 'description'],
    [{ forDomain: 5 }, 'forDomain'],
    [{ url: 'x'.repeat(2_001) }, 'url'],
    [{ email: 'me@facteur.test' }, 'email'],
    [{ createdBy: 'me' }, 'createdBy'],
  ])('refuses %j', async (facts, property) => {
    const { created, notCreated, oldState, newState } = await set({ create: { new: facts } })
    expect(created).toBeNull()
    expect(notCreated.new).toMatchObject({ type: 'invalidProperties', properties: [property] })
    expect(newState).toBe(oldState)
  })

  test('refuses more than there may be in a day, and altogether', async () => {
    const hundred = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`n${index}`, { state: 'enabled' }]))
    await set({ create: hundred })
    expect((await set({ create: { new: {} } })).notCreated.new.type).toBe('rateLimit')
    for (let day = 1; day < 10; day++) {
      house.now += 24 * 3_600_000
      expect((await set({ create: hundred })).notCreated).toBeNull()
    }
    house.now += 24 * 3_600_000
    expect((await set({ create: { new: {} } })).notCreated.new.type).toBe('overQuota')
  })
})

describe('MaskedEmail/set update', () => {
  test('changes what is said of it, and its state', async () => {
    const { id, email } = await make()
    const patch = { description: 'Books', forDomain: 'https://books.test', url: 'vault://7', state: 'disabled' }
    expect((await set({ update: { [id]: patch } })).updated).toEqual({ [id]: null })
    expect(await get()).toMatchObject([patch])
    expect(lookup(email)).toMatchObject({ mask: 'disabled' })
    await set({ update: { [id]: { state: 'deleted' } } })
    expect(lookup(email)).toEqual({ kind: 'unknown' })
    await set({ update: { [id]: { state: 'enabled' } } })
    expect(lookup(email)).toMatchObject({ mask: 'enabled' })
  })

  test('never makes it pending again, and leaves what the server says alone', async () => {
    const { id } = await make({ state: 'enabled' })
    const { notUpdated } = await set({ update: { [id]: { state: 'pending', email: 'x@y.test' } } })
    expect(notUpdated[id]).toMatchObject({ type: 'invalidProperties', properties: ['state', 'email'] })
  })

  test('by the creation id of the same call', async () => {
    const { updated } = await set({ create: { new: {} }, update: { '#new': { state: 'enabled' } } })
    expect(updated).toEqual({ [(await get())[0]!.id]: null })
    expect(await get()).toMatchObject([{ state: 'enabled' }])
  })

  test('what is unknown, or somebody else’s', async () => {
    const { id } = await make({}, bob)
    const { notUpdated } = await set({ update: { [id]: { state: 'deleted' }, none: { state: 'deleted' } } })
    expect(notUpdated).toMatchObject({ [id]: { type: 'notFound' }, none: { type: 'notFound' } })
    expect(await get({ ids: [id] })).toEqual([])
    expect(await get({ ids: null }, bob)).toMatchObject([{ state: 'pending' }])
  })
})

describe('MaskedEmail/set destroy', () => {
  test('of one that was never used', async () => {
    const { id } = await make()
    expect((await set({ destroy: [id] })).destroyed).toEqual([id])
    expect(await get()).toEqual([])
  })

  test('is refused for one in use: it must never be anybody else’s', async () => {
    const { id } = await make({ state: 'enabled' })
    expect((await set({ destroy: [id, 'none'] })).notDestroyed).toMatchObject({
      [id]: { type: 'forbidden' },
      none: { type: 'notFound' },
    })
  })
})

test('states move with every change, and are compared', async () => {
  const before = (await call(alice, 'MaskedEmail/get', { ids: [] })).state
  const { newState } = await set({ create: { new: {} }, ifInState: before })
  expect(newState).not.toBe(before)
  const [[name, { type }]] = (await calls(alice, ['MaskedEmail/set', { create: { b: {} }, ifInState: before }])) as [
    [string, Answer],
  ]
  expect([name, type]).toEqual(['error', 'stateMismatch'])
  expect(await get()).toHaveLength(1)
})

test('a domain that does not answer is a fault of ours, for now', async () => {
  house.down.add('facteur.test')
  const [[name, answer]] = (await calls(alice, ['MaskedEmail/get', { ids: null }])) as [[string, Answer]]
  expect([name, answer.type]).toEqual(['error', 'serverUnavailable'])
})
