/**
 * POP3 sessions in the object: the lock, sleep, large messages.
 */
import { evictDurableObject } from 'cloudflare:test'
import { beforeAll, describe, expect, it } from 'vitest'
import { SessionAlive } from '../../../src/host/workers/account/session-alive.ts'
import {
  account,
  admin,
  envelope,
  furnish,
  LinkClient,
  message,
  openSession,
  password,
  SessionClient,
} from './house.ts'

const domain = 'pop3.test'
let ids: Record<string, string>
let link: LinkClient

beforeAll(async () => {
  ids = await furnish(domain, ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'])
  link = await LinkClient.open()
})

const at = (name: string) => `${name}@${domain}`
const evict = (name: string) => evictDurableObject(account(ids[name] as string))

async function deliver(name: string, subject: string, body?: string): Promise<void> {
  const fields = { subject, to: at(name), ...(body === undefined ? {} : { body }) }
  expect((await link.deliver(envelope('eve@outside.test', at(name)), message(fields))).code).toBe(250)
}

async function open(name: string): Promise<SessionClient> {
  const session = await openSession(at(name), password, 'pop3')
  expect(await session.until(/\r\n/)).toMatch(/^\+OK \d+ messages/)
  return session
}

async function say(session: SessionClient, command: string, end = /^(?:\+OK|-ERR).*\r\n/): Promise<string> {
  session.send(`${command}\r\n`)
  return session.until(end)
}

const whole = /^\+OK[^]*?\r\n\.\r\n/

describe('a POP3 session in the object', () => {
  it('reads, deletes at QUIT, and is then over', async () => {
    for (const subject of ['One', 'Two']) await deliver('alice', subject)
    const session = await open('alice')
    expect(await say(session, 'RETR 1', whole)).toContain('Subject: One')
    expect(await say(session, 'DELE 1')).toMatch(/^\+OK/)
    const watcher = await openSession(at('alice'))
    expect(await watcher.command('a1', 'SELECT INBOX')).toContain('* 2 EXISTS')
    expect(await say(session, 'QUIT')).toBe('+OK 1 messages deleted\r\n')
    await expect(session.until(/never/)).rejects.toThrow('closed 1000')
    expect(await watcher.command('a2', 'NOOP')).toContain('* 1 EXPUNGE')
    watcher.close()
  })

  it('goes on after the object was evicted: the same numbers, marks and half a command', async () => {
    for (const subject of ['One', 'Two', 'Three']) await deliver('bob', subject)
    const session = await open('bob')
    const list = await say(session, 'LIST', whole)
    await say(session, 'DELE 2')
    session.send('LI')
    await evict('bob')
    await deliver('bob', 'Four')
    session.send('ST\r\n')
    const rest = await session.until(whole)
    expect(rest.split('\r\n').slice(1)).toEqual(
      list
        .split('\r\n')
        .slice(1)
        .filter((line) => !line.startsWith('2 ')),
    )
    await evict('bob')
    expect(await say(session, 'RETR 3', whole)).toContain('Subject: Three')
    expect(await say(session, 'QUIT')).toBe('+OK 1 messages deleted\r\n')
    const again = await open('bob')
    expect(await say(again, 'STAT')).toMatch(/^\+OK 3 /)
    await say(again, 'QUIT')
  })

  it('sends a large message whole, as fast as the bridge acknowledges', async () => {
    const lines = Array.from({ length: 8_000 }, (_, n) => `.${'x'.repeat(900)} line ${n}.\r\n`)
    await deliver('carol', 'Large', lines.join(''))
    const session = await open('carol')
    session.send('RETR 1\r\nNOOP\r\n')
    let text = ''
    for (const marker of [/ line 3000\./, / line 6000\./, /\r\n\.\r\n/]) {
      text += await session.until(marker)
      session.acknowledge(text.length)
    }
    expect(text).toContain(`\r\n\r\n${lines.map((line) => `.${line}`).join('')}`)
    expect(await session.until(/\r\n/)).toBe('+OK\r\n')
    await say(session, 'QUIT')
  })

  it('deletes nothing when the bridge dies in the middle (RFC 1939 §6)', async () => {
    await deliver('dave', 'Stays')
    const session = await open('dave')
    await say(session, 'DELE 1')
    session.close()
    const again = await open('dave')
    expect(await say(again, 'STAT')).toMatch(/^\+OK 1 /)
    await say(again, 'QUIT')
  })

  it('ends when the password is changed', async () => {
    const session = await open('frank')
    await admin('PUT', `/accounts/${at('frank')}/password`, { password: 'another horse battery' })
    await expect(session.until(/never/)).rejects.toThrow('closed 1001')
  })
})

async function refused(name: string): Promise<void> {
  const second = await SessionClient.open(at(name), password, 'pop3')
  if (!(second instanceof Response)) throw new Error('two sessions have one maildrop')
  expect(second.status).toBe(409)
  expect(await second.json()).toEqual({ text: 'Another session has the maildrop.', code: 'IN-USE' })
}

describe('the maildrop (RFC 1939 §4)', () => {
  it('belongs to one session at a time, asleep or not; IMAP is not kept out', async () => {
    const first = await open('erin')
    await refused('erin')
    await evict('erin')
    await refused('erin')
    const imap = await openSession(at('erin'))
    expect(await imap.command('a1', 'SELECT INBOX')).toContain('a1 OK')
    imap.close()
    await say(first, 'QUIT')
    const next = await open('erin')
    next.close()
    await say(await open('erin'), 'QUIT')
  })

  it('is given to one of two that log in at the same time', async () => {
    const both = await Promise.all([1, 2].map(() => SessionClient.open(at('erin'), password, 'pop3')))
    const [winner, ...others] = both.filter((one) => one instanceof SessionClient)
    expect(others).toEqual([])
    await winner?.until(/\r\n/)
    if (winner !== undefined) await say(winner, 'QUIT')
  })

  it('is free again when the bridge that had it gives no sign of life', { timeout: 20_000 }, async () => {
    const vanished = await open('erin')
    vanished.answers = false
    const next = await open('erin')
    await expect(vanished.until(/never/)).rejects.toThrow('closed 1011')
    await say(next, 'QUIT')
  })
})

function pair(): [WebSocket, WebSocket] {
  const sockets = Object.values(new WebSocketPair()) as [WebSocket, WebSocket]
  for (const socket of sockets) socket.accept()
  return sockets
}

describe('a sign of life', () => {
  it('is asked for once for all who wait', async () => {
    const [here, there] = pair()
    const alive = new SessionAlive(60_000)
    let questions = 0
    there.addEventListener('message', () => {
      questions++
      alive.seen(here)
    })
    expect(await Promise.all([alive.shows(here), alive.shows(here)])).toEqual([true, true])
    expect(questions).toBe(1)
    expect(await alive.shows(here)).toBe(true)
    expect(questions).toBe(2)
  })

  it('is missed when none comes, and when the socket closes meanwhile', async () => {
    const [here] = pair()
    expect(await new SessionAlive(1).shows(here)).toBe(false)
    const alive = new SessionAlive(60_000)
    const answer = alive.shows(here)
    alive.ended(here)
    expect(await answer).toBe(false)
    here.close()
    expect(await alive.shows(here)).toBe(false)
  })
})
