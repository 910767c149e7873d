import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import type { RawData } from 'ws'
import type { FakeSession, FakeWorker } from './fake-worker.ts'
import { scene } from './scene.ts'

const greeting = /^\+OK mx\.example POP3 ready\r\n/
const login = 'USER alice\r\nPASS correct\r\n'

/** The object's side: welcomes the client, then answers each of its messages. */
function serving(worker: FakeWorker, serve: (text: string, session: FakeSession) => void = () => {}): void {
  worker.onSession = (request) =>
    request.password === 'correct' ? { status: 101 } : { status: 401, text: 'Authentication failed.' }
  worker.onOpenSession = (session) => {
    session.socket.on('message', (data: RawData, binary) => {
      if (binary) serve((data as Buffer).toString('latin1'), session)
    })
    session.socket.send(Buffer.from('+OK 2 messages (320 octets)\r\n'))
  }
}

const echo = (text: string, session: FakeSession) => session.socket.send(Buffer.from(`echo ${text}`))

describe('a POP3 login', () => {
  it.each(['pop3', 'pop3s'] as const)('at %s opens a session and pumps both ways', async (name) => {
    const { worker, client } = await scene({}, (fake) => serving(fake, echo))
    const pop3 = await client(name)
    await pop3.expect(greeting)
    expect(await pop3.say(login, /octets\)\r\n/)).toBe('+OK Now the password\r\n+OK 2 messages (320 octets)\r\n')
    expect(worker.sessions[0]?.request).toEqual({
      protocol: 'pop3',
      login: 'alice',
      password: 'correct',
      tag: '',
      clientAddress: '127.0.0.1',
      tls: name === 'pop3s',
      ...(name === 'pop3s' && { bound: true }),
    })
    expect(await pop3.say('STAT\r\n', /STAT\r\n/)).toBe('echo STAT\r\n')
  })

  it('tells the session that the client has said UTF8 (RFC 6856 §2.1)', async () => {
    const { worker, client } = await scene({}, (fake) => serving(fake))
    const pop3 = await client('pop3')
    await pop3.expect(greeting)
    await pop3.say('UTF8\r\n', /\r\n/)
    await pop3.say(login, /octets\)\r\n/)
    expect(worker.sessions[0]?.request.utf8).toBe(true)
  })

  it('starts TLS and logs in then (RFC 2595 §4)', async () => {
    const { worker, client } = await scene({ allowPlaintextLogin: false }, (fake) => serving(fake))
    const pop3 = await client('pop3')
    await pop3.expect(greeting)
    expect(await pop3.say('USER alice\r\n', /\r\n/)).toMatch(/^-ERR Start TLS/)
    await pop3.say('STLS\r\n', /^\+OK/)
    await pop3.startTls()
    expect(await pop3.say(login, /octets\)\r\n/)).toMatch(/\+OK 2 messages/)
    expect(worker.sessions[0]?.request.tls).toBe(true)
  })

  it('passes on what is pipelined behind the login, once and in order (RFC 2449 §6.6)', async () => {
    const { client } = await scene({}, (fake) => serving(fake, echo))
    const pop3 = await client('pop3')
    await pop3.expect(greeting)
    const answers = await pop3.say(`${login}STAT\r\nLIST\r\n`, /LIST\r\n/)
    expect(answers).toBe('+OK Now the password\r\n+OK 2 messages (320 octets)\r\necho STAT\r\nLIST\r\n')
  })

  it.each([
    ['a wrong password', { status: 401, text: 'Authentication failed.' }, '[AUTH] Authentication failed.'],
    ['a locked maildrop', { status: 409, text: 'Taken.', code: 'IN-USE' }, '[IN-USE] Taken.'],
    ['a Worker that is unable', { status: 503, text: 'later' }, '[SYS/TEMP] later'],
    ['a Worker that is broken', { status: 500 }, '[SYS/TEMP] Try again later'],
    ['a wrong bridge secret', { status: 401 }, '[SYS/TEMP] Try again later'],
  ])('says why it failed: %s (RFC 3206, RFC 2449 §8.1)', async (_, refusal, answer) => {
    const { client, log } = await scene({}, (fake) => (fake.onSession = () => refusal))
    const pop3 = await client('pop3')
    await pop3.expect(greeting)
    await pop3.say('USER alice\r\n', /\r\n/)
    expect(await pop3.say('PASS guess\r\n', /\r\n/)).toBe(`-ERR ${answer}\r\n`)
    expect(await pop3.say('CAPA\r\n', /\r\n\.\r\n/)).toMatch(/^\+OK/)
    expect(JSON.stringify(log)).not.toContain('guess')
  })
})

