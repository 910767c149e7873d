/**
 * RFC 8620 §5.1 and §5.2: /get and /changes.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { simpleMessage, World, type Answer } from '../../access/jmap/world.ts'
import { ofVerb } from './methods.ts'

const message = (n: number, subject = `S${n}`) =>
  simpleMessage.replace('<m1@', `<m${n}@`).replace('Subject: Hello', `Subject: ${subject}`)
const gets = ofVerb('get').filter(([name]) => /^(Mailbox|Thread|Email|Identity|EmailSubmission)\//.test(name))

describe('§5.1 /get', () => {
  it.each(gets)('§5.1 %s: an empty list for no ids', async (name) => {
    expect(await new World().call(name, { ids: [] })).toEqual({
      accountId: 'a1',
      state: expect.any(String),
      list: [],
      notFound: [],
    })
  })

  it.each(gets)('§5.1 %s: ids that are not there are notFound, each once', async (name) => {
    const { list, notFound } = await new World().call(name, { ids: ['zz', 'zz', 'Q999999', '#nothing', '#nothing'] })
    expect([list, notFound.toSorted()]).toEqual([[], ['#nothing', 'Q999999', 'zz']])
  })

  it.each(gets)('§5.1 %s: invalidArguments for an unknown property', async (name) => {
    for (const property of ['nonsense', 'ID', '', 'constructor', '__proto__']) {
      expect((await new World().refusal(name, { ids: [], properties: ['id', property] })).type).toBe('invalidArguments')
    }
  })

  it('§5.1 gives all records for null, and those asked for once each', async () => {
    const world = new World()
    const all = await world.call('Mailbox/get')
    expect(all.list.length).toBeGreaterThan(3)
    const [first, second] = all.list
    const some = await world.call('Mailbox/get', { ids: [second.id, first.id, second.id] })
    expect(some.list.toSorted((a: Answer, b: Answer) => (a.id < b.id ? -1 : 1))).toEqual([first, second])
  })

  it('§5.1 gives the properties asked for, and the id always', async () => {
    const world = new World()
    const email = world.deliver(message(1))
    for (const [name, ids, property] of [
      ['Mailbox/get', null, 'name'],
      ['Email/get', [email], 'subject'],
      ['Identity/get', null, 'email'],
    ] as const) {
      const { list } = await world.call(name, { ids, properties: [property] })
      expect(Object.keys(list[0]).toSorted()).toEqual(['id', property].toSorted())
      const { list: bare } = await world.call(name, { ids, properties: [] })
      expect(Object.keys(bare[0])).toEqual(['id'])
    }
  })

  it('§5.1 requestTooLarge: above maxObjectsInGet, counted once each; also where null means too many', async () => {
    const world = new World({ maxObjectsInGet: 2 })
    expect((await world.refusal('Email/get', { ids: ['a', 'b', 'c'] })).type).toBe('requestTooLarge')
    expect((await world.call('Email/get', { ids: ['a', 'b', 'a', 'b'] })).notFound).toEqual(['a', 'b'])
    expect((await world.refusal('Mailbox/get', { ids: null })).type).toBe('requestTooLarge')
  })

  it.each(['Email/get', 'Thread/get'])('§5.1 requestTooLarge: %s does not give all records', async (name) => {
    expect((await new World().refusal(name, { ids: null })).type).toBe('requestTooLarge')
  })

  it('§5.1 the state changes when data does, and only then', async () => {
    const world = new World()
    const state = async (): Promise<string> => (await world.call('Mailbox/get', { ids: [] })).state
    const before = await state()
    expect(await state()).toBe(before)
    await world.call('Mailbox/set', { create: { bad: { name: '' } }, destroy: ['zz'] })
    expect(await state()).toBe(before)
    await world.call('Mailbox/set', { create: { a: { name: 'A' } } })
    expect(await state()).not.toBe(before)
  })
})

describe('§5.2 /changes', () => {
  it.each(ofVerb('changes', 'queryChanges'))(
    '§5.2 %s: cannotCalculateChanges for a state that was never given out',
    async (name, args) => {
      const since = Object.keys(args)[0] as string
      const states = ['', 'x', '-1', '01', '999999', '1.5', ' 0', '0-0', '0-1-2-3', '5-1-0', '0-999999-0', '1e1']
      for (const state of states) {
        if (name.startsWith('Quota')) continue
        expect([state, (await new World().refusal(name, { [since]: state })).type]).toEqual([
          state,
          'cannotCalculateChanges',
        ])
      }
    },
  )

  it.each(ofVerb('changes', 'queryChanges').filter(([name]) => !name.startsWith('Quota')))(
    '§5.2 %s: maxChanges is greater than 0',
    async (name, args) => {
      for (const maxChanges of [0, -1]) {
        expect((await new World().refusal(name, { ...args, maxChanges })).type).toBe('invalidArguments')
      }
    },
  )

  it('§5.2 nothing since the present state', async () => {
    const world = new World()
    const { state } = await world.call('Email/get', { ids: [] })
    expect(await world.call('Email/changes', { sinceState: state, maxChanges: 1 })).toEqual({
      accountId: 'a1',
      oldState: state,
      newState: state,
      hasMoreChanges: false,
      created: [],
      updated: [],
      destroyed: [],
    })
  })

  it('§5.2 each record once: created also when updated, destroyed also when updated, nothing when both made and gone', async () => {
    const world = new World()
    const [a, b] = [world.deliver(message(1)), world.deliver(message(2))] as const
    const { state } = await world.call('Email/get', { ids: [] })
    const [c, d] = [world.deliver(message(3)), world.deliver(message(4))] as const
    for (const id of [a, b, c, d]) await world.call('Email/set', { update: { [id]: { 'keywords/$flagged': true } } })
    await world.call('Email/set', { destroy: [b, d] })
    expect(await world.call('Email/changes', { sinceState: state })).toMatchObject({
      created: [c],
      updated: [a],
      destroyed: [b],
      hasMoreChanges: false,
    })
  })

  it.each(['Mailbox', 'Email', 'Thread', 'Identity'])(
    '§5.2 %s/changes comes in parts of maxChanges, whatever happened at once, and never cannotCalculateChanges',
    async (type) => {
      const world = new World()
      const { state } = await world.call(`${type}/get`, { ids: [] })
      for (let n = 0; n < 7; n++) world.deliver(message(n))
      const names = Array.from({ length: 7 }, (_, n) => [`k${n}`, n] as const)
      const record = (n: number) => (type === 'Identity' ? { email: 'alice@facteur.test' } : { name: `N${n}` })
      if (type === 'Mailbox' || type === 'Identity') {
        await world.call(`${type}/set`, { create: Object.fromEntries(names.map(([key, n]) => [key, record(n)])) })
      }
      const { ids } = await world.call('Email/query')
      const update = Object.fromEntries(ids.map((id: string) => [id, { 'keywords/$seen': true }]))
      await world.call('Email/set', { update })
      const whole = await world.call(`${type}/changes`, { sinceState: state })
      for (const maxChanges of [1, 3]) {
        const told: string[] = []
        let step: Answer = { newState: state, hasMoreChanges: true }
        while (step.hasMoreChanges) {
          step = await world.call(`${type}/changes`, { sinceState: step.newState, maxChanges })
          const ids = [...step.created, ...step.updated, ...step.destroyed]
          expect(ids.length).toBeLessThanOrEqual(maxChanges)
          told.push(...ids)
        }
        expect(step.newState).toBe(whole.newState)
        expect(new Set(told)).toEqual(new Set([...whole.created, ...whole.updated, ...whole.destroyed]))
      }
    },
  )

  it('§5.2 a change of 1,000 emails at once comes in parts too', async () => {
    const world = new World()
    const ids: string[] = []
    for (let n = 0; n < 1000; n++) ids.push(world.deliver(message(n)))
    const { state } = await world.call('Email/get', { ids: [] })
    const update = Object.fromEntries(ids.map((id) => [id, { 'keywords/$seen': true }]))
    await world.call('Email/set', { update })
    const first = await world.call('Email/changes', { sinceState: state, maxChanges: 600 })
    const second = await world.call('Email/changes', { sinceState: first.newState, maxChanges: 600 })
    expect([first.hasMoreChanges, second.hasMoreChanges]).toEqual([true, false])
    expect(first.updated.length + second.updated.length).toBe(1000)
    expect(new Set([...first.updated, ...second.updated])).toEqual(new Set(ids))
  })

  it('§5.2 a client that applies what it is told ends with what the server has, whatever happens meanwhile', async () => {
    const operation = fc.record({
      what: fc.constantFrom('deliver', 'reply', 'flag', 'flagAll', 'move', 'destroy', 'mailbox', 'rename', 'unmailbox'),
      n: fc.nat({ max: 20 }),
    })
    const round = fc.record({
      operations: fc.array(operation, { maxLength: 5 }),
      maxChanges: fc.integer({ min: 1, max: 4 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 6 }), async (rounds) => {
        const world = new World()
        const clients = await Promise.all(['Email', 'Mailbox', 'Thread'].map((type) => Client.start(world, type)))
        for (const [index, { operations, maxChanges }] of rounds.entries()) {
          for (const { what, n } of operations) await operate(world, what, n)
          // One step each round, so that the rest of a long change is told amid newer ones.
          for (const client of clients) await client.step(index === rounds.length - 1 ? undefined : maxChanges)
        }
        for (const client of clients) await client.expectCurrent()
      }),
      { numRuns: 100 },
    )
  })
})

async function operate(world: World, what: string, n: number): Promise<void> {
  const { ids } = await world.call('Email/query')
  const email = ids[n % Math.max(1, ids.length)] as string | undefined
  const { list } = await world.call('Mailbox/get', { properties: ['name', 'role'] })
  const own = list.filter(({ role }: Answer) => role === null)
  const mailbox = own[n % Math.max(1, own.length)]?.id as string | undefined
  if (what === 'deliver') world.deliver(message(n + 100 * ids.length))
  if (what === 'reply') {
    world.deliver(
      message(n + 100 * ids.length, `Re: S${n}`).replace('Message-ID', `In-Reply-To: <m${n}@example.com>\nMessage-ID`),
    )
  }
  const update: Record<string, object> = {}
  if (what === 'flag' && email !== undefined) update[email] = { 'keywords/$seen': n % 2 === 0 ? true : null }
  if (what === 'flagAll') for (const id of ids) update[id] = { [`keywords/k${n % 3}`]: true }
  if (what === 'move' && email !== undefined)
    update[email] = { mailboxIds: { [mailbox ?? world.mailbox('archive')]: true } }
  if (Object.keys(update).length > 0) await world.call('Email/set', { update })
  if (what === 'destroy' && email !== undefined) await world.call('Email/set', { destroy: [email] })
  if (what === 'mailbox') await world.call('Mailbox/set', { create: { m: { name: `N${n}` } } })
  if (mailbox === undefined) return
  if (what === 'rename') await world.call('Mailbox/set', { update: { [mailbox]: { name: `R${n}` } } })
  if (what === 'unmailbox') await world.call('Mailbox/set', { destroy: [mailbox], onDestroyRemoveEmails: true })
}

/** Keeps what it was told of one type, and checks that no answer contradicts an earlier one (§5.2). */
class Client {
  readonly #world: World
  readonly #type: string
  #state: string
  #cache = new Map<string, string>()
  /** Told as updated or destroyed since there were no more changes. */
  readonly #told = new Set<string>()
  #more = false

