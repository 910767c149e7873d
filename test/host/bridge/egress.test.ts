import net from 'node:net'
import { describe, expect, it } from 'vitest'
import { certificate, raw, remote, request, scripted, send, target } from './remote.ts'
import { afterwards, scene } from './scene.ts'

describe('a delivery', () => {
  it('reaches the server, over opportunistic TLS when it is offered (RFC 7435)', async () => {
    const mx = await remote()
    const bridge = await scene()
    const result = await send(bridge, request([target(mx.port)]))
    expect(result.recipients).toMatchObject([
      { recipient: 'bob@remote.example', status: 'delivered', remoteMta: 'mx.remote.example' },
    ])
    expect(result.tls).toMatchObject({ version: 'TLSv1.3', verified: false })
    expect(mx.messages).toEqual([{ from: 'alice@example.com', to: ['bob@remote.example'], raw, secure: true }])
  })

  it.each(['localhost', '127.0.0.1', '2130706433'])(
    'does not go to %s where only public addresses are meant: what it resolves to is looked at',
    async (host) => {
      const mx = await remote()
      const { addresses: _, ...named } = target(mx.port)
      const result = await send(await scene(), request([{ ...named, host, addresses: [], publicOnly: true }]))
      expect(result.recipients).toMatchObject([{ status: 'deferred', enhanced: '4.4.3' }])
      expect(result.recipients[0]?.diagnostic).toContain(`${host} is not at a public address`)
      expect(mx.connections).toBe(0)
      const allowed = await send(await scene(), request([{ ...named, host, addresses: [] }]))
      expect(allowed.recipients[0]?.status).toBe('delivered')
    },
  )

  it('goes in clear text where no TLS is offered', async () => {
    const mx = await remote({ disabledCommands: ['STARTTLS', 'AUTH'] })
    const result = await send(await scene(), request([target(mx.port)]))
    expect(result.recipients[0]?.status).toBe('delivered')
    expect(result.tls).toBeUndefined()
  })

  it('falls back to clear text when the opportunistic handshake fails, on a new connection', async () => {
    const mx = await remote({ minVersion: 'TLSv1.3', maxVersion: 'TLSv1.2' })
    const result = await send(await scene(), request([target(mx.port)]))
    expect(result.recipients[0]?.status).toBe('delivered')
    expect(mx.messages[0]?.secure).toBe(false)
    expect(mx.connections).toBe(2)
  })

  it('does not go in clear text where TLS is required', async () => {
    const mx = await remote({ disabledCommands: ['STARTTLS', 'AUTH'] })
    const result = await send(await scene(), request([target(mx.port, 'required')]))
    expect(result.recipients[0]?.status).toBe('deferred')
    expect(mx.messages).toHaveLength(0)
  })

  it('does not trust a wrong certificate where TLS is required', async () => {
    const mx = await remote()
    const result = await send(await scene(), request([target(mx.port, 'required')]))
    expect(result.recipients[0]?.status).toBe('deferred')
    expect(result.recipients[0]?.diagnostic).toMatch(/TLS|certificate/i)
    expect(mx.messages).toHaveLength(0)
  })

  it('trusts the right certificate where TLS is required, and says so', async () => {
    const identity = await certificate('mx.remote.example')
    const mx = await remote(identity)
    const result = await send(await scene({ egressCa: [identity.cert] }), request([target(mx.port, 'required')]))
    expect(result.recipients[0]?.status).toBe('delivered')
    expect(result.tls).toMatchObject({ verified: true })
  })

  it('does not take a trusted certificate of another name', async () => {
    const identity = await certificate('other.example')
    const mx = await remote(identity)
    const result = await send(await scene({ egressCa: [identity.cert] }), request([target(mx.port, 'required')]))
    expect(result.recipients[0]?.status).toBe('deferred')
  })

  it('logs in at a smarthost over implicit TLS (RFC 8314 §3.3)', async () => {
    const identity = await certificate('mx.remote.example')
    const logins: string[] = []
    const mx = await remote({
      ...identity,
      secure: true,
      authOptional: false,
      onAuth(auth, _session, done) {
        logins.push(`${auth.username}:${auth.password}`)
        done(null, { user: auth.username })
      },
    })
    const bridge = await scene({ egressCa: [identity.cert] })
    const what = request([target(mx.port, 'implicit')], { auth: { user: 'relay', password: 'pw' } })
    expect((await send(bridge, what)).recipients[0]?.status).toBe('delivered')
    expect(logins).toEqual(['relay:pw'])
    expect(JSON.stringify(bridge.log)).not.toContain('"pw"')
  })

  it('answers for each recipient by itself', async () => {
    const mx = await remote({
      onRcptTo({ address }, _session, done) {
        if (address.startsWith('gone')) done(Object.assign(new Error('5.1.1 no such user'), { responseCode: 550 }))
        else if (address.startsWith('busy')) done(Object.assign(new Error('4.2.1 later'), { responseCode: 450 }))
        else done()
      },
    })
    const what = request([target(mx.port)])
    what.envelope.recipients = ['good', 'gone', 'busy', 'fine'].map((name) => ({ address: `${name}@remote.example` }))
    const { recipients } = await send(await scene(), what)
    expect(recipients.map((one) => one.status)).toEqual(['delivered', 'bounced', 'deferred', 'delivered'])
    expect(mx.messages[0]?.to).toEqual(['good@remote.example', 'fine@remote.example'])
  })

  it('splits many recipients into transactions on one connection (RFC 5321 §4.5.3.1.8)', async () => {
    const mx = await remote()
    const what = request([target(mx.port)])
    what.envelope.recipients = Array.from({ length: 250 }, (_, index) => ({ address: `u${index}@remote.example` }))
    const { recipients } = await send(await scene(), what)
    expect(recipients.every((one) => one.status === 'delivered')).toBe(true)
    expect(mx.messages.map((one) => one.to.length)).toEqual([100, 100, 50])
    expect(mx.connections).toBe(1)
  })

  it('resolves the name itself when no addresses are given', async () => {
    const mx = await remote()
    const result = await send(
      await scene(),
      request([target(mx.port, 'opportunistic', { host: 'localhost', addresses: [] })]),
    )
    expect(result.recipients[0]?.status).toBe('delivered')
  })

  it('carries a large message', async () => {
    const mx = await remote()
    const message = `Subject: big\r\n\r\n${`${'x'.repeat(76)}\r\n`.repeat(100_000)}`
    const result = await send(await scene(), request([target(mx.port)]), message)
    expect(result.recipients[0]?.status).toBe('delivered')
    expect(mx.messages[0]?.raw.length).toBe(message.length)
  })
})