describe('an open POP3 session', () => {
  it('gives a sign of life when the object asks for one', async () => {
    const { worker, client } = await scene({}, (fake) => serving(fake))
    const pop3 = await client('pop3')
    await pop3.expect(greeting)
    await pop3.say(login, /octets\)\r\n/)
    const { socket } = worker.sessions[0] as FakeSession
    socket.send('{"alive":true}')
    const [data, binary] = (await once(socket, 'message')) as [Buffer, boolean]
    expect([data.toString(), binary]).toEqual(['{"alive":true}', false])
  })

  it('ends without a word in which nothing happens, since a line would be taken for an answer (RFC 1939 §3)', async () => {
    const { client } = await scene({ limits: { maildropIdleMs: 60 } }, (fake) => serving(fake))
    const pop3 = await client('pop3')
    await pop3.expect(greeting)
    pop3.write(login)
    expect(await pop3.untilClosed()).toMatch(/ octets\)\r\n$/)
  })

  it('ends without a word when the object is lost', async () => {
    const { worker, client } = await scene({}, (fake) => serving(fake))
    const pop3 = await client('pop3')
    await pop3.expect(greeting)
    await pop3.say(login, /octets\)\r\n/)
    worker.sessions[0]?.socket.terminate()
    expect(await pop3.untilClosed()).toMatch(/ octets\)\r\n$/)
  })

  it('tells the object when the client is gone, so that the maildrop is free', async () => {
    const { worker, client } = await scene({ limits: { halfClosedMs: 10 } }, (fake) => serving(fake))
    const pop3 = await client('pop3')
    await pop3.expect(greeting)
    await pop3.say(login, /octets\)\r\n/)
    const closed = once((worker.sessions[0] as FakeSession).socket, 'close')
    pop3.destroy()
    await closed
  })

  it('is idle for at least ten minutes by default (RFC 1939 §3)', async () => {
    const { defaultBridgeLimits } = await import('../../../src/host/bridge/common/index.ts')
    expect(defaultBridgeLimits.maildropIdleMs).toBeGreaterThanOrEqual(600_000)
  })
})

describe('a POP3 connection', () => {
  it('above the limit is told so in place of the greeting', async () => {
    const { client } = await scene({ limits: { connectionsPerLoopback: 1 } })
    await (await client('pop3')).expect(greeting)
    expect(await (await client('pop3')).untilClosed()).toMatch(/^-ERR \[SYS\/TEMP\] Too many connections/)
  })
})

describe('answers that the object sends ahead', () => {
  const first = '+OK 3 octets\r\nx\r\n.\r\n'
  const second = '+OK 4 octets\r\nyy\r\n.\r\n'

  /** A session whose object has sent the answers to RETR 3 and RETR 4, and what reaches the object since. */
  async function ahead(after = 0) {
    const { worker, client } = await scene({}, (fake) => serving(fake, echo))
    const pop3 = await client('pop3')
    await pop3.expect(greeting)
    await pop3.say(login, /octets\)\r\n/)
    const { socket } = worker.sessions[0] as FakeSession
    const seen: string[] = []
    socket.on('message', (data: RawData) => {
      const text = (data as Buffer).toString()
      seen.push(text)
      if (text.startsWith('{"taken"')) socket.send('{"ahead":{"after":0,"answers":[]}}')
    })
    const answers = [
      ['RETR 3\r\n', first.length],
      ['RETR 4\r\n', second.length],
    ]
    socket.send(JSON.stringify({ ahead: { after, answers } }))
    socket.send(Buffer.from(first + second))
    socket.send('{"alive":true}')
    await worker.until(() => seen.length === 1)
    seen.length = 0
    return { worker, pop3, socket, seen }
  }

  it('are given out for just those commands, in one piece or in one go, and the object is told', async () => {
    const { worker, pop3, seen } = await ahead()
    expect(await pop3.say('RETR 3\r\n', /\r\n\.\r\n/)).toBe(first)
    expect(await pop3.say('RETR 4\r\nSTAT\r\n', /STAT\r\n/)).toBe(`${second}echo STAT\r\n`)
    await worker.until(() => seen.length === 2)
    expect(seen).toEqual(['{"taken":2}', 'STAT\r\n'])
  })

  it.each([
    ['another message', 'RETR 4\r\n'],
    ['another command', 'DELE 3\r\n'],
    ['another way to write it', 'retr 3\r\n'],
    ['half of it', 'RETR'],
  ])('are forgotten when the client says %s', async (_, text) => {
    const { worker, pop3, seen } = await ahead()
    pop3.write(text)
    await worker.until(() => seen.length === 1)
    expect(await pop3.say('RETR 3\r\n', /RETR 3\r\n/)).toBe(`echo ${text}echo RETR 3\r\n`)
    expect(seen).toEqual([text, 'RETR 3\r\n'])
  })

  it('are waited for when the object has announced them', async () => {
    const { worker, pop3, socket, seen } = await ahead()
    await pop3.say('RETR 3\r\nRETR 4\r\n', /yy\r\n\.\r\n/)
    await worker.until(() => seen.length === 1)
    seen.length = 0
    socket.send('{"hold":true}')
    socket.send('{"alive":true}')
    await worker.until(() => seen.length === 1)
    pop3.write('RETR 5\r\nST')
    pop3.write('AT\r\n')
    socket.send(JSON.stringify({ ahead: { after: 0, answers: [['RETR 5\r\n', first.length]] } }))
    socket.send(Buffer.from(first))
    expect(await pop3.say('', /AT\r\n/)).toMatch(/^\+OK 3 octets\r\nx\r\n\.\r\necho ST/)
    expect(seen.slice(0, 2)).toEqual(['{"alive":true}', '{"taken":1}'])
  })

  it('are not kept when the client has said something that the object did not know of', async () => {
    const { pop3, seen } = await ahead(1)
    expect(await pop3.say('RETR 3\r\n', /RETR 3\r\n/)).toBe('echo RETR 3\r\n')
    expect(seen).toEqual(['RETR 3\r\n'])
  })
})
