import { expect, test } from 'vitest'
import type { PasswordHasher, ScramSalt } from '../../src/mailbox/index.ts'
import { decodeBase64, encodeBase64 } from '../../src/format/index.ts'
import { ScramClient } from '../protocol/sasl/scram-client.ts'
import { openStore } from './fixture.ts'

const hasher: PasswordHasher = {
  hash: async (password) => `slow$${password.length}`,
  verify: async (password, hash) => hash === `slow$${password.length}`,
}

function opened() {
  let seed = 0
  const random = (length: number): Uint8Array => Uint8Array.from({ length }, () => (seed = (seed * 73 + 41) & 255))
  return openStore({ hasher, random })
}

/** Runs an exchange with the store; what it answered to the proof, and the client it answered. */
async function login({ store }: ReturnType<typeof opened>, password: string) {
  const { salt, iterations } = store.credentials.scramSalt() as ScramSalt
  const client = new ScramClient({ user: 'alice', password, nonce: 'theirs' })
  const first = `r=theirsours,s=${encodeBase64(salt)},i=${iterations}`
  const final = await client.final(first)
  const message = `n=alice,r=theirs,${first},${final.slice(0, final.indexOf(',p='))}`
  const proof = decodeBase64(final.slice(final.indexOf(',p=') + 3)) as Uint8Array
  return { client, verified: await store.credentials.verifyScram(message, proof) }
}

test('a chosen password can be shown by SCRAM, and the store shows that it knows it (RFC 5802 §3)', async () => {
  const world = opened()
  await world.store.credentials.setPassword('correct horse')
  const { client, verified } = await login(world, 'correct horse')
  expect(verified?.id).toBe(world.store.credentials.list()[0]?.id)
  expect(client.trusts(`v=${encodeBase64(verified!.signature)}`)).toBe(true)
  expect(world.store.credentials.list()[0]?.lastUsedAt).toBeDefined()
  expect((await login(world, 'wrong')).verified).toBeUndefined()
})

test('an app password is shown by SCRAM beside the chosen one, under the same salt', async () => {
  const world = opened()
  const app = await world.store.credentials.issue('app', 'Phone')
  const before = world.store.credentials.scramSalt()
  await world.store.credentials.setPassword('chosen')
  expect(world.store.credentials.scramSalt()).toEqual(before)
  expect((await login(world, app.secret)).verified?.id).toBe(app.credential.id)
  expect((await login(world, 'chosen')).verified?.id).not.toBe(app.credential.id)
  world.store.credentials.revoke(app.credential.id)
  expect((await login(world, app.secret)).verified).toBeUndefined()
})

test('a new password ends the old one for SCRAM too', async () => {
  const world = opened()
  await world.store.credentials.setPassword('first')
  await world.store.credentials.setPassword('second')
  expect((await login(world, 'first')).verified).toBeUndefined()
  expect((await login(world, 'second')).verified).toBeDefined()
})

test('what looks the same is the same password (RFC 4013)', async () => {
  const world = opened()
  await world.store.credentials.setPassword('pa\u0308ss')
  expect((await login(world, 'p\u00e4ss')).verified).toBeDefined()
})

test('a token in the form in which it is shown is a password too', async () => {
  const world = opened()
  const { credential, secret } = await world.store.credentials.issue('token', 'Script', (made) => `shown ${made}`)
  expect((await login(world, `shown ${secret}`)).verified?.id).toBe(credential.id)
  expect((await login(world, secret)).verified).toBeUndefined()
})

test('passwords that were set before SCRAM cannot be used by it', async () => {
  const { store, sql } = opened()
  await store.credentials.setPassword('set long ago')
  sql.exec('UPDATE credential SET scram = NULL')
  expect(store.credentials.scramSalt()).toBeUndefined()
  expect(await store.credentials.verifyScram('n=alice,r=x', new Uint8Array(32))).toBeUndefined()
  await store.credentials.setPassword('set anew')
  expect(store.credentials.scramSalt()?.iterations).toBeGreaterThanOrEqual(4096)
})

test.each([0, 31, 33])('a proof of %d octets is none', async (length) => {
  const { store } = opened()
  await store.credentials.setPassword('password')
  expect(await store.credentials.verifyScram('message', new Uint8Array(length))).toBeUndefined()
})

test('neither password nor app password is stored', async () => {
  const { store, sql } = opened()
  await store.credentials.setPassword('correct horse')
  const { secret } = await store.credentials.issue('app', 'Phone')
  const stored = JSON.stringify(sql.exec('SELECT hash, scram FROM credential').toArray())
  for (const text of ['correct horse', btoa('correct horse'), secret]) expect(stored).not.toContain(text)
})

test('only a token is taken for a token (RFC 6750)', async () => {
  const { store } = opened()
  await store.credentials.setPassword('chosen')
  const app = await store.credentials.issue('app', 'Phone')
  const token = await store.credentials.issue('token', 'Script')
  expect(await store.credentials.verifyToken(token.secret)).toBe(token.credential.id)
  for (const other of ['chosen', app.secret, '', 'x'.repeat(2000)]) {
    expect(await store.credentials.verifyToken(other)).toBeUndefined()
  }
})
