/**
 * IMAP sessions that a bridge has parked: nothing of them is left in their object, and nothing is lost.
 */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { beforeAll, describe, expect, it } from 'vitest'
import { parkingLot } from '../../../src/host/workers/parking/parking-lot.ts'
import { account, admin, envelope, furnish, LinkClient, message, openSession, request, SessionClient } from './house.ts'
import { comeFor, ParkingClient, resume } from './parking-client.ts'

const domain = 'parking.test'
const address = `alice@${domain}`
let ids: Record<string, string>
let link: LinkClient
let parking: ParkingClient

beforeAll(async () => {
  ids = await furnish(domain, ['alice', 'bob', 'carol', 'dora', 'erin', 'fay', 'gil', 'ida'])
  link = await LinkClient.open()
  parking = await ParkingClient.open()
})

async function deliver(to: string): Promise<void> {
  expect((await link.deliver(envelope('eve@outside.test', to), message({ subject: 'news', to }))).code).toBe(250)
}

async function idling(login: string): Promise<SessionClient> {
  const session = await openSession(login)
  await session.until(/Logged in\r\n/)
  await session.command('a1', 'SELECT INBOX')
  session.send('i IDLE\r\n')
  await session.until(/\+ .*\r\n/)
  return session
}

async function parked(session: SessionClient): Promise<string> {
  const id = await parking.park(session)
  expect(id).toBeDefined()
  return id as string
}

function sockets(name: string): Promise<number> {
  return runInDurableObject(account(ids[name] as string), (_, state) => state.getWebSockets().length)
}

describe('a session in IDLE', () => {
  it('holds no socket while it is parked, is called for by the first news, and tells them (RFC 2177)', async () => {
    const id = await parked(await idling(address))
    expect(await sockets('alice')).toBe(0)
    await deliver(address)
    expect(await parking.news()).toBe(id)
    const session = await resume(id)
    expect(await session.until(/EXISTS\r\n/)).toBe('* 1 EXISTS\r\n')
    session.send('DONE\r\n')
    expect(await session.until(/i .*\r\n/)).toBe('i OK Idle ended\r\n')
    session.close()
  })

  it('is called for after its object was evicted, and tells all that has happened until then', async () => {
    const id = await parked(await idling(`bob@${domain}`))
    await evictDurableObject(account(ids.bob as string))
    await deliver(`bob@${domain}`)
    await deliver(`bob@${domain}`)
    expect(await parking.news()).toBe(id)
    await evictDurableObject(account(ids.bob as string))
    const session = await resume(id)
    expect(await session.until(/EXISTS\r\n/)).toBe('* 2 EXISTS\r\n')
    // And from then on as before.
    await deliver(`bob@${domain}`)
    expect(await session.until(/EXISTS\r\n/)).toBe('* 3 EXISTS\r\n')
    session.close()
  })

  it('is not called for by what happens in other mailboxes', async () => {
    const login = `carol@${domain}`
    const first = await parked(await idling(login))
    const other = await openSession(login)
    await other.until(/Logged in\r\n/)
    await other.command('b1', 'CREATE elsewhere')
    other.send('b2 APPEND elsewhere {4+}\r\na: b\r\n')
    await other.until(/b2 OK/)
    expect(parking.told).toEqual([])
    await deliver(login)
    expect(await parking.news()).toBe(first)
    for (const session of [other, await resume(first)]) session.close()
  })
})

describe('a session whose mailbox is gone', () => {
  it('is called for in IDLE, gets BYE and its end (RFC 9051 §7.1.5)', async () => {
    const login = `gil@${domain}`
    const session = await openSession(login)
    await session.until(/Logged in\r\n/)
    await session.command('a1', 'CREATE elsewhere')
    await session.command('a2', 'SELECT elsewhere')
    session.send('i IDLE\r\n')
    await session.until(/\+ .*\r\n/)
    const id = await parked(session)
    const other = await openSession(login)
    await other.until(/Logged in\r\n/)
    await other.command('b1', 'DELETE elsewhere')
    expect(await parking.news()).toBe(id)
    const returned = await resume(id)
    expect(await returned.until(/\r\n/)).toMatch(/^\* BYE /)
    expect(await returned.control()).toEqual({ close: true })
    await returned.closed()
    expect(await sockets('gil')).toBe(1)
    other.close()
  })
})

