/**
 * RFC 8620 §7: what is pushed, the example of §7.2, and the words of the event source. Its connection is tested in
 * test/host/workers.
 */
import { describe, expect, it } from 'vitest'
import { parseEventSourceQuery, pingEvent, stateEvent } from '../../../src/protocol/jmap/index.ts'
import { simpleMessage, World, type Answer } from '../../access/jmap/world.ts'
import { PushWorld } from '../../access/jmap/push-world.ts'

const day = 86_400_000

/** The interval that a wish for so many seconds comes to. */
const ping = (seconds: number) =>
  parseEventSourceQuery(new URLSearchParams(`types=*&closeafter=no&ping=${seconds}`))?.ping

/** The StateChange of the last commit. */
const last = (world: World): Answer => world.jmap.stateChange(world.commits.at(-1) as never)

describe('§7.1 StateChange', () => {
  it('§7.1 has its type, and for each account the states that /get would give for what changed', async () => {
    const world = new World()
    world.deliver(simpleMessage)
    const change = last(world)
    expect(change).toEqual({ '@type': 'StateChange', changed: { a1: expect.any(Object) } })
    for (const [type, state] of Object.entries(change.changed.a1)) {
      if (type === 'EmailDelivery') continue
      expect([type, (await world.call(`${type}/get`, { ids: [] })).state]).toEqual([type, state])
    }
  })

  it('§7.1 names the types that changed: EmailDelivery for new mail only (RFC 8621 §1.5)', async () => {
    const world = new World()
    const types = () => new Set(Object.keys(last(world).changed.a1))
    const id = world.deliver(simpleMessage)
    expect(types()).toEqual(new Set(['Email', 'EmailDelivery', 'Mailbox', 'Thread']))
    await world.call('Email/set', { update: { [id]: { 'keywords/$flagged': true } } })
    expect([types().has('Email'), types().has('EmailDelivery')]).toEqual([true, false])
    await world.call('Mailbox/set', { create: { m: { name: 'M' } } })
    expect(types()).toEqual(new Set(['Mailbox']))
    await world.call('Identity/set', { create: { i: { email: 'alice@facteur.test' } } })
    expect(types()).toEqual(new Set(['Identity']))
  })

  it('§7.1 after a /set has the newState of its answer: a client need not ask for its own change', async () => {
    const world = new World()
    const { newState } = await world.call('Mailbox/set', { create: { m: { name: 'M' } } })
    expect(last(world).changed.a1.Mailbox).toBe(newState)
  })

  it('§7.1 leads a client that asks for /changes to what changed', async () => {
    const world = new World()
    const { state } = await world.call('Email/get', { ids: [] })
    const id = world.deliver(simpleMessage)
    const changes = await world.call('Email/changes', { sinceState: state })
    expect(changes).toMatchObject({ created: [id], newState: last(world).changed.a1.Email })
  })
})

