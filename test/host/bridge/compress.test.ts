import { once } from 'node:events'
import zlib from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { RawData } from 'ws'
import type { FakeSession, FakeWorker } from './fake-worker.ts'
import type { LineClient } from './line-client.ts'
import { scene } from './scene.ts'

const greeting = /^\* OK .*\r\n/

/** An object that switches compression on when it is asked to, as the real one does, and gives everything else to `serve`. */
function compressing(worker: FakeWorker, serve: (text: string, session: FakeSession) => void): void {
  worker.onOpenSession = (session) => {
    session.socket.on('message', (data: RawData, binary) => {
      const text = (data as Buffer).toString('latin1')
      const tag = /^(\S+) COMPRESS DEFLATE\r\n$/.exec(text)?.[1]
      if (!binary) return
      if (tag === undefined) return serve(text, session)
      const answer = Buffer.from(`${tag} OK Compression begins\r\n`)
      session.socket.send(JSON.stringify({ compress: answer.length }))
      session.socket.send(answer)
    })
    session.socket.send(Buffer.from(`${String(session.request.tag)} OK Logged in\r\n`))
  }
}

const echo = (text: string, session: FakeSession) => session.socket.send(Buffer.from(`echo ${text}`))

async function compressed(imap: LineClient, login = 'a1 LOGIN alice correct\r\n'): Promise<void> {
  await imap.expect(greeting)
  await imap.say(login, /^a1 OK/)
  expect(await imap.say('a2 COMPRESS DEFLATE\r\n', /\r\n/)).toBe('a2 OK Compression begins\r\n')
  imap.compress()
}

describe('COMPRESS=DEFLATE at the bridge (RFC 4978)', () => {
  it.each(['imap', 'imaps'] as const)('compresses both ways from the octet behind the OK on: %s', async (door) => {
    const { client } = await scene({}, (worker) => compressing(worker, echo))
    const imap = await client(door)
    await compressed(imap)
    expect(await imap.say('a3 NOOP\r\n', /\r\n/)).toBe('echo a3 NOOP\r\n')
    expect(await imap.say('a4 NOOP\r\na5 NOOP\r\n', /a5 NOOP\r\n/)).toContain('a4 NOOP\r\n')
  })

  it('what the object sends behind the OK in the same piece is compressed', async () => {
    const { client } = await scene({}, (worker) => {
      worker.onOpenSession = (session) => {
        session.socket.send(JSON.stringify({ compress: 7 }))
        session.socket.send(Buffer.from('a1 OK\r\n* 1 EXISTS\r\n'))
      }
    })
    const imap = await client('imap')
    await imap.expect(greeting)
    const first = await imap.say('a1 LOGIN alice correct\r\n', /a1 OK\r\n[^]{10}/)
    const inflated = zlib.inflateRawSync(Buffer.from(first.slice(7), 'latin1'), {
      finishFlush: zlib.constants.Z_SYNC_FLUSH,
    })
    expect(inflated.toString()).toBe('* 1 EXISTS\r\n')
  })

  it('nothing lingers: each of many small pieces arrives by itself', async () => {
    const { worker, client } = await scene({}, (fake) => compressing(fake, echo))
    const imap = await client('imap')
    await compressed(imap)
    const socket = worker.sessions[0]?.socket
    for (let count = 1; count <= 50; count++) {
      socket?.send(Buffer.from(`* ${count} EXISTS\r\n`))
      await imap.expect(new RegExp(`\\* ${count} EXISTS\r\n$`))
    }
  })

  it('carries megabytes in order, with what was said before and after', async () => {
    const body = Buffer.alloc(3_000_000, 'All work and no play makes Jack a dull boy.\r\n').toString()
    const { client } = await scene({}, (worker) =>
      compressing(worker, (_, session) => {
        session.socket.send(Buffer.from('* small\r\n'))
        for (let at = 0; at < body.length; at += 100_000) session.socket.send(Buffer.from(body.slice(at, at + 100_000)))
        session.socket.send(Buffer.from('a3 OK\r\n'))
      }),
    )
    const imap = await client('imap')
    await compressed(imap)
    expect(await imap.say('a3 FETCH\r\n', /a3 OK\r\n$/)).toBe(`* small\r\n${body}a3 OK\r\n`)
  })

  it('acknowledges octets as the object counts them: uncompressed', async () => {
    const acknowledged: number[] = []
    const { worker, client } = await scene({}, (fake) =>
      compressing(fake, (_, session) => session.socket.send(Buffer.alloc(1_200_000, 'x'))),
    )
    const imap = await client('imap')
    await compressed(imap)
    const [session] = worker.sessions
    const seen = new Promise<void>((resolve) => {
      session?.socket.on('message', (data: RawData, binary) => {
        if (binary) return
        acknowledged.push((JSON.parse((data as Buffer).toString()) as { ack: number }).ack)
        resolve()
      })
    })
    imap.write('a3 FETCH\r\n')
    await seen
    expect(acknowledged[0]).toBeGreaterThanOrEqual(1_200_000)
  })

  it('says BYE compressed when the bridge goes away', async () => {
    const { bridge, client } = await scene({}, (worker) => compressing(worker, echo))
    const imap = await client('imap')
    await compressed(imap)
    await imap.say('a3 NOOP\r\n', /\r\n/)
    await bridge.close({ drainMs: 1000 })
    expect(await imap.untilClosed()).toMatch(/\* BYE Server is shutting down/)
  })

  it('ends a connection whose stream is broken', async () => {
    const { worker, client } = await scene({}, (fake) => compressing(fake, echo))
    const imap = await client('imap')
    await compressed(imap)
    const over = once(worker.sessions[0]!.socket, 'close')
    imap.writeRaw(Buffer.alloc(100, 0xff))
    await imap.untilClosed()
    await over
  })
})