describe('a session between commands', () => {
  it('hears of what has happened with its next one (RFC 9051 §5.2)', async () => {
    const login = `dora@${domain}`
    const session = await openSession(login)
    await session.command('a1', 'SELECT INBOX')
    const id = await parked(session)
    await deliver(login)
    const returned = await resume(id)
    expect(parking.told).toEqual([])
    expect(await returned.command('a2', 'NOOP')).toContain('* 1 EXISTS')
    returned.close()
  })

  it.each([
    ['NOTIFY', 'a1 NOTIFY SET (SELECTED (MessageNew MessageExpunge))\r\n', /a1 OK/],
    ['half a literal', 'a1 APPEND INBOX {100000}\r\n', /\+ /],
  ])('is not parked with %s, and goes on', async (_, text, answer) => {
    const session = await openSession(`dora@${domain}`)
    await session.until(/Logged in\r\n/)
    session.send(text)
    await session.until(answer)
    expect(await parking.park(session)).toBeUndefined()
    session.close()
  })

  it('is parked under an id of an open channel only, and under each once', async () => {
    const login = `dora@${domain}`
    const channel = await ParkingClient.open()
    const [first, second] = [await openSession(login), await openSession(login)]
    const id = await channel.park(first)
    expect(await channel.park(second, id)).toBeUndefined()
    expect(await channel.park(second, 'nobody.1')).toBeUndefined()
    expect(await channel.park(second, '')).toBeUndefined()
    expect(await second.command('a1', 'NOOP')).toContain('a1 OK')
    channel.close()
    second.close()
    // Who has lost the channel comes for what was parked.
    ;(await resume(id as string)).close()
  })
})

it('POP3 is not parked: it has the maildrop to itself (RFC 1939 §4)', async () => {
  const session = await openSession(`dora@${domain}`, undefined, 'pop3')
  await session.until(/\+OK.*\r\n/)
  session.say({ park: `${parking.id}.pop` })
  session.send('QUIT\r\n')
  const controls = [await session.control()]
  while (!controls.some((control) => 'parked' in control)) controls.push(await session.control())
  expect(controls).toContainEqual({ parked: false })
})

it('an account has so many sessions, parked ones among them', async () => {
  const login = `ida@${domain}`
  for (let number = 0; number < 256; number++) await parked(await openSession(login))
  const refused = await SessionClient.open(login)
  expect(refused instanceof Response && refused.status).toBe(503)
})

async function gone(id: string): Promise<number | 'open'> {
  const answer = await comeFor(id)
  return answer instanceof Response ? answer.status : 'open'
}

describe('a parked session is no more', () => {
  it('for who comes a second time, or with an id of nothing', async () => {
    const id = await parked(await idling(address))
    ;(await resume(id)).close()
    expect(await gone(id)).toBe(410)
    expect(await gone(`${parking.id}.never`)).toBe(410)
    expect(await gone('x')).toBe(410)
  })

  it('after its client has gone', async () => {
    const [left, stays] = [await parked(await idling(address)), await parked(await idling(address))]
    parking.forget(left)
    // The channel keeps its order, and other channels their sessions.
    const other = await ParkingClient.open()
    other.forget(stays)
    await expect.poll(() => parkingLot.accountOf(left)).toBeUndefined()
    expect(await gone(left)).toBe(410)
    ;(await resume(stays)).close()
  })

  it('when the password changes, and its bridge is told', async () => {
    const id = await parked(await idling(`erin@${domain}`))
    await admin('PUT', `/accounts/erin@${domain}/password`, { password: 'another horse battery' })
    expect(await parking.news()).toBe(id)
    expect(await gone(id)).toBe(410)
  })

  it('when the account is removed', async () => {
    const id = await parked(await idling(`fay@${domain}`))
    expect((await admin('DELETE', `/accounts/fay@${domain}`)).status).toBeLessThan(300)
    expect(await parking.news()).toBe(id)
    expect(await gone(id)).toBe(410)
  })
})

it('the channel and parked sessions are for who holds the bridge secret', async () => {
  for (const path of ['/bridge/parking', '/bridge/parked/x']) {
    expect((await request(path, { headers: { Upgrade: 'websocket', Authorization: 'Bearer no' } })).status).toBe(401)
  }
})