describe('the next target is tried', () => {
  it('when a connection is refused, or one address of two', async () => {
    const mx = await remote()
    const what = request([
      target(1, 'opportunistic', { host: 'first.example' }),
      target(mx.port, 'opportunistic', { addresses: ['127.0.0.9', '127.0.0.1'] }),
    ])
    const result = await send(await scene(), what)
    expect(result.recipients[0]).toMatchObject({ status: 'delivered', remoteMta: 'mx.remote.example' })
  })

  it.each(['421 4.3.2 closing', '450 later', '554 5.7.1 go away'])('when the greeting is "%s"', async (greeting) => {
    const first = await scripted([greeting, '221 bye'])
    const mx = await remote()
    const result = await send(await scene(), request([target(first.port), target(mx.port)]))
    expect(result.recipients[0]?.status).toBe('delivered')
  })

  it('when a recipient is put off, with only that recipient (RFC 5321 §5.1)', async () => {
    const first = await remote({
      onRcptTo({ address }, _session, done) {
        if (address.startsWith('busy')) done(Object.assign(new Error('later'), { responseCode: 450 }))
        else done()
      },
    })
    const second = await remote()
    const what = request([target(first.port), target(second.port)])
    what.envelope.recipients = [{ address: 'good@remote.example' }, { address: 'busy@remote.example' }]
    const { recipients } = await send(await scene(), what)
    expect(recipients.map((one) => one.status)).toEqual(['delivered', 'delivered'])
    expect(second.messages[0]?.to).toEqual(['busy@remote.example'])
  })

  it('before one that did not answer the last message', async () => {
    let knocks = 0
    const mute = net.createServer((socket) => {
      knocks++
      socket.on('error', () => {})
      socket.destroy()
    })
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    afterwards(() => new Promise<void>((resolve) => void mute.close(() => resolve())))
    const { port } = mute.address() as net.AddressInfo
    const mx = await remote()
    const bridge = await scene()
    for (let i = 0; i < 3; i++) {
      const { recipients } = await send(bridge, request([target(port), target(mx.port)]))
      expect(recipients[0]?.status).toBe('delivered')
    }
    expect(knocks).toBe(1)
    // With nobody else to ask, it is asked again.
    await send(bridge, request([target(port)]))
    expect(knocks).toBe(2)
  })

  it('but not when the message was refused for good', async () => {
    const first = await remote({
      onMailFrom: (_address, _session, done) => done(Object.assign(new Error('no'), { responseCode: 550 })),
    })
    const second = await remote()
    const { recipients } = await send(await scene(), request([target(first.port), target(second.port)]))
    expect(recipients[0]?.status).toBe('bounced')
    expect(second.connections).toBe(0)
  })
})

