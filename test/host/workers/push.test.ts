import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { account, admin, basic, bindings, envelope, furnish, LinkClient, message, password, request } from './house.ts'
import { Device, verifiedClaims } from './push-device.ts'

interface Push {
  readonly url: string
  readonly headers: Headers
  readonly body: Uint8Array
}

/** A push service in place of the network: what was posted to it, and what it answers. */
class PushServiceDouble {
  readonly pushes: Push[] = []
  answer: () => Response | Error = () => new Response(null, { status: 201 })
  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const asked = new Request(input, init)
    expect([asked.method, init?.redirect]).toEqual(['POST', 'manual'])
    this.pushes.push({ url: asked.url, headers: asked.headers, body: new Uint8Array(await asked.arrayBuffer()) })
    const answer = this.answer()
    if (answer instanceof Error) throw answer
    return answer
  }

  /** The push of that number. They are made by an object, whose promises a test may not await. */
  async push(number: number): Promise<Push> {
    await vi.waitFor(() => expect(this.pushes.length).toBeGreaterThanOrEqual(number), { interval: 5, timeout: 5000 })
    return this.pushes[number - 1] as Push
  }
}

const url = 'https://push.example.com/send/3f2b'
let ids: Record<string, string>
let link: LinkClient
let service: PushServiceDouble
let device: Device

beforeAll(async () => {
  ids = await furnish('facteur.test', ['alice', 'bob', 'carol', 'dave', 'erin'])
  link = await LinkClient.open()
})

beforeEach(async () => {
  service = new PushServiceDouble()
  device = await Device.make()
  vi.stubGlobal('fetch', service.fetch)
})

afterEach(() => {
  vi.unstubAllGlobals()
})

type Answer = { created?: Record<string, { id: string }>; notCreated?: object; notUpdated?: object; list?: object[] }

async function call(authorization: string, name: string, args: object): Promise<Answer> {
  const response = await request('/jmap/api', {
    method: 'POST',
    headers: { Authorization: authorization, 'Content-Type': 'application/json' },
    body: JSON.stringify({ using: ['urn:ietf:params:jmap:core'], methodCalls: [[name, args, 'c']] }),
  })
  const { methodResponses } = await response.json<{ methodResponses: [string, Answer, string][] }>()
  expect(methodResponses[0]?.[0]).toBe(name)
  return methodResponses[0]?.[1] as Answer
}

async function subscribe(authorization: string, more: object = {}): Promise<string> {
  const create = { s: { deviceClientId: 'd1', url, keys: device.keys, types: ['EmailDelivery', 'Mailbox'], ...more } }
  const { created, notCreated } = await call(authorization, 'PushSubscription/set', { create })
  if (!created) throw new Error(JSON.stringify(notCreated))
  return created['s']?.id as string
}

/** A subscription whose code was read by the device and sent back. */
async function verified(authorization: string): Promise<string> {
  const number = service.pushes.length + 1
  const id = await subscribe(authorization)
  const { verificationCode } = JSON.parse(await device.decrypt((await service.push(number)).body)) as {
    verificationCode: string
  }
  const { notUpdated } = await call(authorization, 'PushSubscription/set', { update: { [id]: { verificationCode } } })
  expect(notUpdated).toBeNull()
  return id
}

async function deliver(name: string, subject: string): Promise<void> {
  const reply = await link.deliver(envelope('eve@outside.test', `${name}@facteur.test`), message({ subject }))
  expect(reply.code).toBe(250)
}

async function changed(push: Push, accountId: string): Promise<Record<string, string>> {
  const change = JSON.parse(await device.decrypt(push.body)) as { changed: Record<string, Record<string, string>> }
  return change.changed[accountId] as Record<string, string>
}

function told(accountId: string): Promise<{ told: number; progress: string; failures: number }[]> {
  return runInDurableObject(account(accountId), (_, state) =>
    state.storage.sql
      .exec<{ told: number; progress: string; failures: number }>(
        'SELECT told, progress, failures FROM push_subscription',
      )
      .toArray(),
  )
}

