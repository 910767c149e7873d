import { evictDurableObject } from 'cloudflare:test'
import { beforeAll, expect, it } from 'vitest'
import { account, furnish, openSession } from './house.ts'

const address = 'carol@facteur.test'
let id: string

beforeAll(async () => {
  id = (await furnish('facteur.test', ['carol'])).carol as string
})

it('a session knows after the object was evicted that it is compressed (RFC 4978 §3)', async () => {
  const session = await openSession(address)
  expect(await session.command('a1', 'COMPRESS DEFLATE')).toContain('a1 OK')
  await session.command('a2', 'SELECT INBOX')
  await evictDurableObject(account(id))
  expect(await session.command('a3', 'COMPRESS DEFLATE')).toContain('a3 NO [COMPRESSIONACTIVE]')
  expect(await session.command('a4', 'CHECK')).toContain('a4 OK')
  session.close()
})

it('UNAUTHENTICATE ends a session when the bridge sends no more, also in an object that slept before (RFC 8437)', async () => {
  const session = await openSession(address)
  await session.command('a1', 'SELECT INBOX')
  await evictDurableObject(account(id))
  session.send('a2 UNAUTHENTICATE\r\na3 LOGIN bob x\r\n')
  expect(await session.control()).toEqual({ unauthenticate: true })
  session.say({ rest: true })
  expect(await session.until(/\r\n/)).toBe('a2 OK Log in again\r\n')
  expect(await session.control()).toEqual({ rest: btoa('a3 LOGIN bob x\r\n') })
  expect(await session.closed()).toBe(1000)
})
