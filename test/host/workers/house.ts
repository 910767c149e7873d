/**
 * The whole Worker as its clients see it: administration, a bridge's link, IMAP sessions and JMAP, over real bindings.
 */
import { env, exports } from 'cloudflare:workers'
import type { Envelope, Reply } from '../../../src/protocol/smtp/index.ts'
import { decodeFrames, FrameSender, requestFrames } from '../../../src/host/bridge/link/index.ts'
import { encodeSession } from '../../../src/host/http/index.ts'
import type { Env } from '../../../src/host/workers/env.ts'

declare global {
  namespace Cloudflare {
    interface Env extends HouseEnv {}
    interface GlobalProps {
      mainModule: typeof import('../../../src/worker.ts')
    }
  }
}
type HouseEnv = Env

export const bindings: Env = env
export const origin = 'https://mail.facteur.test'
export const adminToken = 'admin-token-of-the-tests'
export const bridgeSecret = 'bridge-secret-of-the-tests'
export const password = 'correct horse battery'

export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  return exports.default.fetch(new Request(new URL(path, origin), { redirect: 'manual', ...init }))
}

export async function admin(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const response = await request(`/admin${path}`, {
    method,
    headers: { Authorization: `Bearer ${adminToken}`, 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
}

/** Hosts `domain` and makes an account for each name; their ids by name. */
export async function furnish(domain: string, names: readonly string[]): Promise<Record<string, string>> {
  await admin('POST', '/domains', { name: domain })
  const ids: Record<string, string> = {}
  for (const name of names) {
    const made = await admin('POST', '/accounts', { address: `${name}@${domain}`, password })
    if (made.status !== 201) throw new Error(`account ${name}: ${JSON.stringify(made)}`)
    ids[name] = (made.body as { id: string }).id
  }
  return ids
}

export function basic(login: string, secret = password): string {
  const bytes = new TextEncoder().encode(`${login}:${secret}`)
  return `Basic ${btoa(String.fromCharCode(...bytes))}`
}

export function account(id: string) {
  return bindings.ACCOUNT.getByName(id)
}

export type MethodResponse = [name: string, result: Record<string, unknown>, id: string]

export async function jmap(
  authorization: string,
  calls: readonly [string, Record<string, unknown>, string][],
  more: readonly string[] = [],
): Promise<MethodResponse[]> {
  const response = await request('/jmap/api', {
    method: 'POST',
    headers: { Authorization: authorization, 'Content-Type': 'application/json' },
    body: JSON.stringify({
      using: ['urn:ietf:params:jmap:core', 'urn:ietf:params:jmap:mail', 'urn:ietf:params:jmap:submission', ...more],
      methodCalls: calls,
    }),
  })
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
  return (await response.json<{ methodResponses: MethodResponse[] }>()).methodResponses
}

/** The arguments of the response to the call `id`; throws when there is none, or it is an error. */
export function resultOf<T = Record<string, unknown>>(answers: readonly MethodResponse[], id: string): T {
  const answer = answers.find((one) => one[2] === id)
  if (answer === undefined || answer[0] === 'error') throw new Error(`call ${id}: ${JSON.stringify(answer)}`)
  return answer[1] as T
}

/** Subjects in the account, newest first. */
export async function subjects(id: string, authorization: string): Promise<string[]> {
  const answers = await jmap(authorization, [
    ['Email/query', { accountId: id, sort: [{ property: 'receivedAt', isAscending: false }] }, 'q'],
    [
      'Email/get',
      { accountId: id, properties: ['subject'], '#ids': { resultOf: 'q', name: 'Email/query', path: '/ids' } },
      'g',
    ],
  ])
  return resultOf<{ list: { subject: string }[] }>(answers, 'g').list.map((email) => email.subject)
}

export function message(fields: {
  from?: string
  to?: string
  subject: string
  body?: string
  id?: string
}): Uint8Array {
  const { from = 'eve@outside.test', to = 'alice@facteur.test', subject, body = 'Hello.' } = fields
  const lines = [
    `From: ${from}`,
    `To: ${to}`,
    `Subject: ${subject}`,
    'Date: Mon, 16 Nov 2026 10:00:00 +0000',
    `Message-ID: <${fields.id ?? crypto.randomUUID()}@outside.test>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    '',
    body,
    '',
  ]
  return new TextEncoder().encode(lines.join('\r\n'))
}

export function envelope(reversePath: string, ...recipients: string[]): Envelope {
  return { reversePath, recipients: recipients.map((address) => ({ address })), smtputf8: false, body: '8BITMIME' }
}

export const fromOutside = {
  kind: 'smtp',
  clientAddress: '192.0.2.1',
  helo: 'mx.outside.test',
  protocol: 'ESMTP',
  transactionId: 'T1',
} as const

/** A bridge's end of the link. */
export class LinkClient {
  /** WebSocket messages received. */
  messages = 0
  readonly #socket: WebSocket
  readonly #sender = new FrameSender((message, sent) => {
    this.#socket.send(message)
    sent()
  })
  readonly #waiting = new Map<number, (head: unknown) => void>()
  #id = 0
  readonly closed: Promise<number>

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.binaryType = 'arraybuffer'
    socket.addEventListener('message', (event) => {
      this.messages++
      for (const frame of decodeFrames(new Uint8Array(event.data as ArrayBuffer))) {
        this.#waiting.get(frame.id)?.(frame.head)
        this.#waiting.delete(frame.id)
      }
    })
    this.closed = new Promise((resolve) => socket.addEventListener('close', (event) => resolve(event.code)))
    socket.accept()
  }

  static async open(): Promise<LinkClient> {
    const response = await request('/bridge/link', {
      headers: { Upgrade: 'websocket', Authorization: `Bearer ${bridgeSecret}` },
    })
    if (response.webSocket === null) throw new Error(`no link: ${response.status}`)
    return new LinkClient(response.webSocket)
  }

  call<T>(head: object, body?: Uint8Array): Promise<T> {
    const id = ++this.#id
    return new Promise((resolve) => {
      this.#waiting.set(id, (answer) => resolve(answer as T))
      if (this.#sender.empty) queueMicrotask(() => this.#sender.flush())
      for (const frame of requestFrames(id, head, body === undefined ? [] : [body])) this.#sender.write(frame)
    })
  }

  async deliver(to: Envelope, raw: Uint8Array, from: object = fromOutside): Promise<Reply> {
    const answer = await this.call<{ reply?: Reply; error?: string }>(
      { op: 'deliver', envelope: to, origin: from },
      raw,
    )
    if (answer.reply === undefined) throw new Error(answer.error ?? 'no reply')
    return answer.reply
  }

  async recipient(address: string, from: object = fromOutside): Promise<Reply> {
    const head = { op: 'recipient', reversePath: 'eve@outside.test', recipient: { address }, origin: from }
    return (await this.call<{ reply: Reply }>(head)).reply
  }

  send(bytes: Uint8Array | string): void {
    this.#socket.send(bytes)
  }

  close(): void {
    this.#socket.close(1000)
  }
}

/** A bridge's end of a session. */
export class SessionClient {
  readonly #socket: WebSocket
  #text = ''
  readonly #controls: object[] = []
  #waiting: (() => void) | undefined
  closeCode: number | undefined
  /** False: a bridge that has vanished. */
  answers = true

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.binaryType = 'arraybuffer'
    socket.addEventListener('message', (event) => {
      if (event.data === '{"alive":true}' && this.answers) socket.send(event.data)
      if (typeof event.data === 'string') this.#controls.push(JSON.parse(event.data) as object)
      if (event.data instanceof ArrayBuffer) this.#text += new TextDecoder('latin1').decode(event.data)
      this.#waiting?.()
    })
    socket.addEventListener('close', (event) => {
      this.closeCode = event.code
      this.#waiting?.()
    })
    socket.accept()
  }

  static async open(
    login: string,
    secret = password,
    protocol: 'imap' | 'pop3' = 'imap',
  ): Promise<SessionClient | Response> {
    const session = encodeSession({
      protocol,
      login,
      password: secret,
      tag: protocol === 'imap' ? 'a0' : '',
      clientAddress: '192.0.2.7',
      tls: true,
    })
    const response = await request('/bridge/session', {
      headers: { Upgrade: 'websocket', Authorization: `Bearer ${bridgeSecret}`, 'Facteur-Session': session },
    })
    return response.webSocket === null ? response : new SessionClient(response.webSocket)
  }

  send(text: string): void {
    this.#socket.send(new TextEncoder().encode(text))
  }

  /** So many octets have been read: the object may send as many again. */
  acknowledge(octets: number): void {
    this.#socket.send(JSON.stringify({ ack: octets }))
  }

  /** A control message to the object. */
  say(control: object): void {
    this.#socket.send(JSON.stringify(control))
  }

  /** The object's next control message. */
  async control(): Promise<object> {
    for (;;) {
      const next = this.#controls.shift()
      if (next !== undefined) return next
      await new Promise<void>((resolve) => (this.#waiting = resolve))
    }
  }

  /** The code with which the object closes. */
  async closed(): Promise<number> {
    while (this.closeCode === undefined) await new Promise<void>((resolve) => (this.#waiting = resolve))
    return this.closeCode
  }

  /** Everything received up to the first match; what follows stays. */
  async until(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.#text)
      if (found !== null) {
        const end = found.index + found[0].length
        const text = this.#text.slice(0, end)
        this.#text = this.#text.slice(end)
        return text
      }
      if (this.closeCode !== undefined) throw new Error(`closed ${this.closeCode} after ${JSON.stringify(this.#text)}`)
      await new Promise<void>((resolve) => (this.#waiting = resolve))
    }
  }

  /** Sends a command and gives all up to its tagged completion. */
  command(tag: string, text: string): Promise<string> {
    this.send(`${tag} ${text}\r\n`)
    return this.until(new RegExp(`^${tag} .*\\r\\n`, 'm'))
  }

  close(): void {
    this.#socket.close(1000)
  }
}

export async function openSession(
  login: string,
  secret = password,
  protocol: 'imap' | 'pop3' = 'imap',
): Promise<SessionClient> {
  const session = await SessionClient.open(login, secret, protocol)
  if (session instanceof Response) throw new Error(`${session.status} ${await session.text()}`)
  return session
}