/** An object whose clients leave with UNAUTHENTICATE, handing back what came behind it. */
function leaving(worker: FakeWorker): void {
  worker.onOpenSession = (session) => {
    let behind: string | undefined
    let tag = ''
    session.socket.on('message', (data: RawData, binary) => {
      const text = (data as Buffer).toString('latin1')
      if (!binary && text === '{"rest":true}') {
        session.socket.send(Buffer.from(`${tag} OK Log in again\r\n`))
        session.socket.send(JSON.stringify({ rest: btoa(behind ?? '') }))
        session.socket.close(1000)
      } else if (binary && behind !== undefined) behind += text
      else if (binary) {
        const found = /^(\S+) UNAUTHENTICATE\r\n([^]*)$/.exec(text)
        if (found === null) return echo(text, session)
        tag = found[1] as string
        behind = found[2] as string
        session.socket.send('{"unauthenticate":true}')
      }
    })
    session.socket.send(Buffer.from(`${String(session.request.tag)} OK Logged in\r\n`))
  }
}

describe('UNAUTHENTICATE at the bridge (RFC 8437)', () => {
  it('goes back to the login, and on to another account', async () => {
    const { worker, client } = await scene({}, leaving)
    const imap = await client('imap')
    await imap.expect(greeting)
    await imap.say('a1 LOGIN alice correct\r\n', /^a1 OK/)
    expect(await imap.say('a2 UNAUTHENTICATE\r\n', /\r\n/)).toBe('a2 OK Log in again\r\n')
    expect(await imap.say('a3 CAPABILITY\r\n', /a3 OK/)).toMatch(/ STARTTLS AUTH=/)
    expect(await imap.say('a4 SELECT INBOX\r\n', /\r\n/)).toMatch(/^a4 BAD/)
    await imap.say('a5 LOGIN bob correct\r\n', /^a5 OK/)
    expect(await imap.say('a6 NOOP\r\n', /\r\n/)).toBe('echo a6 NOOP\r\n')
    expect(worker.sessions.map(({ request }) => request.login)).toEqual(['alice', 'bob'])
  })

  it('nothing of what is pipelined behind it is lost (§3)', async () => {
    const { client } = await scene({}, leaving)
    const imap = await client('imap')
    await imap.expect(greeting)
    imap.write('a1 LOGIN alice correct\r\n')
    await imap.expect(/^a1 OK/m)
    imap.write('a2 UNAUTHENTICATE\r\na3 LOGIN bob cor')
    imap.write('rect\r\na4 NOOP\r\n')
    expect(await imap.expect(/echo a4 NOOP\r\n/)).toMatch(/a2 OK [^\n]*\na3 OK [^\n]*\necho a4 NOOP\r\n$/)
  })

  it('keeps TLS', async () => {
    const { worker, client } = await scene({}, leaving)
    const imap = await client('imaps')
    await imap.expect(greeting)
    await imap.say('a1 LOGIN alice correct\r\n', /^a1 OK/)
    await imap.say('a2 UNAUTHENTICATE\r\n', /\r\n/)
    expect(await imap.say('a3 CAPABILITY\r\n', /a3 OK/)).not.toMatch(/STARTTLS/)
    await imap.say('a4 LOGIN bob correct\r\n', /^a4 OK/)
    expect(worker.sessions[1]?.request.tls).toBe(true)
  })

  it('keeps compression, says so to the next session, and offers no TLS above it', async () => {
    const { worker, client } = await scene({}, (fake) => {
      compressing(fake, echo)
      const open = fake.onOpenSession
      fake.onOpenSession = (session) => {
        if (fake.sessions.length === 1) open(session)
        else session.socket.send(Buffer.from(`${String(session.request.tag)} OK Logged in\r\n`))
        session.socket.on('message', (data: RawData, binary) => {
          const text = (data as Buffer).toString('latin1')
          if (!binary && text === '{"rest":true}') {
            session.socket.send(Buffer.from('a3 OK Log in again\r\n'))
            session.socket.send('{"rest":""}')
          } else if (binary && text.includes('UNAUTHENTICATE')) session.socket.send('{"unauthenticate":true}')
        })
      }
    })
    const imap = await client('imap')
    await compressed(imap)
    await imap.say('a3 UNAUTHENTICATE\r\n', /a3 OK/)
    const offered = await imap.say('a4 CAPABILITY\r\n', /a4 OK/)
    expect(offered).not.toContain('STARTTLS')
    expect(offered).toContain('AUTH=PLAIN')
    expect(await imap.say('a5 STARTTLS\r\n', /\r\n/)).toMatch(/^a5 BAD/)
    await imap.say('a6 LOGIN bob correct\r\n', /a6 OK/)
    expect(worker.sessions.map(({ request }) => request.compressed)).toEqual([undefined, true])
  })
})
