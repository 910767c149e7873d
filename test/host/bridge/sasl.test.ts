import { createHash, X509Certificate } from 'node:crypto'
import tls from 'node:tls'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { ScramClient } from '../../protocol/sasl/scram-client.ts'
import type { FakeWorker, SeenRequest } from './fake-worker.ts'
import { LineClient } from './line-client.ts'
import { afterwards, scene } from './scene.ts'

const greeting = /^(?:\* OK|\+OK|220) .*\r\n/
const salt = { salt: 'W22ZaJ0SNY7soEsUEjb6gQ==', iterations: 4096 }

/** Accounts that find every proof right, or none. */
function accounts(worker: FakeWorker, right = true): void {
  worker.onRequest = ({ head }: SeenRequest) => {
    if (head.op === 'scram-salt') return salt
    if (head.op === 'scram-proof')
      return right ? { ok: true, signature: 'c2lnbmF0dXJl' } : { ok: false, temporary: false }
    return { ok: true, accountId: 'a1', address: 'alice@example.com' }
  }
  worker.onOpenSession = ({ socket, request }) => socket.send(Buffer.from(`${String(request.tag) || '+'} OK in\r\n`))
}

interface Tongue {
  readonly begin: (mechanism: string) => string
  readonly challenge: RegExp
}

const imap: Tongue = { begin: (name) => `a1 AUTHENTICATE ${name} `, challenge: /^\+ (.*)\r\n/ }
const pop3: Tongue = { begin: (name) => `AUTH ${name} `, challenge: /^\+ (.*)\r\n/ }
const smtp: Tongue = { begin: (name) => `AUTH ${name} `, challenge: /^334 (.*)\r\n/ }

/** Says the exchange up to the client's proof; the answer to that. */
async function prove(client: LineClient, tongue: Tongue, mechanism: string, scram: ScramClient): Promise<string> {
  const first = await client.say(`${tongue.begin(mechanism)}${btoa(scram.first())}\r\n`, /\r\n/)
  const challenge = tongue.challenge.exec(first)?.[1]
  if (challenge === undefined) return first
  return client.say(`${btoa(await scram.final(atob(challenge)))}\r\n`, /\r\n/)
}

async function connected(open: Promise<LineClient>): Promise<LineClient> {
  const client = await open
  await client.expect(greeting)
  return client
}

describe('SCRAM at the bridge (RFC 5802)', () => {
  const facts = { user: 'alice', password: 'pencil' }

  it.each([
    ['imap', imap, /^a1 OK/],
    ['pop3', pop3, /^\+ OK/],
    ['submission', smtp, /^235 /],
  ] as const)('is asked of the accounts, and logs in: %s', async (door, tongue, success) => {
    const { worker, client, log } = await scene({}, accounts)
    const opened = await connected(client(door))
    if (door === 'submission') await opened.say('EHLO client.example\r\n', /^250 .*\r\n/m)
    const said = await prove(opened, tongue, 'SCRAM-SHA-256', new ScramClient(facts))
    expect(atob(tongue.challenge.exec(said)?.[1] ?? '')).toBe('v=c2lnbmF0dXJl')
    await opened.say('\r\n', success)
    const asked = worker.operations('scram-proof')[0]?.head
    expect(asked).toMatchObject({ login: 'alice', clientAddress: '127.0.0.1' })
    const shown = worker.sessions[0]?.request ?? worker.operations('authenticate')[0]?.head
    expect(shown).toMatchObject({ login: 'alice', scram: asked?.scram })
    const shownProof = asked?.scram as { proof: string } | undefined
    for (const secret of [shownProof?.proof, salt.salt]) expect(JSON.stringify(log)).not.toContain(secret)
  })

  it.each([
    ['imap', imap, /^a1 NO \[AUTHENTICATIONFAILED\]/],
    ['pop3', pop3, /^-ERR \[AUTH\]/],
    ['submission', smtp, /^535 5\.7\.8/],
  ] as const)('refuses a wrong proof late, as it refuses a wrong password: %s', async (door, tongue, refusal) => {
    const { client, log } = await scene({}, (worker) => accounts(worker, false))
    const opened = await connected(client(door))
    if (door === 'submission') await opened.say('EHLO client.example\r\n', /^250 .*\r\n/m)
    expect(await prove(opened, tongue, 'SCRAM-SHA-256', new ScramClient(facts))).toMatch(refusal)
    expect(log.filter(({ event }) => event === 'login')).toMatchObject([{ facts: { login: 'alice', ok: false } }])
  })

  it('cannot tell when the accounts give no answer that makes sense', async () => {
    const { client } = await scene({}, (worker) => (worker.onRequest = () => ({ salt: 'x,y', iterations: -1 })))
    const opened = await connected(client('imap'))
    expect(await prove(opened, imap, 'SCRAM-SHA-256', new ScramClient(facts))).toMatch(/^a1 NO \[UNAVAILABLE\]/)
  })

  it('every exchange has a nonce of its own', async () => {
    const { client } = await scene({}, accounts)
    const nonces = new Set<string>()
    for (let turn = 0; turn < 3; turn++) {
      const opened = await connected(client('imap'))
      const said = await opened.say(`a1 AUTHENTICATE SCRAM-SHA-256 ${btoa('n,,n=alice,r=x')}\r\n`, /\r\n/)
      nonces.add(/r=x([^,]{20,})/.exec(atob(said.slice(2).trim()))?.[1] ?? '')
    }
    expect(nonces.size).toBe(3)
  })
})

