import { beforeAll, describe, expect, it, vi } from 'vitest'
import { encodeSession, type SessionRequest } from '../../../src/host/http/index.ts'
import { ScramClient } from '../../protocol/sasl/scram-client.ts'
import { account, admin, bridgeSecret, furnish, LinkClient, password, request } from './house.ts'

const address = 'alice@facteur.test'
let link: LinkClient
let id: string
let token: string

beforeAll(async () => {
  id = (await furnish('facteur.test', ['alice', 'bob'])).alice as string
  link = await LinkClient.open()
  token = ((await admin('POST', `/accounts/${address}/tokens`, { name: 'Script' })).body as { token: string }).token
})

interface Salt {
  salt: string
  iterations: number
}

const saltOf = (login: string) => link.call<Salt>({ op: 'scram-salt', login })

/** What a bridge would show the Worker at the end of an exchange. */
async function proved(login: string, given: string) {
  const { salt, iterations } = await saltOf(login)
  const client = new ScramClient({ user: login, password: given, nonce: 'theirs' })
  const first = `r=theirsours,s=${salt},i=${iterations}`
  const final = await client.final(first)
  const [withoutProof = '', proof = ''] = final.split(',p=')
  return { client, scram: { message: `n=${login},r=theirs,${first},${withoutProof}`, proof } }
}

const session = (facts: object) =>
  request('/bridge/session', {
    headers: {
      Upgrade: 'websocket',
      Authorization: `Bearer ${bridgeSecret}`,
      'Facteur-Session': encodeSession({
        protocol: 'imap',
        login: address,
        tag: 'a0',
        clientAddress: '192.0.2.7',
        tls: true,
        ...facts,
      } as SessionRequest),
    },
  })

describe('SCRAM over the link (RFC 5802)', () => {
  it('shows that both sides know the password, and opens a session', async () => {
    const { client, scram } = await proved(address, password)
    const head = { op: 'scram-proof', login: address, clientAddress: '192.0.2.7', scram }
    const answer = await link.call<{ ok: boolean; signature: string }>(head)
    expect(answer.ok).toBe(true)
    expect(client.trusts(`v=${answer.signature}`)).toBe(true)
    const opened = await session({ scram })
    expect(opened.status).toBe(101)
    opened.webSocket?.accept()
    opened.webSocket?.close(1000)
    const submission = { op: 'authenticate', service: 'submission', login: address, clientAddress: '192.0.2.7', scram }
    expect(await link.call(submission)).toEqual({ ok: true, accountId: id, address })
  })

  it('takes a token for a password, as it is shown: apps that can do SCRAM do not ask what they were given', async () => {
    const { scram } = await proved(address, token)
    expect(await link.call({ op: 'scram-proof', login: address, clientAddress: '192.0.2.7', scram })).toMatchObject({
      ok: true,
    })
  })

  it('refuses a wrong password, everywhere', async () => {
    const { scram } = await proved(address, 'wrong')
    const refused = { ok: false, temporary: false, text: 'Authentication failed.' }
    const facts = { login: address, clientAddress: '192.0.2.8', scram }
    expect(await link.call({ op: 'scram-proof', ...facts })).toEqual(refused)
    expect(await link.call({ op: 'authenticate', service: 'submission', ...facts })).toEqual(refused)
    expect((await session({ scram, clientAddress: '192.0.2.8' })).status).toBe(401)
  })

  it('counts wrong proofs as it counts wrong passwords', async () => {
    const { scram } = await proved('bob@facteur.test', 'wrong')
    const head = { op: 'scram-proof', login: 'bob@facteur.test', clientAddress: '192.0.2.9', scram }
    for (let guess = 0; guess < 10; guess++) expect(await link.call(head)).toMatchObject({ temporary: false })
    expect(await link.call(head)).toMatchObject({ ok: false, temporary: true })
  })

  it('nobody learns which accounts there are: a salt comes for every name, always the same', async () => {
    const [known, unknown, again, other] = await Promise.all(
      [address, 'nobody@facteur.test', 'NoBody@Facteur.TEST', 'somebody@facteur.test'].map(saltOf),
    )
    expect(Object.keys(unknown as Salt)).toEqual(Object.keys(known as Salt))
    expect(unknown?.iterations).toBe(known?.iterations)
    expect(unknown?.salt).toHaveLength(known?.salt.length as number)
    expect(again).toEqual(unknown)
    expect(other).not.toEqual(unknown)
    for (const login of ['nobody@elsewhere.test', 'no address', '@'])
      expect((await saltOf(login)).salt).toHaveLength(24)
    const { scram } = await proved('nobody@facteur.test', password)
    expect(
      await link.call({ op: 'scram-proof', login: 'nobody@facteur.test', clientAddress: '192.0.2.8', scram }),
    ).toEqual({ ok: false, temporary: false, text: 'Authentication failed.' })
  })

  it('a name has the same salt in every spelling', async () => {
    expect(await saltOf('Alice@FACTEUR.test')).toEqual(await saltOf(address))
    expect(await saltOf('alice')).toEqual(await saltOf(address))
  })

  it('keys never leave the account', async () => {
    const told = JSON.stringify([await account(id).scramSalt(), await saltOf(address)])
    expect(told).not.toMatch(/key/i)
    expect(Object.keys(await saltOf(address)).toSorted()).toEqual(['iterations', 'salt'])
  })

  it.each([
    ['no proof', {}],
    ['two proofs', { password, token: 'x' }],
    ['a proof without a message', { scram: { proof: 'x' } }],
  ])('a head with %s is no request', async (_, facts) => {
    const head = { op: 'authenticate', service: 'submission', login: address, clientAddress: '192.0.2.7', ...facts }
    expect(await link.call(head)).toEqual({ error: 'temporarily unable' })
    expect((await session(facts)).status).toBe(400)
  })
})

