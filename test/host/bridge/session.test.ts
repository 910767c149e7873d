import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import type { RawData } from 'ws'
import type { FakeSession, FakeWorker } from './fake-worker.ts'
import { scene } from './scene.ts'

const greeting = /^\* OK .*\r\n/

/** The object's side: welcomes the client, then `serve`s its bytes. */
function serving(worker: FakeWorker, serve: (text: string, session: FakeSession) => void = () => {}): void {
  worker.onSession = (request) =>
    request.password === 'correct' ? { status: 101 } : { status: 401, text: 'Authentication failed.' }
  worker.onOpenSession = (session) => {
    session.socket.on('message', (data: RawData, binary) => {
      if (binary) serve((data as Buffer).toString('latin1'), session)
    })
    session.socket.send(Buffer.from(`${String(session.request.tag)} OK Logged in\r\n`))
  }
}

/** Every control message the object gets. */
function controls(session: FakeSession): object[] {
  const seen: object[] = []
  session.socket.on('message', (data: RawData, binary) => {
    if (!binary) seen.push(JSON.parse((data as Buffer).toString()) as object)
  })
  return seen
}

describe('a Worker of another version', () => {
  it.each([
    '{"ahead":5}',
    '{"ahead":{"answers":"none"}}',
    '{"compress":-1}',
    '{"compress":"yes"}',
    '{"hold":{}}',
    '{"rest":{}}',
    '{"unauthenticate":1}',
    'null',
    '[]',
    'no JSON',
  ])('costs the session at most, never the bridge: %s', async (control) => {
    const { client } = await scene({}, (fake) =>
      serving(fake, (text, session) => {
        if (text.includes('ODD')) session.socket.send(control)
        session.socket.send(Buffer.from(`echo ${text}`))
      }),
    )
    const odd = await client('imap')
    await odd.expect(greeting)
    await odd.say('a1 LOGIN alice correct\r\n', /\r\n/)
    odd.write('a2 ODD\r\n')
    const other = await client('imap')
    await other.expect(greeting)
    expect(await other.say('a1 LOGIN alice correct\r\n', /\r\n/)).toBe('a1 OK Logged in\r\n')
    expect(await other.say('a2 NOOP\r\n', /\r\n/)).toBe('echo a2 NOOP\r\n')
  })
})

