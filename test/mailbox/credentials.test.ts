import { expect, test } from 'vitest'
import { type PasswordHasher } from '../../src/mailbox/index.ts'
import { openStore } from './fixture.ts'

/** Slow in name only; counts how often it is asked. */
function countingHasher(): PasswordHasher & { asked: number } {
  return {
    asked: 0,
    async hash(password) {
      return `slow$${password.length}$${password.split('').reverse().join('')}`
    },
    async verify(password, hash) {
      this.asked++
      return hash === (await this.hash(password))
    },
  }
}

function withPassword() {
  const hasher = countingHasher()
  let seed = 0
  const random = (length: number): Uint8Array => Uint8Array.from({ length }, () => (seed = (seed * 73 + 41) & 255))
  return { hasher, ...openStore({ hasher, random }) }
}

test('a chosen password is checked by the slow hash once, then remembered for a while', async () => {
  const { store, hasher, clock } = withPassword()
  await store.credentials.setPassword('correct horse')
  expect(await store.credentials.verify('correct horse')).toBeDefined()
  expect(await store.credentials.verify('correct horse')).toBeDefined()
  expect(hasher.asked).toBe(1)
  clock.now += 3_600_001
  expect(await store.credentials.verify('correct horse')).toBeDefined()
  expect(hasher.asked).toBe(2)
})

test('a wrong password is wrong every time and never remembered', async () => {
  const { store, hasher } = withPassword()
  await store.credentials.setPassword('correct horse')
  for (const guess of ['wrong', 'wrong', 'correct horse ', 'Correct horse', '', 'x'.repeat(2000)]) {
    expect(await store.credentials.verify(guess)).toBeUndefined()
  }
  expect(hasher.asked).toBe(4)
})

test('a new password ends the old one at once', async () => {
  const { store } = withPassword()
  await store.credentials.setPassword('first')
  await store.credentials.verify('first')
  await store.credentials.setPassword('second')
  expect(await store.credentials.verify('first')).toBeUndefined()
  expect(await store.credentials.verify('second')).toBeDefined()
  expect(store.credentials.list().map(({ kind }) => kind)).toEqual(['password'])
})

test('app passwords and tokens work without the slow hash, until revoked', async () => {
  const { store, hasher, sql } = withPassword()
  await store.credentials.setPassword('chosen')
  const app = await store.credentials.issue('app', 'Phone')
  const token = await store.credentials.issue('token', 'Script')
  expect(app.secret).toMatch(/^([a-z2-7]{4}-){5}[a-z2-7]{4}$/)
  expect(token.secret).toMatch(/^facteur_[a-z2-7]{40}$/)
  expect(await store.credentials.verify(app.secret)).toBe(app.credential.id)
  expect(await store.credentials.verify(app.secret.replaceAll('-', ' ').toUpperCase())).toBe(app.credential.id)
  expect(await store.credentials.verify(token.secret)).toBe(token.credential.id)
  expect(hasher.asked).toBe(0)
  expect(JSON.stringify(sql.exec('SELECT * FROM credential').toArray())).not.toContain(app.secret.slice(0, 4))
  expect(store.credentials.revoke(app.credential.id)).toBe(true)
  expect(store.credentials.revoke(app.credential.id)).toBe(false)
  expect(await store.credentials.verify(app.secret)).toBeUndefined()
})

test('the day of use is noted once a day, without moving the state', async () => {
  const { store, clock } = withPassword()
  const { secret } = await store.credentials.issue('app', 'Phone')
  const { state } = store
  await store.credentials.verify(secret)
  clock.now += 3_600_000
  await store.credentials.verify(secret)
  expect(store.credentials.list()[0]?.lastUsedAt).toBe(Date.UTC(2026, 10, 23))
  expect(store.state).toBe(state)
})

test('revoking the newest credential does not set the counter back', async () => {
  const { store, reopen } = withPassword()
  const { credential } = await store.credentials.issue('app', 'Phone')
  store.credentials.revoke(credential.id)
  expect(reopen().state).toBe(store.state)
})

test.each(['', 'x'.repeat(1001)])('refuses an unusable password', async (password) => {
  await expect(withPassword().store.credentials.setPassword(password)).rejects.toThrow('a password has')
})
