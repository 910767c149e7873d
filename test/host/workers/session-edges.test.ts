/**
 * What can happen to an IMAP session at its edges: eviction in the middle of something, the account's end, other clients.
 */
import { evictDurableObject } from 'cloudflare:test'
import { beforeAll, describe, expect, it, vi } from 'vitest'
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

const domain = 'edges.test'
const address = `alice@${domain}`
let ids: Record<string, string>
let link: LinkClient

beforeAll(async () => {
  ids = await furnish(domain, ['alice', 'bob', 'carol'])
  link = await LinkClient.open()
})

async function deliver(to: string, subject: string, body?: string): Promise<void> {
  const fields = body === undefined ? { subject, to } : { subject, to, body }
  expect((await link.deliver(envelope('eve@outside.test', to), message(fields))).code).toBe(250)
}

const identity = (email: string) =>
  jmap(basic(address), [['Identity/set', { accountId: ids.alice, create: { i: { name: 'A', email } } }, 'i']])

describe('a command', () => {
  it('that waits for nobody has its session put down once, when it is done', async () => {
    const session = await openSession(address)
    await session.command('a0', 'SELECT INBOX')
    const attach = vi.spyOn(WebSocket.prototype, 'serializeAttachment')
    const commands = ['NOOP', 'FETCH 1:* FLAGS', 'SELECT INBOX', 'STATUS Sent (MESSAGES)']
    for (const [index, command] of commands.entries()) await session.command(`b${index}`, command)
    const times = attach.mock.calls.length
    attach.mockRestore()
    // The answer is there before: one of the command in front may be counted, and the last one's not yet.
    expect(times).toBeGreaterThanOrEqual(commands.length - 1)
    expect(times).toBeLessThanOrEqual(commands.length + 1)
  })
})

describe('an object that is to be evicted while a session is in the middle of something', () => {
  it('stays until a literal that was half received has come whole (RFC 9051 §6.3.12)', async () => {
    const session = await openSession(address)
    session.send('a1 APPEND INBOX {20000}\r\n')
    await session.until(/\+ .*\r\n/)
    const mail = 'Subject: in two halves\r\n\r\n'.padEnd(20_000, 'x')
    session.send(mail.slice(0, 12_000))
    const evicted = evictDurableObject(account(ids.alice as string))
    session.send(`${mail.slice(12_000)}\r\n`)
    expect(await session.until(/a1 .*\r\n/)).toContain('a1 OK [APPENDUID')
    await evicted
    await session.command('a2', 'SELECT INBOX')
    expect(await session.command('a3', 'FETCH 1 (RFC822.SIZE)')).toContain('RFC822.SIZE 20000')
    session.close()
  })

  it('stays until a client that had stopped reading has the whole answer', async () => {
    const to = `carol@${domain}`
    const body = `${'x'.repeat(998)}\r\n`.repeat(1000)
    for (let count = 0; count < 6; count++) await deliver(to, `Large ${count}`, body)
    const session = await openSession(to)
    await session.command('a1', 'SELECT INBOX')
    session.send('a2 FETCH 1:* BODY.PEEK[]\r\n')
    let text = await session.until(/\* 4 FETCH/)
    const evicted = evictDurableObject(account(ids.carol as string))
    const attach = vi.spyOn(WebSocket.prototype, 'serializeAttachment')
    for (let times = 0; times < 5; times++) session.acknowledge(1000)
    session.acknowledge(text.length - 5000)
    text += await session.until(/^a2 .*\r\n/m)
    // A session in the middle of something has no state to put down: not each time that the client has read on.
    expect(attach.mock.calls.length).toBeLessThanOrEqual(2)
    attach.mockRestore()
    expect(text).toMatch(/a2 OK/)
    expect(text.split('x'.repeat(998)).length - 1).toBe(6 * 1000)
    await evicted
    expect(await session.command('a3', 'NOOP')).toContain('a3 OK')
    session.close()
  })
})

