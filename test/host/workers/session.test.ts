import { evictDurableObject } from 'cloudflare:test'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  account,
  admin,
  basic,
  envelope,
  furnish,
  jmap,
  LinkClient,
  message,
  openSession,
  resultOf,
  SessionClient,
} from './house.ts'

const address = 'alice@facteur.test'
let id: string
let link: LinkClient

beforeAll(async () => {
  id = (await furnish('facteur.test', ['alice'])).alice as string
  link = await LinkClient.open()
})

async function deliver(subject: string): Promise<void> {
  const reply = await link.deliver(envelope('eve@outside.test', address), message({ subject }))
  expect(reply.code).toBe(250)
}

describe('an IMAP session in the object', () => {
  it('begins with the tagged answer to LOGIN and reads mail', async () => {
    await deliver('One')
    const session = await openSession(address)
    expect(await session.until(/\r\n/)).toMatch(/^a0 OK \[CAPABILITY IMAP4rev/)
    expect(await session.command('a1', 'SELECT INBOX')).toMatch(/\* 1 EXISTS/)
    expect(await session.command('a2', 'FETCH 1 (ENVELOPE)')).toContain('"One"')
    session.close()
  })

  it('tells IDLE of a delivery at once (RFC 2177)', async () => {
    const session = await openSession(address)
    await session.command('a1', 'SELECT INBOX')
    session.send('a2 IDLE\r\n')
    await session.until(/\+ .*\r\n/)
    await deliver('Idle news')
    expect(await session.until(/\* \d+ EXISTS\r\n/)).toMatch(/EXISTS/)
    session.send('DONE\r\n')
    expect(await session.until(/a2 OK.*\r\n/)).toContain('a2 OK')
    session.close()
  })

  it('goes on in the middle of IDLE after the object was evicted', async () => {
    const session = await openSession(address)
    const before = Number(/\* (\d+) EXISTS/.exec(await session.command('a1', 'SELECT INBOX'))?.[1])
    session.send('a2 IDLE\r\n')
    await session.until(/\+ .*\r\n/)
    await evictDurableObject(account(id))
    await deliver('After the eviction')
    expect(await session.until(/\* \d+ EXISTS\r\n/)).toContain(`* ${before + 1} EXISTS`)
    await evictDurableObject(account(id))
    session.send('DONE\r\n')
    expect(await session.until(/a2 OK.*\r\n/)).toContain('a2 OK')
    session.close()
  })

  it('keeps the selected mailbox, its numbering and half a command over an eviction', async () => {
    const session = await openSession(address)
    const selected = await session.command('a1', 'SELECT INBOX')
    const total = Number(/\* (\d+) EXISTS/.exec(selected)?.[1])
    await session.command('a2', 'NOOP')
    session.send('a3 FETCH 1 (FL')
    await evictDurableObject(account(id))
    session.send('AGS)\r\n')
    expect(await session.until(/a3 .*\r\n/)).toMatch(/\* 1 FETCH \(FLAGS[^]*a3 OK/)
    await deliver('While selected')
    expect(await session.command('a4', 'NOOP')).toContain(`* ${total + 1} EXISTS`)
    session.close()
  })

  it('sees what JMAP changed', async () => {
    const session = await openSession(address)
    await session.command('a1', 'SELECT INBOX')
    const authorization = basic(address)
    const query = await jmap(authorization, [['Email/query', { accountId: id, limit: 1 }, 'q']])
    const emailId = resultOf<{ ids: string[] }>(query, 'q').ids[0] as string
    await jmap(authorization, [
      ['Email/set', { accountId: id, update: { [emailId]: { 'keywords/$flagged': true } } }, 's'],
    ])
    expect(await session.command('a2', 'NOOP')).toMatch(/FETCH \(.*\\Flagged/)
    session.close()
  })
})

describe('a session that may not be', () => {
  it.each([
    ['a wrong password', address, 'wrong', 401],
    ['an unknown login', 'nobody@facteur.test', 'wrong', 401],
  ])('is refused for %s', async (_, login, secret, status) => {
    const response = await SessionClient.open(login, secret)
    expect(response).toBeInstanceOf(Response)
    expect((response as Response).status).toBe(status)
    expect(await (response as Response).json()).toEqual({ text: 'Authentication failed.' })
  })

  it('ends when the password is changed', async () => {
    const session = await openSession(address)
    await session.until(/\r\n/)
    await admin('PUT', `/accounts/${address}/password`, { password: 'another horse battery' })
    await expect(session.until(/never/)).rejects.toThrow('closed 1001')
    expect(await SessionClient.open(address)).toBeInstanceOf(Response)
  })
})
