/**
 * Idle sessions that the bridge has parked: the client does not notice, and the Worker holds no connection for it.
 */
import { describe, expect, it } from 'vitest'
import type { RawData } from 'ws'
import type { BridgeOptions } from '../../../src/host/bridge/node/index.ts'
import type { FakeSession, FakeWorker } from './fake-worker.ts'
import type { LineClient } from './line-client.ts'
import { scene, type Scene } from './scene.ts'

const greeting = /^\* OK .*\r\n/

interface AccountSide {
  /** What a client's bytes are answered with. */
  readonly serve?: (text: string, session: FakeSession) => void
  /** Answers the wish to park a session; by default it is parked. */
  readonly park?: (id: string, session: FakeSession) => void
}

function parked(session: FakeSession): void {
  session.socket.send('{"parked":true}')
  session.socket.close(1000)
}

/** The object's side. */
function serving(worker: FakeWorker, { serve = () => {}, park = (_, session) => parked(session) }: AccountSide): void {
  worker.onOpenSession = (session) => {
    session.socket.on('message', (data: RawData, binary) => {
      const text = (data as Buffer).toString('latin1')
      if (binary) return serve(text, session)
      const control = JSON.parse(text) as { park?: string }
      if (control.park !== undefined) park(control.park, session)
    })
    if (session.request.parked === undefined) session.socket.send(Buffer.from(`${String(session.request.tag)} OK\r\n`))
  }
}

const echo = (text: string, session: FakeSession) => session.socket.send(Buffer.from(`echo ${text}`))

interface Parking extends Scene {
  readonly imap: LineClient
}

/** A bridge that parks at once, and a client that has logged in. */
async function parkingScene(
  object: AccountSide = { serve: echo },
  options: Partial<BridgeOptions> = {},
): Promise<Parking> {
  const limits = { parkAfterMs: 1, parkAfterMostMs: 1, ...options.limits }
  const made = await scene({ parking: true, ...options, limits }, (fake) => serving(fake, object))
  await made.worker.until(() => made.worker.channels.length === 1)
  const imap = await made.client('imap')
  await imap.expect(greeting)
  await imap.say('a1 LOGIN alice correct\r\n', /\r\n/)
  return { ...made, imap }
}

const sessionsOpen = (worker: FakeWorker) => worker.sessions.filter(({ socket }) => socket.readyState <= 1).length

describe('a session in which nothing is said', () => {
  it('is parked under an id of the channel, and holds no connection', async () => {
    const asked: string[] = []
    const { worker } = await parkingScene({
      park: (id, session) => {
        asked.push(id)
        parked(session)
      },
    })
    await worker.until(() => sessionsOpen(worker) === 0)
    expect(asked).toEqual(['channel1.1'])
  })

  it('comes back with the client’s first octets, which are the first it gets', async () => {
    const { worker, imap } = await parkingScene()
    await worker.until(() => sessionsOpen(worker) === 0)
    expect(await imap.say('a2 NOOP\r\n', /\r\n/)).toBe('echo a2 NOOP\r\n')
    expect(worker.sessions.map(({ request }) => request.parked)).toEqual([undefined, 'channel1.1'])
    // And is parked again, and comes back again.
    await worker.until(() => sessionsOpen(worker) === 0)
    expect(await imap.say('a3 NOOP\r\n', /\r\n/)).toBe('echo a3 NOOP\r\n')
    expect(worker.sessions.at(-1)?.request.parked).toBe('channel1.2')
  })

  it('comes back with news, without a word of the client', async () => {
    const { worker, imap } = await parkingScene()
    await worker.until(() => sessionsOpen(worker) === 0)
    worker.channels[0]?.send('{"news":["channel1.1","channel1.77"]}')
    await worker.until(() => worker.sessions.length === 2)
    worker.sessions[1]?.socket.send(Buffer.from('* 1 EXISTS\r\n'))
    await imap.expect(/\* 1 EXISTS\r\n/)
  })

  it('stays while there is no channel, for which the bridge asks again', async () => {
    const limits = { parkAfterMs: 1, parkAfterMostMs: 4, backoffMs: 1 }
    const { worker, client } = await scene({ parking: true, limits }, (fake) => {
      fake.refusedChannels = 3
      serving(fake, { serve: echo })
    })
    const imap = await client('imap')
    await imap.expect(greeting)
    expect(await imap.say('a1 LOGIN alice correct\r\n', /\r\n/)).toBe('a1 OK\r\n')
    await worker.until(() => sessionsOpen(worker) === 0)
    expect(worker.channels).toHaveLength(1)
    expect(await imap.say('a2 NOOP\r\n', /\r\n/)).toBe('echo a2 NOOP\r\n')
  })

  it('is not parked by a bridge that was not told to', async () => {
    let asked = false
    const { worker, client } = await scene({ limits: { parkAfterMs: 1 } }, (fake) =>
      serving(fake, { serve: echo, park: () => (asked = true) }),
    )
    const imap = await client('imap')
    await imap.expect(greeting)
    await imap.say('a1 LOGIN alice correct\r\n', /\r\n/)
    for (let turn = 0; turn < 10; turn++) await imap.say('a2 NOOP\r\n', /\r\n/)
    expect(asked).toBe(false)
    expect(worker.channels).toEqual([])
  })
})