describe('an IMAP login', () => {
  it('opens a session with the credentials, the tag and the client, and pumps both ways', async () => {
    const { worker, client } = await scene({}, (fake) =>
      serving(fake, (text, session) => session.socket.send(Buffer.from(`echo ${text}`))),
    )
    const imap = await client('imaps')
    await imap.expect(greeting)
    expect(await imap.say('a1 LOGIN alice correct\r\n', /\r\n/)).toBe('a1 OK Logged in\r\n')
    expect(worker.sessions[0]?.request).toEqual({
      protocol: 'imap',
      login: 'alice',
      password: 'correct',
      tag: 'a1',
      clientAddress: '127.0.0.1',
      tls: true,
    })
    expect(await imap.say('a2 SELECT INBOX\r\n', /\r\n/)).toBe('echo a2 SELECT INBOX\r\n')
  })

  it('passes on what is pipelined behind the login, once and in order', async () => {
    const { client } = await scene({}, (fake) =>
      serving(fake, (text, session) => session.socket.send(Buffer.from(`echo ${text}`))),
    )
    const imap = await client('imap')
    await imap.expect(greeting)
    const answers = await imap.say('a1 LOGIN alice correct\r\na2 SELECT INBOX\r\na3 NOOP\r\n', /a3 NOOP\r\n/)
    expect(answers.replaceAll('echo ', '')).toBe('a1 OK Logged in\r\na2 SELECT INBOX\r\na3 NOOP\r\n')
  })

  it('survives any octet in the password', async () => {
    const { worker, client } = await scene({}, (fake) => serving(fake))
    const imap = await client('imap')
    await imap.expect(greeting)
    const password = 'pä"ss ☃'
    const octets = Buffer.from(password)
    imap.write(Buffer.concat([Buffer.from(`a1 LOGIN alice {${octets.length}+}\r\n`), octets, Buffer.from('\r\n')]))
    await imap.expect(/^a1 NO/m)
    worker.onSession = (request) => ({ status: request.password === password ? 101 : 401 })
    imap.write(Buffer.concat([Buffer.from(`a2 LOGIN alice {${octets.length}+}\r\n`), octets, Buffer.from('\r\n')]))
    await imap.expect(/^a2 OK/m)
  })

  it('says AUTHENTICATIONFAILED to a wrong password and lets the client try again (RFC 5530 §3)', async () => {
    const { client, log } = await scene({}, (fake) => serving(fake))
    const imap = await client('imap')
    await imap.expect(greeting)
    expect(await imap.say('a1 LOGIN alice wrong\r\n', /\r\n/)).toMatch(/^a1 NO \[AUTHENTICATIONFAILED\]/)
    expect(await imap.say('a2 LOGIN alice correct\r\n', /\r\n/)).toMatch(/^a2 OK/)
    expect(JSON.stringify(log)).not.toMatch(/wrong|correct/)
  })

  it('closes after too many wrong passwords', async () => {
    const { client } = await scene({}, (fake) => serving(fake))
    const imap = await client('imap')
    await imap.expect(greeting)
    for (let attempt = 1; attempt <= 5; attempt++) imap.write(`a${attempt} LOGIN alice wrong\r\n`)
    expect(await imap.untilClosed()).toMatch(/a5 NO .*\r\n\* BYE/)
  })

  it.each([
    ['the Worker is unable', { status: 503, text: 'later' }],
    ['the Worker is broken', { status: 500 }],
    ['the bridge secret is wrong', { status: 401 }],
  ])('says UNAVAILABLE when %s (RFC 5530 §3)', async (_name, refusal) => {
    const { client } = await scene({}, (fake) => (fake.onSession = () => refusal))
    const imap = await client('imap')
    await imap.expect(greeting)
    expect(await imap.say('a1 LOGIN alice correct\r\n', /\r\n/)).toMatch(/^a1 NO \[UNAVAILABLE\]/)
  })

  it('says UNAVAILABLE when there is no Worker', async () => {
    const { worker, client } = await scene()
    const imap = await client('imap')
    await imap.expect(greeting)
    await worker.stop()
    expect(await imap.say('a1 LOGIN alice correct\r\n', /\r\n/)).toMatch(/^a1 NO \[UNAVAILABLE\]/)
  })

  it('starts TLS and logs in then (RFC 9051 §6.2.1)', async () => {
    const { worker, client } = await scene({ allowPlaintextLogin: false }, (fake) => serving(fake))
    const imap = await client('imap')
    expect(await imap.expect(greeting)).toMatch(/LOGINDISABLED/)
    expect(await imap.say('a0 LOGIN alice correct\r\n', /\r\n/)).toMatch(/^a0 NO \[PRIVACYREQUIRED\]/)
    await imap.say('a1 STARTTLS\r\n', /^a1 OK/)
    await imap.startTls()
    expect(await imap.say('a2 LOGIN alice correct\r\n', /a2 OK/)).toMatch(/a2 OK/)
    expect(worker.sessions[0]?.request.tls).toBe(true)
  })
})