describe('a session', () => {
  it('takes everything that was pipelined behind LOGIN in order (RFC 9051 §5.5)', async () => {
    const session = await openSession(address)
    session.send(
      'a1 SELECT INBOX\r\na2 APPEND INBOX {26+}\r\nSubject: pipelined\r\n\r\nHi\r\n\r\na3 NOOP\r\na4 LOGOUT\r\n',
    )
    const text = await session.until(/a4 OK.*\r\n/)
    expect(text.match(/^a\d [A-Z]+/gm)).toEqual(['a0 OK', 'a1 OK', 'a2 OK', 'a3 OK', 'a4 OK'])
  })

  it('is told of a flag that JMAP sets, and so is every other one, in IDLE at once (RFC 2177)', async () => {
    const to = `bob@${domain}`
    await deliver(to, 'Watched by two')
    const [idle, busy] = [await openSession(to), await openSession(to)]
    for (const session of [idle, busy]) await session.command('a1', 'SELECT INBOX')
    idle.send('a2 IDLE\r\n')
    await idle.until(/\+ .*\r\n/)
    const found = await jmap(basic(to), [['Email/query', { accountId: ids.bob, limit: 1 }, 'q']])
    const id = resultOf<{ ids: string[] }>(found, 'q').ids[0] as string
    const update = { [id]: { 'keywords/$flagged': true } }
    await jmap(basic(to), [['Email/set', { accountId: ids.bob, update }, 's']])
    expect(await idle.until(/FETCH.*\r\n/)).toMatch(/\* 1 FETCH \(.*\\Flagged/)
    expect(await busy.command('a2', 'NOOP')).toMatch(/\* 1 FETCH \(.*\\Flagged/)
    await jmap(basic(to), [['Email/set', { accountId: ids.bob, destroy: [id] }, 's']])
    expect(await idle.until(/EXPUNGE\r\n/)).toContain('* 1 EXPUNGE')
    expect(await busy.command('a3', 'NOOP')).toContain('* 1 EXPUNGE')
    for (const session of [idle, busy]) session.close()
  })

  it('ends with the account, and nobody can log in any more', async () => {
    await furnish(domain, ['dave'])
    const session = await openSession(`dave@${domain}`)
    await session.until(/\r\n/)
    await admin('DELETE', `/accounts/dave@${domain}`)
    await expect(session.until(/never/)).rejects.toThrow('closed 1001')
    expect(await SessionClient.open(`dave@${domain}`)).toBeInstanceOf(Response)
  })
})

describe('a credential that is no more', () => {
  it('takes the sessions with it that it opened, and no others', async () => {
    const to = `erin@${domain}`
    await furnish(domain, ['erin'])
    const tokens: { id: string; token: string }[] = []
    for (const name of ['phone', 'tablet']) {
      tokens.push((await admin('POST', `/accounts/${to}/tokens`, { name })).body as { id: string; token: string })
    }
    const [phone, tablet] = await Promise.all(tokens.map(({ token }) => openSession(to, token)))
    const desktop = await openSession(to)
    expect((await admin('DELETE', `/accounts/${to}/tokens/${tokens[0]?.id}`)).status).toBe(204)
    await expect(phone?.until(/never/)).rejects.toThrow('closed 1001')
    expect(await desktop.command('a1', 'NOOP')).toContain('a1 OK')
    await admin('PUT', `/accounts/${to}/password`, { password: 'another horse battery' })
    await expect(desktop.until(/never/)).rejects.toThrow('closed 1001')
    expect(await tablet?.command('a1', 'NOOP')).toContain('a1 OK')
    tablet?.close()
  })
})

describe('an alias of the account', () => {
  it('may be the address of an identity, and no other address may (RFC 8621 §6.3)', async () => {
    await admin('PUT', `/aliases/sales@${domain}`, { targets: [address] })
    const created = resultOf(await identity(`sales@${domain}`), 'i')
    expect(created['created']).toMatchObject({ i: { id: expect.any(String) as string } })
    for (const foreign of [`bob@${domain}`, `nobody@${domain}`, 'alice@outside.test']) {
      const refused = resultOf(await identity(foreign), 'i')
      expect(refused['notCreated']).toMatchObject({ i: { type: 'forbiddenFrom' } })
    }
  })
})