describe('§7.2.2 the example', () => {
  it('§7.2.2 a client subscribes, is verified, and extends its subscription', async () => {
    const world = new PushWorld()
    world.now = Date.UTC(2018, 6, 6, 2, 14, 29)
    expect(await world.call('PushSubscription/get', { ids: null })).toEqual({ list: [], notFound: [] })

    const { created } = await world.call('PushSubscription/set', {
      create: {
        '4f29': {
          deviceClientId: 'a889-ffea-910',
          url: 'https://example.com/push/?device=X8980fc&client=12c6d086',
          types: null,
        },
      },
    })
    // This server bounds it to 30 days; the example's to 7.
    const { id, ...rest } = created['4f29']
    expect(rest).toMatchObject({ keys: null, expires: '2018-08-05T02:14:29Z' })

    await world.settle(0)
    expect(world.posts).toHaveLength(1)
    const [{ url, body }] = world.posts as [Answer]
    expect(url).toBe('https://example.com/push/?device=X8980fc&client=12c6d086')
    const verificationCode = expect.stringMatching(/^\w+$/)
    expect(body).toEqual({ '@type': 'PushVerification', pushSubscriptionId: id, verificationCode })

    const code = body.verificationCode as string
    const { notUpdated } = await world.call('PushSubscription/set', { update: { [id]: { verificationCode: 'wrong' } } })
    expect(notUpdated[id]).toMatchObject({ type: 'invalidProperties', properties: ['verificationCode'] })
    const confirmed = await world.call('PushSubscription/set', { update: { [id]: { verificationCode: code } } })
    expect(confirmed).toMatchObject({ updated: { [id]: null }, notUpdated: null })

    world.now += 2 * day
    const update = { [id]: { expires: '2018-08-13T00:00:00Z' } }
    const extended = await world.call('PushSubscription/set', { update })
    expect(extended.updated).toEqual({ [id]: { expires: '2018-08-07T02:14:29Z' } })

    const { list } = await world.call('PushSubscription/get', { ids: null })
    expect(list).toEqual([
      { id, deviceClientId: 'a889-ffea-910', verificationCode: code, expires: '2018-08-07T02:14:29Z', types: null },
    ])
  })

  it.each(['url', 'keys'])('§7.2.1 forbidden: %s is never returned', async (property) => {
    const error = await new PushWorld().error('PushSubscription/get', { ids: null, properties: ['id', property] })
    expect(error.type).toBe('forbidden')
  })

  it.each([
    ['PushSubscription/get', { accountId: 'a1', ids: null }],
    ['PushSubscription/get', { properties: ['nonsense'] }],
    ['PushSubscription/get', { ids: 'all' }],
    ['PushSubscription/set', { accountId: 'a1' }],
    ['PushSubscription/set', { ifInState: '0' }],
    ['PushSubscription/set', { create: [] }],
    ['PushSubscription/set', { destroy: 'P1' }],
  ])('§7.2 invalidArguments: %s with %j', async (name, args) => {
    expect((await new PushWorld().error(name, args)).type).toBe('invalidArguments')
  })
})

describe('§7.3 event source', () => {
  it('§7.3 tells a client that comes back what it has missed, by the id of its last event', async () => {
    const world = new World()
    const seen = world.jmap.eventId
    expect(world.jmap.stateChangeSince(seen)).toBeUndefined()
    await world.call('Mailbox/set', { create: { m: { name: 'M' } } })
    expect(world.jmap.stateChangeSince(seen)?.changed).toEqual({ a1: { Mailbox: world.jmap.eventId } })
    expect(world.jmap.stateChangeSince('nonsense')).toBeUndefined()
  })

  it.each([
    ['types=*&closeafter=no&ping=0', { types: undefined, closeAfterState: false, ping: 0 }],
    ['types=Email,CalendarEvent&closeafter=state&ping=300', { closeAfterState: true, ping: 300 }],
  ])('§7.3 takes %s', (query, expected) => {
    expect(parseEventSourceQuery(new URLSearchParams(query))).toMatchObject(expected)
  })

  it('§7.3 bounds the ping to no more than 30 below and no less than 300 above', () => {
    expect(ping(30)).toBe(30)
    expect(ping(300)).toBe(300)
    expect(ping(1)).toBeLessThanOrEqual(30)
    expect(ping(999_999)).toBeGreaterThanOrEqual(300)
  })

  it.each(['', 'types=*', 'types=*&closeafter=no', 'types=&closeafter=no&ping=0', 'types=*&closeafter=yes&ping=0'])(
    '§7.3 refuses %j',
    (query) => {
      expect(parseEventSourceQuery(new URLSearchParams(query))).toBeUndefined()
    },
  )

  it.each(['-1', '1.5', 'x', '', '1e3'])('§7.3 refuses the ping %j', (ping) => {
    expect(parseEventSourceQuery(new URLSearchParams({ types: '*', closeafter: 'no', ping }))).toBeUndefined()
  })

  it('§7.3 a state event has an id, a ping has none and tells the interval', () => {
    const change = { '@type': 'StateChange', changed: { a1: { Email: '7' } } } as const
    expect(stateEvent(change, '7')).toBe(`event: state\nid: 7\ndata: ${JSON.stringify(change)}\n\n`)
    expect(pingEvent(300)).toBe('event: ping\ndata: {"interval":300}\n\n')
  })
})
