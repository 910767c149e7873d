import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { account, basic, envelope, furnish, jmap, LinkClient, message, password, request, resultOf } from './house.ts'

const vapid = 'urn:ietf:params:jmap:webpush-vapid'
let ids: Record<string, string>
let link: LinkClient

beforeAll(async () => {
  ids = await furnish('facteur.test', ['alice', 'bob'])
  link = await LinkClient.open()
})

/** The application server key that the session tells (RFC 9749 §3). */
async function pushKey(login: string): Promise<string | undefined> {
  const response = await request('/jmap/session', { headers: { Authorization: basic(login) } })
  const { capabilities } = await response.json<{ capabilities: Record<string, { applicationServerKey: string }> }>()
  return capabilities[vapid]?.applicationServerKey
}

/** The one row that a login may write: the day when a password was last used. */
async function noteLogin(name: string): Promise<void> {
  await account(ids[name] as string).authenticate({ password, clientAddress: '192.0.2.1' })
}

async function rowsWritten(name: string): Promise<number> {
  return account(ids[name] as string).rowsWritten()
}

describe('reading writes no row', () => {
  it('from the first request on: the session, mailboxes, emails, a download', async () => {
    const accountId = ids.alice as string
    const authorization = basic('alice@facteur.test')
    await noteLogin('alice')
    const before = await rowsWritten('alice')
    expect(await pushKey('alice@facteur.test')).toMatch(/^B[\w-]{86}$/)
    await jmap(authorization, [['Mailbox/get', { accountId }, 'm']])
    expect(await rowsWritten('alice')).toBe(before)

    await link.deliver(envelope('eve@outside.test', 'alice@facteur.test'), message({ subject: 'Read me' }))
    const stored = await rowsWritten('alice')
    const answers = await jmap(authorization, [
      ['Email/query', { accountId }, 'q'],
      ['Email/get', { accountId, '#ids': { resultOf: 'q', name: 'Email/query', path: '/ids' } }, 'g'],
    ])
    const [email] = resultOf<{ list: { blobId: string }[] }>(answers, 'g').list
    const path = `/jmap/download/${accountId}/${email?.blobId}/mail.eml`
    const headers = { Authorization: authorization, Range: 'bytes=0-3' }
    expect(await (await request(path, { headers })).text()).toMatch(/^\w{4}$/)
    await evictDurableObject(account(accountId))
    expect(await pushKey('alice@facteur.test')).toBeDefined()
    expect(await rowsWritten('alice')).toBeLessThanOrEqual(stored)
  })

  it('in an account from before there were push keys, which gets one with its next change and keeps it', async () => {
    const bob = account(ids.bob as string)
    await runInDurableObject(bob, (_, state) => {
      state.storage.sql.exec(`DELETE FROM account WHERE key = 'push_key'`)
    })
    await noteLogin('bob')
    await evictDurableObject(bob)
    const before = await rowsWritten('bob')
    expect(await pushKey('bob@facteur.test')).toBeUndefined()
    expect(await rowsWritten('bob')).toBe(before)

    await link.deliver(envelope('eve@outside.test', 'bob@facteur.test'), message({ subject: 'A change' }))
    const key = await vi.waitFor(async () => {
      const made = await pushKey('bob@facteur.test')
      expect(made).toMatch(/^B[\w-]{86}$/)
      return made
    })
    await evictDurableObject(bob)
    expect(await pushKey('bob@facteur.test')).toBe(key)
  })
})