describe('nothing is delivered', () => {
  it('when nobody listens: deferred, with the reason', async () => {
    const { recipients } = await send(await scene(), request([target(1)]))
    expect(recipients[0]).toMatchObject({ status: 'deferred', enhanced: '4.4.1' })
    expect(recipients[0]?.diagnostic).toMatch(/ECONNREFUSED/)
  })

  it('when the server says nothing: deferred after the time for a reply (RFC 5321 §4.5.3.2.1)', async () => {
    const mute = await scripted([])
    const { recipients } = await send(await scene({ limits: { replyMs: 50 } }), request([target(mute.port)]))
    expect(recipients[0]?.status).toBe('deferred')
  })

  it.each([
    ['its greeting', []],
    ['a reply', ['220 hi', '250 hi']],
  ])('when the server drips %s, though each octet comes in time', async (_, said) => {
    const slow = await scripted(said, false, '2')
    const { recipients } = await send(
      await scene({ limits: { replyMs: 200, exchangeMs: 400 } }),
      request([target(slow.port)]),
    )
    expect(recipients[0]).toMatchObject({
      status: 'deferred',
      diagnostic: expect.stringContaining('No answer in time'),
    })
  })

  it('when the server hangs up in the dialogue', async () => {
    const rude = await scripted(['220 hi', '250 hi', '250 ok'], true)
    const { recipients } = await send(await scene(), request([target(rude.port)]))
    expect(recipients[0]?.status).toBe('deferred')
  })

  it('when every server refuses for good: bounced', async () => {
    const one = await scripted(['554 5.7.1 no', '221 bye'])
    const two = await scripted(['554 5.7.1 never', '221 bye'])
    const { recipients } = await send(await scene(), request([target(one.port), target(two.port)]))
    expect(recipients[0]?.status).toBe('bounced')
  })

  it('when the name does not exist', async () => {
    const nowhere = target(25, 'opportunistic', { host: 'nowhere.invalid', addresses: [] })
    const { recipients } = await send(await scene(), request([nowhere]))
    expect(recipients[0]).toMatchObject({ status: 'deferred', enhanced: '4.4.3' })
  })
})

it('says that a server without DELIVERBY does not watch the time of a message that has one (RFC 2852)', async () => {
  const mx = await remote()
  const timed = request([target(mx.port)])
  timed.envelope.by = { seconds: 600, mode: 'notify', trace: false }
  const bridge = await scene()
  expect((await send(bridge, timed)).recipients[0]).toMatchObject({ status: 'delivered', untimed: true })
  expect((await send(bridge, request([target(mx.port)]))).recipients[0]?.untimed).toBeUndefined()
})

describe('connections', () => {
  it('are used again for the next message', async () => {
    const mx = await remote()
    const bridge = await scene()
    for (let i = 0; i < 3; i++) await send(bridge, request([target(mx.port)]))
    expect(mx.messages).toHaveLength(3)
    expect(mx.connections).toBe(1)
  })

  it('are not used again after their share of messages', async () => {
    const mx = await remote()
    const bridge = await scene({ limits: { messagesPerConnection: 2 } })
    for (let i = 0; i < 3; i++) await send(bridge, request([target(mx.port)]))
    expect(mx.connections).toBe(2)
  })

  it('are not shared between demands on TLS', async () => {
    const mx = await remote()
    const bridge = await scene()
    for (const tls of ['none', 'opportunistic', 'none', 'opportunistic'] as const)
      await send(bridge, request([target(mx.port, tls)]))
    expect([mx.messages.length, mx.connections]).toEqual([4, 2])
  })

  it('are kept up to a number, whatever the target: the one used longest ago makes room', async () => {
    const [one, two, three] = [await remote(), await remote(), await remote()]
    const bridge = await scene({ limits: { keptConnections: 2 } })
    for (const mx of [one, two, three, two, three, one]) await send(bridge, request([target(mx.port)]))
    expect([one.connections, two.connections, three.connections]).toEqual([2, 1, 1])
  })

  it('are not shared between logins', async () => {
    const mx = await remote({ onAuth: (auth, _session, done) => done(null, { user: auth.username }) })
    const bridge = await scene()
    await send(bridge, request([target(mx.port)], { auth: { user: 'a', password: 'x' } }))
    await send(bridge, request([target(mx.port)], { auth: { user: 'b', password: 'x' } }))
    expect(mx.connections).toBe(2)
  })

  it('are replaced when the server has closed one in between', async () => {
    const sockets = new Set<net.Socket>()
    const mx = await remote()
    const relay = net.createServer((socket) => {
      const onward = net.connect(mx.port, '127.0.0.1')
      socket.pipe(onward).pipe(socket)
      socket.on('error', () => {})
      onward.on('error', () => {})
      socket.on('close', () => onward.destroy())
      onward.on('close', () => socket.destroy())
      sockets.add(socket)
    })
    await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve))
    afterwards(() => new Promise<void>((resolve) => void relay.close(() => resolve())))
    const { port } = relay.address() as net.AddressInfo
    const bridge = await scene()
    await send(bridge, request([target(port)]))
    for (const socket of sockets) socket.destroy()
    expect((await send(bridge, request([target(port)]))).recipients[0]?.status).toBe('delivered')
  })

  it('are not more than allowed to one target', async () => {
    let open = 0
    let most = 0
    const mx = await remote({
      onConnect(_session, done) {
        open++
        most = Math.max(most, open)
        done()
      },
      onClose: () => void open--,
    })
    const bridge = await scene({ limits: { connectionsPerTarget: 3 } })
    const results = await Promise.all(Array.from({ length: 30 }, () => send(bridge, request([target(mx.port)]))))
    expect(results.every((one) => one.recipients[0]?.status === 'delivered')).toBe(true)
    expect(most).toBeLessThanOrEqual(3)
  })
})