describe('on the way to the parking', () => {
  it('the client’s input waits, and nothing is lost or out of order', async () => {
    const first = Promise.withResolvers<FakeSession>()
    const served: string[] = []
    const { worker, imap } = await parkingScene({
      serve: (text, session) => served.push(`${String(session.request.parked)}: ${text}`) && echo(text, session),
      park: (id, session) => (id === 'channel1.1' ? first.resolve(session) : undefined),
    })
    const session = await first.promise
    imap.write('a2 NOOP\r\n')
    imap.write('a3 NOOP\r\n')
    session.socket.send(Buffer.from('* said before\r\n'))
    parked(session)
    await imap.expect(/a3 NOOP\r\n/)
    expect(imap.received.replaceAll('echo ', '')).toBe('a1 OK\r\n* said before\r\na2 NOOP\r\na3 NOOP\r\n')
    expect(served.every((text) => text.startsWith('channel1.1: '))).toBe(true)
    expect(worker.sessions).toHaveLength(2)
  })

  it('news bring it back as soon as it is there', async () => {
    const { worker } = await parkingScene({
      park: (id, session) => {
        worker.channels[0]?.send(JSON.stringify({ news: [id] }))
        // The channel is another connection: the news may come before the answer or after it.
        parked(session)
      },
    })
    await worker.until(() => worker.sessions.length >= 2)
    expect(worker.sessions[1]?.request.parked).toBe('channel1.1')
  })

  it('a session that cannot be parked goes on, and gets what waited', async () => {
    const { worker, imap } = await parkingScene({
      serve: echo,
      park: (_, session) => session.socket.send('{"parked":false}'),
    })
    for (let turn = 2; turn < 12; turn++) {
      expect(await imap.say(`a${turn} NOOP\r\n`, /\r\n/)).toBe(`echo a${turn} NOOP\r\n`)
    }
    expect(worker.sessions).toHaveLength(1)
  })
})

describe('a parked session', () => {
  it('that is lost ends with BYE (RFC 9051 §7.1.5)', async () => {
    const { worker, imap } = await parkingScene()
    worker.onParked = () => ({ status: 410, text: 'gone' })
    await worker.until(() => sessionsOpen(worker) === 0)
    expect(await imap.say('a2 NOOP\r\n', /\r\n/)).toMatch(/^\* BYE /)
    await imap.untilClosed()
  })

  it('is forgotten when its client goes', async () => {
    const { worker, imap } = await parkingScene({}, { limits: { halfClosedMs: 1 } })
    await worker.until(() => sessionsOpen(worker) === 0)
    imap.destroy()
    await worker.until(() => worker.forgotten.length === 1)
    expect(worker.forgotten).toEqual(['channel1.1'])
  })

  it('is come for when the channel breaks, and can be parked in the next', async () => {
    const { worker, imap } = await parkingScene()
    await worker.until(() => sessionsOpen(worker) === 0)
    worker.channels[0]?.terminate()
    await worker.until(() => worker.sessions.length >= 2 && worker.channels.length === 2)
    expect(worker.sessions[1]?.request.parked).toBe('channel1.1')
    await worker.until(() => sessionsOpen(worker) === 0)
    expect(await imap.say('a2 NOOP\r\n', /\r\n/)).toBe('echo a2 NOOP\r\n')
    expect(worker.sessions.at(-1)?.request.parked).toMatch(/^channel2\./)
  })

  it('ends with BYE when the Worker dies, like any other', async () => {
    const { worker, imap } = await parkingScene()
    await worker.until(() => sessionsOpen(worker) === 0)
    await worker.stop()
    await imap.expect(/^\* BYE .*\r\n/m)
  })

  it('gets BYE when the bridge goes away', async () => {
    const { worker, bridge, imap } = await parkingScene()
    await worker.until(() => sessionsOpen(worker) === 0)
    void bridge.close({ drainMs: 1000 })
    await imap.expect(/^\* BYE Server is shutting down/m)
  })
})