describe('an open session', () => {
  it('acknowledges output after every MiB that the client took', async () => {
    const { worker, client } = await scene({}, (fake) => serving(fake))
    const imap = await client('imap')
    await imap.expect(greeting)
    await imap.say('a1 LOGIN alice correct\r\n', /\r\n/)
    const session = worker.sessions[0] as FakeSession
    const acknowledged = controls(session)
    const piece = Buffer.alloc(400_000, 'x')
    for (let i = 0; i < 6; i++) session.socket.send(piece)
    await imap.octets(2_400_000)
    await worker.until(() => acknowledged.length === 2)
    expect(acknowledged).toEqual([{ ack: 1_200_000 + 'a1 OK Logged in\r\n'.length }, { ack: 1_200_000 }])
  })

  it('acknowledges nothing to a client that does not read, and reads no further', async () => {
    const { worker, client } = await scene({ limits: { sessionBacklog: 64 * 1024 } }, (fake) => serving(fake))
    const imap = await client('imap')
    await imap.expect(greeting)
    await imap.say('a1 LOGIN alice correct\r\n', /\r\n/)
    const session = worker.sessions[0] as FakeSession
    const acknowledged = controls(session) as { ack: number }[]
    imap.pause()
    const piece = Buffer.alloc(1024 * 1024, 'y')
    const total = 48
    for (let i = 0; i < total; i++) session.socket.send(piece)
    await worker.until(() => acknowledged.length > 0)
    // What the systems in between hold is some megabytes; the rest must still be at the object.
    expect(acknowledged.reduce((sum, one) => sum + one.ack, 0)).toBeLessThan(total * piece.length)
    expect(session.socket.bufferedAmount).toBeGreaterThan(0)
    imap.resume()
    await worker.until(() => acknowledged.reduce((sum, one) => sum + one.ack, 0) >= total * piece.length)
  })

  it('passes a large literal to the object whole', async () => {
    let got = 0
    const { worker, client } = await scene({ limits: { sessionBacklog: 32 * 1024 } }, (fake) =>
      serving(fake, (text) => (got += text.length)),
    )
    const imap = await client('imaps')
    await imap.expect(greeting)
    await imap.say('a1 LOGIN alice correct\r\n', /\r\n/)
    imap.write(Buffer.alloc(8_000_000, 'z'))
    await worker.until(() => got === 8_000_000)
  })

  it('closes when the object says so, after all its output', async () => {
    const { client } = await scene({}, (fake) =>
      serving(fake, (text, session) => {
        session.socket.send(Buffer.from(`* BYE\r\n${text.split(' ', 1)[0] ?? ''} OK\r\n`))
        session.socket.send(JSON.stringify({ close: true }))
      }),
    )
    const imap = await client('imap')
    await imap.expect(greeting)
    await imap.say('a1 LOGIN alice correct\r\n', /\r\n/)
    imap.write('a2 LOGOUT\r\n')
    expect(await imap.untilClosed()).toMatch(/\* BYE\r\na2 OK\r\n$/)
  })

  it('says BYE when the object is lost (RFC 9051 §7.1.5)', async () => {
    const { worker, client } = await scene({}, (fake) => serving(fake))
    const imap = await client('imap')
    await imap.expect(greeting)
    await imap.say('a1 LOGIN alice correct\r\n', /\r\n/)
    worker.sessions[0]?.socket.terminate()
    expect(await imap.untilClosed()).toMatch(/\* BYE .*\r\n$/)
  })

  it('says nothing into the middle of a literal', async () => {
    const { worker, client } = await scene({}, (fake) => serving(fake))
    const imap = await client('imap')
    await imap.expect(greeting)
    await imap.say('a1 LOGIN alice correct\r\n', /\r\n/)
    worker.sessions[0]?.socket.send(Buffer.from('* 1 FETCH (BODY[] {100}\r\nhalf'))
    await imap.expect(/half/)
    worker.sessions[0]?.socket.terminate()
    expect(await imap.untilClosed()).toMatch(/half$/)
  })

  it('answers a client that closes its side after the last command', async () => {
    const { client } = await scene({ limits: { halfClosedMs: 100 } }, (fake) =>
      serving(fake, (text, session) => session.socket.send(Buffer.from(`echo ${text}`))),
    )
    const imap = await client('imap')
    await imap.expect(greeting)
    imap.write('a1 LOGIN alice correct\r\na2 NOOP\r\n')
    imap.end()
    expect(await imap.untilClosed()).toMatch(/a1 OK Logged in\r\necho a2 NOOP\r\n\* BYE/)
  })

  it('tells the object when the client is gone', async () => {
    const { worker, client } = await scene({ limits: { halfClosedMs: 10 } }, (fake) => serving(fake))
    const imap = await client('imap')
    await imap.expect(greeting)
    await imap.say('a1 LOGIN alice correct\r\n', /\r\n/)
    const closed = once((worker.sessions[0] as FakeSession).socket, 'close')
    imap.destroy()
    await closed
  })

  it('ends a session in which nothing happens (RFC 9051 §5.4)', async () => {
    const { client } = await scene({ limits: { sessionIdleMs: 60 } }, (fake) => serving(fake))
    const imap = await client('imap')
    await imap.expect(greeting)
    imap.write('a1 LOGIN alice correct\r\n')
    expect(await imap.untilClosed()).toMatch(/a1 OK .*\r\n\* BYE .*\r\n$/)
  })

  it('ends a client that does not log in in time', async () => {
    const { client } = await scene({ limits: { loginMs: 40 } })
    expect(await (await client('imap')).untilClosed()).toMatch(/^\* OK .*\r\n\* BYE .*\r\n$/)
  })

  it('sends everyone away with BYE when the bridge goes', async () => {
    const { bridge, client } = await scene({}, (fake) => serving(fake))
    const before = await client('imap')
    await before.expect(greeting)
    const inside = await client('imaps')
    await inside.expect(greeting)
    await inside.say('a1 LOGIN alice correct\r\n', /\r\n/)
    await bridge.close({ drainMs: 5_000 })
    expect(await before.untilClosed()).toMatch(/\* BYE/)
    expect(await inside.untilClosed()).toMatch(/\* BYE/)
  })

  it('refuses connections above the limit', async () => {
    const { client } = await scene({ limits: { connectionsPerLoopback: 1 } })
    await (await client('imap')).expect(greeting)
    expect(await (await client('imap')).untilClosed()).toMatch(/^\* BYE Too many/)
    await expect(client('imaps')).rejects.toThrow()
  })
})
