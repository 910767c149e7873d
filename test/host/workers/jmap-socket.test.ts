import { evictDurableObject } from 'cloudflare:test'
import { beforeAll, describe, expect, it } from 'vitest'
import { account, admin, basic, envelope, furnish, LinkClient, message, origin, password, request } from './house.ts'

const using = ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail']
let ids: Record<string, string>
let link: LinkClient

beforeAll(async () => {
  ids = await furnish('facteur.test', ['alice', 'bob', 'carol'])
  link = await LinkClient.open()
})

type Message = Record<string, unknown> & { changed: Record<string, Record<string, string>> }

/** A JMAP client on its WebSocket. */
class Client {
  readonly #socket: WebSocket
  readonly #received: Message[] = []
  #waiting: (() => void) | undefined
  closeCode: number | undefined

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', (event) => {
      this.#received.push(JSON.parse(event.data as string) as Message)
      this.#waiting?.()
    })
    socket.addEventListener('close', (event) => {
      this.closeCode = event.code
      this.#waiting?.()
    })
    socket.accept()
  }

  send(value: object | string | Uint8Array): void {
    const isRaw = typeof value === 'string' || value instanceof Uint8Array
    this.#socket.send(isRaw ? value : JSON.stringify(value))
  }

  /** The next message, whatever it is. */
  async next(): Promise<Message> {
    for (;;) {
      const message = this.#received.shift()
      if (message !== undefined) return message
      if (this.closeCode !== undefined) throw new Error(`closed ${this.closeCode}`)
      await new Promise<void>((resolve) => (this.#waiting = resolve))
    }
  }

  async closed(): Promise<number> {
    while (this.closeCode === undefined) await new Promise<void>((resolve) => (this.#waiting = resolve))
    return this.closeCode
  }

  /** A Request and its answer. */
  async call(id: string, ...methodCalls: [string, object, string][]): Promise<Message> {
    this.send({ '@type': 'Request', id, using, methodCalls })
    return this.next()
  }

  close(): void {
    this.#socket.close(1000)
  }
}

function upgrade(headers: Record<string, string>): Promise<Response> {
  return request('/jmap/ws', { headers: { Upgrade: 'websocket', 'Sec-WebSocket-Protocol': 'jmap', ...headers } })
}

async function connect(authorization: string): Promise<Client> {
  const response = await upgrade({ Authorization: authorization })
  if (response.webSocket === null) throw new Error(`${response.status} ${await response.text()}`)
  expect(response.headers.get('Sec-WebSocket-Protocol')).toBe('jmap')
  return new Client(response.webSocket)
}

async function deliver(name: string, subject: string): Promise<void> {
  const reply = await link.deliver(envelope('eve@outside.test', `${name}@facteur.test`), message({ subject }))
  expect(reply.code).toBe(250)
}

describe('the handshake (RFC 8887 §4.1, §4.2)', () => {
  it('is where the session says, which tells that push is supported (§3)', async () => {
    const headers = { Authorization: basic('alice@facteur.test') }
    const session = await (await request('/jmap/session', { headers })).json<{ capabilities: Record<string, object> }>()
    expect(session.capabilities['urn:ietf:params:jmap:websocket']).toEqual({
      url: `${origin.replace('https', 'wss')}/jmap/ws`,
      supportsPush: true,
    })
  })

  it.each([
    ['no credentials', {}, 401],
    ['a wrong password', { Authorization: basic('alice@facteur.test', 'wrong') }, 401],
    ['a wrong token', { Authorization: 'Bearer fct_a1_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' }, 401],
    ['no upgrade', { Authorization: basic('alice@facteur.test'), Upgrade: '' }, 426],
    ['another subprotocol', { Authorization: basic('alice@facteur.test'), 'Sec-WebSocket-Protocol': 'chat' }, 400],
    ['another site', { Authorization: basic('alice@facteur.test'), Origin: 'https://evil.example' }, 403],
    ['an opaque origin', { Authorization: basic('alice@facteur.test'), Origin: 'null' }, 403],
  ])('refuses %s', async (_, headers: Record<string, string>, status) => {
    const response = await upgrade(headers)
    expect(response.status).toBe(status)
    // An answer that nobody reads would keep the object from being evicted.
    await response.text()
  })

  it('takes a token, and a page of this very host', async () => {
    const { body } = await admin('POST', '/accounts/alice@facteur.test/tokens', { name: 'ws' })
    const client = await connect(`Bearer ${(body as { token: string }).token}`)
    expect(await client.call('R1', ['Core/echo', { hello: true }, 'c'])).toMatchObject({ requestId: 'R1' })
    client.close()
    const { webSocket } = await upgrade({ Authorization: basic('alice@facteur.test'), Origin: origin })
    if (webSocket === null) throw new Error('refused')
    new Client(webSocket).close()
  })
})

describe('requests (RFC 8887 §4.3)', () => {
  it('answers a Request with a Response of its id, also after the object slept', async () => {
    const client = await connect(basic('alice@facteur.test'))
    const first = await client.call('R1', ['Mailbox/query', { accountId: ids.alice }, 'q'])
    expect(first).toMatchObject({ '@type': 'Response', requestId: 'R1', sessionState: expect.any(String) })
    await evictDurableObject(account(ids.alice as string))
    const second = await client.call('R2', ['Mailbox/query', { accountId: ids.alice }, 'q'])
    expect({ ...second, requestId: 'R1' }).toEqual(first)
    client.close()
  })

  it.each([
    ['{', null, 'notJSON'],
    ['{"@type":"Request","id":"R1","using":1}', 'R1', 'notRequest'],
    ['{"@type":"Request","id":"R1","using":["urn:x"],"methodCalls":[]}', 'R1', 'unknownCapability'],
    ['{"@type":"Nonsense","id":"R1"}', 'R1', 'notRequest'],
    [`{"@type":"Request","id":"${'x'.repeat(10 * 1024 * 1024)}"}`, null, 'limit'],
  ])('answers a RequestError, and goes on', async (text, requestId, type) => {
    const client = await connect(basic('alice@facteur.test'))
    client.send(text)
    const error = { '@type': 'RequestError', requestId, type: `urn:ietf:params:jmap:error:${type}`, status: 400 }
    expect(await client.next()).toMatchObject(error)
    expect(await client.call('R2', ['Core/echo', {}, 'c'])).toMatchObject({ requestId: 'R2' })
    client.close()
  })

  it('is over for a client that sends binary frames (§4.3.1)', async () => {
    const client = await connect(basic('alice@facteur.test'))
    client.send(new Uint8Array([1, 2, 3]))
    expect(await client.closed()).toBe(1003)
  })

  it('sees no other account', async () => {
    const client = await connect(basic('alice@facteur.test'))
    expect(await client.call('R1', ['Mailbox/get', { accountId: ids.bob }, 'c'])).toMatchObject({
      methodResponses: [['error', { type: 'accountNotFound' }, 'c']],
    })
    client.close()
  })
})

describe('push (RFC 8887 §4.3.5)', () => {
  it('comes for the types asked for, goes on through an eviction, and ends when disabled', async () => {
    const client = await connect(basic('bob@facteur.test'))
    client.send({ '@type': 'WebSocketPushEnable', dataTypes: ['EmailDelivery'], pushState: null })
    await client.call('R1', ['Core/echo', {}, 'c'])
    await deliver('bob', 'Awake')
    const first = await client.next()
    expect(first).toMatchObject({ '@type': 'StateChange', pushState: expect.any(String) })
    expect(Object.keys(first.changed[ids.bob as string] ?? {})).toEqual(['EmailDelivery'])
    await evictDurableObject(account(ids.bob as string))
    await deliver('bob', 'Slept')
    expect((await client.next()).changed[ids.bob as string]).toHaveProperty('EmailDelivery')
    await client.call('R2', ['Mailbox/set', { accountId: ids.bob, create: { m: { name: 'Quiet' } } }, 'c'])
    client.send({ '@type': 'WebSocketPushDisable' })
    await client.call('R3', ['Core/echo', {}, 'c'])
    await deliver('bob', 'Unheard')
    expect(await client.call('R4', ['Core/echo', {}, 'c'])).toMatchObject({ requestId: 'R4' })
    client.close()
  })

  it('tells a client that comes back with its pushState what it has missed (§4.3.5.2)', async () => {
    const client = await connect(basic('bob@facteur.test'))
    client.send({ '@type': 'WebSocketPushEnable', dataTypes: null })
    await client.call('R1', ['Core/echo', {}, 'c'])
    await deliver('bob', 'Seen')
    const { pushState } = await client.next()
    client.close()
    await deliver('bob', 'Missed')
    const again = await connect(basic('bob@facteur.test'))
    again.send({ '@type': 'WebSocketPushEnable', dataTypes: ['Email', 'EmailDelivery'], pushState })
    const missed = await again.next()
    expect(Object.keys(missed.changed[ids.bob as string] ?? {})).toEqual(['Email', 'EmailDelivery'])
    again.send({ '@type': 'WebSocketPushEnable', dataTypes: null, pushState: missed['pushState'] })
    expect(await again.call('R1', ['Core/echo', {}, 'c'])).toMatchObject({ '@type': 'Response' })
    again.close()
  })

  it('is told of what the same connection changes', async () => {
    const client = await connect(basic('bob@facteur.test'))
    client.send({ '@type': 'WebSocketPushEnable', dataTypes: ['Mailbox'] })
    client.send({
      '@type': 'Request',
      id: 'R1',
      using,
      methodCalls: [['Mailbox/set', { accountId: ids.bob, create: { m: { name: 'Told' } } }, 'c']],
    })
    const both = new Set([(await client.next())['@type'], (await client.next())['@type']])
    expect(both).toEqual(new Set(['Response', 'StateChange']))
    client.close()
  })
})

describe('a connection whose credentials end', () => {
  it('ends with its token, and others stay', async () => {
    const { body } = await admin('POST', '/accounts/carol@facteur.test/tokens', { name: 'ws' })
    const { id, token } = body as { id: string; token: string }
    const gone = await connect(`Bearer ${token}`)
    const stays = await connect(basic('carol@facteur.test'))
    const events = await request('/jmap/eventsource?types=*&closeafter=no&ping=0', {
      headers: { Authorization: `Bearer ${token}` },
    })
    await evictDurableObject(account(ids.carol as string))
    await admin('DELETE', `/accounts/carol@facteur.test/tokens/${id}`)
    expect(await gone.closed()).toBe(1008)
    expect(await events.text()).toMatch(/^: subscribed/)
    expect(await stays.call('R1', ['Core/echo', {}, 'c'])).toMatchObject({ requestId: 'R1' })
    stays.close()
  })

  it('ends with the password, and with the account', async () => {
    const first = await connect(basic('carol@facteur.test'))
    await admin('PUT', '/accounts/carol@facteur.test/password', { password })
    expect(await first.closed()).toBe(1008)
    const second = await connect(basic('carol@facteur.test'))
    await admin('DELETE', '/accounts/carol@facteur.test')
    expect(await second.closed()).toBe(1008)
  })
})