  private constructor(world: World, type: string, state: string) {
    this.#world = world
    this.#type = type
    this.#state = state
  }

  static async start(world: World, type: string): Promise<Client> {
    const { state } = await world.call(`${type}/get`, { ids: [] })
    const client = new Client(world, type, state)
    if (type === 'Mailbox') for (const one of (await world.call('Mailbox/get')).list) client.#keep(one)
    return client
  }

  /** Takes at most so many changes, or without a number all that there are, two by two. */
  async step(maxChanges?: number): Promise<void> {
    for (let goesOn = true; goesOn;) {
      const sinceState = this.#state
      const most = maxChanges ?? 2
      const told = await this.#world.call(`${this.#type}/changes`, { sinceState, maxChanges: most })
      expect(told.created.length + told.updated.length + told.destroyed.length).toBeLessThanOrEqual(most)
      // Split over answers: not created "after a response that deems it as updated or destroyed".
      expect(told.created.filter((id: string) => this.#told.has(id))).toEqual([])
      for (const id of [...told.updated, ...told.destroyed]) this.#told.add(id)
      for (const id of told.destroyed) this.#cache.delete(id)
      const ids = [...told.created, ...told.updated]
      for (const one of (await this.#world.call(`${this.#type}/get`, { ids })).list) this.#keep(one)
      this.#state = told.newState
      this.#more = told.hasMoreChanges
      if (!this.#more) this.#told.clear()
      goesOn = maxChanges === undefined && this.#more
    }
  }

  async expectCurrent(): Promise<void> {
    const ids = await this.#idsNow()
    const { list, state } = await this.#world.call(`${this.#type}/get`, { ids })
    expect(this.#state).toBe(state)
    const now = new Map(list.map((one: Answer) => [one.id, JSON.stringify(one)]))
    // Destroyed before it could be fetched: never in the cache. Anything else must be as it is now.
    expect(this.#cache).toEqual(now)
  }

  async #idsNow(): Promise<string[] | null> {
    if (this.#type === 'Mailbox') return null
    const { ids } = await this.#world.call('Email/query')
    if (this.#type === 'Email') return ids
    const { list } = await this.#world.call('Email/get', { ids, properties: ['threadId'] })
    return list.map(({ threadId }: Answer) => threadId)
  }

  #keep(record: Answer): void {
    this.#cache.set(record.id, JSON.stringify(record))
  }
}