const authenticate = (facts: object) =>
  link.call({ op: 'authenticate', service: 'submission', login: '', clientAddress: '192.0.2.7', ...facts })

describe('tokens (RFC 7628)', () => {
  it('are taken with the name of their account, and without one', async () => {
    for (const login of ['', address]) {
      expect(await authenticate({ login, token })).toEqual({ ok: true, accountId: id, address })
      const opened = await session({ login, token })
      expect(opened.status).toBe(101)
      opened.webSocket?.accept()
      opened.webSocket?.close(1000)
    }
  })

  it.each([
    ['another account’s', () => ({ login: 'bob@facteur.test', token })],
    ['one of nobody’s', () => ({ token: `fct_anobody_${'x'.repeat(40)}` })],
    ['one that ends otherwise', () => ({ login: address, token: `${token.slice(0, -1)}0` })],
    ['a password', () => ({ login: address, token: password })],
    ['nothing', () => ({ login: address, token: '' })],
  ])('are refused: %s', async (_, facts) => {
    expect(await authenticate({ clientAddress: '192.0.2.10', ...facts() })).toMatchObject({
      ok: false,
      temporary: false,
    })
    expect((await session({ clientAddress: '192.0.2.10', ...facts() })).status).toBe(401)
  })
})

it('no log line has a password, a token, a proof or a salt', async () => {
  const lines: string[] = []
  const spies = (['log', 'warn', 'error', 'info'] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation((...parts) => void lines.push(JSON.stringify(parts))),
  )
  const { scram } = await proved(address, 'a wrong password')
  const { salt } = await saltOf(address)
  await link.call({ op: 'scram-proof', login: address, clientAddress: '192.0.2.11', scram })
  await link.call({
    op: 'authenticate',
    service: 'submission',
    login: address,
    clientAddress: '192.0.2.11',
    password,
    token,
  })
  await session({ token: `${token}x`, clientAddress: '192.0.2.11' })
  for (const spy of spies) spy.mockRestore()
  for (const secret of [password, 'a wrong password', token, scram.proof, salt])
    expect(lines.join('')).not.toContain(secret)
})
