import { describe, expect, it } from 'vitest'
import { secret } from './fake-worker.ts'
import { encode, post, remote, request, scripted, send, target } from './remote.ts'
import { scene } from './scene.ts'

describe('the HTTP side', () => {
  it('says that it lives', async () => {
    const bridge = await scene()
    const response = await fetch(`http://127.0.0.1:${bridge.port('egress')}/healthz`)
    expect(await response.json()).toEqual({ status: 'ok', link: true })
  })

  it.each(['Bearer wrong', '', `Bearer ${secret}x`, secret])('needs the secret, not "%s"', async (authorization) => {
    const mx = await remote()
    const bridge = await scene()
    expect((await post(bridge, encode(request([target(mx.port)])), authorization)).status).toBe(401)
    expect(mx.connections).toBe(0)
  })

  it('refuses a body above the limit, declared or not', async () => {
    const bridge = await scene({ limits: { egressBytes: 1000 } })
    expect((await post(bridge, Buffer.alloc(2000))).status).toBe(413)
    const endless = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(700))
      },
    })
    const init = { method: 'POST', body: endless, duplex: 'half', headers: { Authorization: `Bearer ${secret}` } }
    const outcome = await fetch(`http://127.0.0.1:${bridge.port('egress')}/egress`, init as RequestInit).then(
      (response) => response.status,
      () => 'cut off',
    )
    expect([413, 'cut off']).toContain(outcome)
  })

  const good = request([target(25)])
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a head beyond the end', Buffer.from([0, 0, 1, 0, 1])],
    ['no JSON', Buffer.from([0, 0, 0, 1, 0x7b])],
    ['no object', encode([])],
    ['no targets', encode({ ...good, targets: [] })],
    ['a port that is none', encode({ ...good, targets: [{ ...target(25), port: 70_000 }] })],
    ['a host with a space', encode({ ...good, targets: [{ ...target(25), host: 'a b' }] })],
    ['a policy that is none', encode({ ...good, targets: [{ ...target(25), tls: 'maybe' }] })],
    ['no recipients', encode({ ...good, envelope: { ...good.envelope, recipients: [] } })],
    [
      'a recipient with a command in it',
      encode({ ...good, envelope: { ...good.envelope, recipients: [{ address: 'a@b>\r\nQUIT' }] } }),
    ],
    ['a login without password', encode({ ...good, auth: { user: 'x' } })],
    ['no name of ours', encode({ ...good, hostname: '' })],
  ])('refuses %s', async (_name, body) => {
    expect((await post(await scene(), body)).status).toBe(400)
  })

  it('knows no other paths and methods', async () => {
    const bridge = await scene()
    const at = `http://127.0.0.1:${bridge.port('egress')}`
    expect((await fetch(`${at}/`)).status).toBe(404)
    expect((await fetch(`${at}/egress`)).status).toBe(405)
    expect((await fetch(`${at}/healthz`, { method: 'POST' })).status).toBe(405)
  })

  it('says 503 above its number of requests', async () => {
    const mute = await scripted([])
    const bridge = await scene({ limits: { egressRequests: 1, replyMs: 300 } })
    const first = post(bridge, encode(request([target(mute.port)])))
    let status = 0
    do status = (await post(bridge, encode({}))).status
    while (status === 400)
    expect(status).toBe(503)
    expect((await first).status).toBe(200)
  })

  it('finishes what is under way when the bridge goes', async () => {
    const arrived = Promise.withResolvers<() => void>()
    const mx = await remote({
      onMailFrom: (_address, _session, done) => arrived.resolve(() => done()),
    })
    const bridge = await scene()
    const result = send(bridge, request([target(mx.port)]))
    const release = await arrived.promise
    const closed = bridge.bridge.close({ drainMs: 5_000 })
    release()
    expect((await result).recipients[0]?.status).toBe('delivered')
    await closed
  })
})