describe('a push subscription (RFC 8620 §7.2)', () => {
  it('is verified through the push service, then told of new mail, encrypted and signed', async () => {
    const authorization = basic('alice@facteur.test')
    const id = await subscribe(authorization)
    const first = await service.push(1)
    expect(first.url).toBe(url)
    expect(Object.fromEntries(first.headers)).toMatchObject({
      'content-type': 'application/json',
      'content-encoding': 'aes128gcm',
      ttl: '86400',
      urgency: 'normal',
    })
    const verification = JSON.parse(await device.decrypt(first.body)) as { verificationCode: string }
    expect(verification).toEqual({
      '@type': 'PushVerification',
      pushSubscriptionId: id,
      verificationCode: expect.stringMatching(/^\w{20,}$/),
    })

    const session = await request('/jmap/session', { headers: { Authorization: authorization } })
    const { capabilities } = await session.json<{ capabilities: Record<string, { applicationServerKey: string }> }>()
    const { key, claims } = await verifiedClaims(first.headers.get('Authorization') ?? '')
    expect(key).toBe(capabilities['urn:ietf:params:jmap:webpush-vapid']?.applicationServerKey)
    expect(claims).toMatchObject({ aud: 'https://push.example.com', sub: 'https://mail.facteur.test' })
    const life = (claims['exp'] as number) - Date.now() / 1000
    expect(life).toBeGreaterThan(0)
    expect(life).toBeLessThanOrEqual(86_400)

    const { verificationCode } = verification
    await call(authorization, 'PushSubscription/set', { update: { [id]: { verificationCode } } })
    await deliver('alice', 'Pushed')
    const states = await changed(await service.push(2), ids.alice as string)
    expect(Object.keys(states).toSorted()).toEqual(['EmailDelivery', 'Mailbox'])
  })

  it('goes on after the object was evicted before it could push, and keeps its key', async () => {
    const authorization = basic('bob@facteur.test')
    await verified(authorization)
    service.answer = () => new Error('the network is down')
    await deliver('bob', 'Before the eviction')
    await service.push(2)
    await vi.waitFor(async () => expect(await told(ids.bob as string)).toMatchObject([{ failures: 1 }]))
    await evictDurableObject(account(ids.bob as string))
    service.answer = () => new Response(null, { status: 201 })
    await runInDurableObject(account(ids.bob as string), (_, state) =>
      state.storage.sql.exec('UPDATE push_subscription SET not_before = 0').toArray(),
    )
    await evictDurableObject(account(ids.bob as string))
    expect(await runDurableObjectAlarm(account(ids.bob as string))).toBe(true)
    const push = await service.push(3)
    expect(Object.keys(await changed(push, ids.bob as string))).toContain('EmailDelivery')
    const keys = await Promise.all(
      [service.pushes[0], push].map(async (each) => verifiedClaims(each?.headers.get('Authorization') ?? '')),
    )
    expect(keys[0]?.key).toBe(keys[1]?.key)
    await vi.waitFor(async () => expect(await told(ids.bob as string)).toMatchObject([{ failures: 0 }]))
  })

  it('gathers a burst in the pause after a push, and pushes its last state', async () => {
    const carol = account(ids.carol as string)
    await verified(basic('carol@facteur.test'))
    await deliver('carol', 'first')
    await service.push(2)
    await Promise.all(Array.from({ length: 20 }, (_, index) => deliver('carol', `burst ${index}`)))
    await runDurableObjectAlarm(carol)
    expect(service.pushes).toHaveLength(2)
    const alarm = await runInDurableObject(carol, (_, state) => state.storage.getAlarm())
    expect(alarm).toBeGreaterThan(Date.now() + 1000)
    // The pause is not worth a row: a new life does not know of it.
    await evictDurableObject(carol)
    await runDurableObjectAlarm(carol)
    const states = await changed(await service.push(3), ids.carol as string)
    await vi.waitFor(async () => {
      expect((await told(ids.carol as string))[0]?.told).toBe(Number(states['EmailDelivery']))
    })
    expect(service.pushes).toHaveLength(3)
  })

  it.each([404, 410])('is removed when the push service answers %i', async (status) => {
    await verified(basic('dave@facteur.test'))
    service.answer = () => new Response(null, { status })
    await deliver('dave', 'Gone')
    await service.push(2)
    await vi.waitFor(async () => expect(await told(ids.dave as string)).toEqual([]))
  })

  it('costs a delivery one row for the alarm and one when it was told, and none without', async () => {
    const one = account(ids.erin as string)
    await deliver('erin', 'warm-up')
    const rows = async () => {
      const before = await one.rowsWritten()
      await deliver('erin', 'counted')
      return (await one.rowsWritten()) - before
    }
    const without = await rows()
    expect(await runInDurableObject(one, (_, state) => state.storage.getAlarm())).toBeNull()
    await verified(basic('erin@facteur.test'))
    await deliver('erin', 'pushed')
    await service.push(2)
    await vi.waitFor(async () => expect(await told(ids.erin as string)).toMatchObject([{ failures: 0 }]))
    expect(await rows()).toBe(without)
  })

  it('ends with the password that made it, and with the token', async () => {
    const address = 'erin@facteur.test'
    const { body } = await admin('POST', `/accounts/${address}/tokens`, { name: 'phone' })
    const { id, token } = body as { id: string; token: string }
    await subscribe(`Bearer ${token}`)
    expect((await call(`Bearer ${token}`, 'PushSubscription/get', { ids: null })).list).toHaveLength(1)
    const before = (await told(ids.erin as string)).length
    await admin('DELETE', `/accounts/${address}/tokens/${id}`)
    expect(await told(ids.erin as string)).toHaveLength(before - 1)
    await subscribe(basic(address))
    await admin('PUT', `/accounts/${address}/password`, { password })
    expect(await told(ids.erin as string)).toEqual([])
  })

  it('refuses keys that are no point on the curve, and URLs into our own network', async () => {
    const keys = { p256dh: `BA${'A'.repeat(85)}`, auth: device.keys.auth }
    const authorization = basic('dave@facteur.test')
    for (const wrong of [{ keys }, { url: 'https://127.0.0.1/' }, { url: 'https://[fd00::1]/' }]) {
      await expect(subscribe(authorization, wrong)).rejects.toThrow('invalidProperties')
    }
    expect(service.pushes).toEqual([])
    expect(bindings.OUTSIDE).toBeUndefined()
  })

  it('goes unencrypted when the client gave no keys', async () => {
    await subscribe(basic('dave@facteur.test'), { keys: null })
    const { headers, body } = await service.push(1)
    expect(headers.get('Content-Encoding')).toBeNull()
    expect(JSON.parse(new TextDecoder().decode(body))).toHaveProperty('@type', 'PushVerification')
  })
})