async function secured(port: number, maxVersion: tls.SecureVersion = 'TLSv1.3') {
  const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false, maxVersion })
  await once(socket, 'secureConnect')
  const client = new LineClient(socket)
  afterwards(() => client.destroy())
  await client.expect(greeting)
  return { socket, client }
}

const bound = (header: string, binding: Uint8Array) =>
  new ScramClient({ user: 'alice', password: 'pencil', header, binding })

describe('channel binding at the bridge (RFC 9266, RFC 5929)', () => {
  it('takes the exporter of this connection, and no other’s', async () => {
    const { port } = await scene({}, accounts)
    const [mine, other] = [await secured(port('imaps')), await secured(port('imaps'))]
    const exported = ({ socket }: typeof mine) =>
      socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
    const header = 'p=tls-exporter,,'
    expect(await prove(other.client, imap, 'SCRAM-SHA-256-PLUS', bound(header, exported(mine)))).toMatch(/^a1 NO/)
    expect(await prove(mine.client, imap, 'SCRAM-SHA-256-PLUS', bound(header, exported(mine)))).toMatch(/^\+ /)
    await mine.client.say('\r\n', /^a1 OK/)
  })

  it('takes the hash of the certificate', async () => {
    const { port } = await scene({}, accounts)
    const { socket, client } = await secured(port('imaps'))
    const { raw } = socket.getPeerCertificate()
    expect(new X509Certificate(raw).signatureAlgorithm).toMatch(/sha256/i)
    const hash = createHash('sha256').update(raw).digest()
    const said = await prove(client, imap, 'SCRAM-SHA-256-PLUS', bound('p=tls-server-end-point,,', hash))
    expect(said).toMatch(/^\+ /)
  })

  it('refuses who was told that there is none', async () => {
    const { port } = await scene({}, accounts)
    const { client } = await secured(port('imaps'))
    expect(await prove(client, imap, 'SCRAM-SHA-256', bound('y,,', Buffer.alloc(0)))).toMatch(/^a1 NO/)
  })

  it('is not offered below TLS 1.3, whose exporter alone is safe, nor without TLS', async () => {
    const { port, client } = await scene({}, accounts)
    const old = await secured(port('imaps'), 'TLSv1.2')
    expect(old.client.received).not.toContain('PLUS')
    expect(await prove(old.client, imap, 'SCRAM-SHA-256', bound('y,,', Buffer.alloc(0)))).toMatch(/^\+ /)
    expect((await connected(client('imap'))).received).not.toContain('PLUS')
  })

  it('is offered after STARTTLS', async () => {
    const { client } = await scene({}, accounts)
    const opened = await connected(client('imap'))
    await opened.say('a0 STARTTLS\r\n', /^a0 OK/)
    const socket = await opened.startTls()
    expect(await opened.say('a CAPABILITY\r\n', /a OK/)).toContain('AUTH=SCRAM-SHA-256-PLUS')
    const exported = socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
    expect(await prove(opened, imap, 'SCRAM-SHA-256-PLUS', bound('p=tls-exporter,,', exported))).toMatch(/^\+ /)
  })
})

describe('tokens at the bridge (RFC 7628)', () => {
  const bearer = btoa('n,,\x01auth=Bearer abc\x01\x01')

  it('are handed on as what they are', async () => {
    const { worker, client } = await scene({}, accounts)
    const opened = await connected(client('imap'))
    await opened.say(`a1 AUTHENTICATE OAUTHBEARER ${bearer}\r\n`, /^a1 OK/)
    expect(worker.sessions[0]?.request).toEqual({
      protocol: 'imap',
      login: '',
      token: 'abc',
      tag: 'a1',
      clientAddress: '127.0.0.1',
      tls: false,
    })
  })

  it('a refusal is told in two steps', async () => {
    const { client } = await scene({}, (worker) => (worker.onSession = () => ({ status: 401, text: 'no' })))
    const opened = await connected(client('imap'))
    expect(await opened.say(`a1 AUTHENTICATE OAUTHBEARER ${bearer}\r\n`, /\r\n/)).toBe(
      `+ ${btoa('{"status":"invalid_token"}')}\r\n`,
    )
    expect(await opened.say('AQ==\r\n', /\r\n/)).toMatch(/^a1 NO \[AUTHENTICATIONFAILED\]/)
  })

  it('no token is none, and nobody is asked', async () => {
    const { worker, client } = await scene({}, accounts)
    const opened = await connected(client('submission'))
    await opened.say('EHLO client.example\r\n', /^250 .*\r\n/m)
    expect(await opened.say(`AUTH OAUTHBEARER ${btoa('n,,\x01auth=\x01\x01')}\r\n`, /\r\n/)).toMatch(/^334 /)
    expect(await opened.say('AQ==\r\n', /\r\n/)).toMatch(/^535 /)
    expect(worker.operations('authenticate')).toEqual([])
  })
})
