import { runDurableObjectAlarm } from 'cloudflare:test'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { account, basic, bindings, envelope, furnish, jmap, LinkClient, message, request, resultOf } from '../house.ts'

const principals = 'urn:ietf:params:jmap:principals'
const rights = { mayReadItems: true, mayAddItems: true, mayRemoveItems: true }
const [alice, bob] = [basic('alice@facteur.test'), basic('bob@facteur.test')]
let ids: Record<string, string>

beforeAll(async () => {
  ids = await furnish('facteur.test', ['alice', 'bob'])
  const link = await LinkClient.open()
  const body = 'All work and no play makes Jack a dull boy.\r\n'.repeat(5000)
  await link.deliver(envelope('eve@outside.test', 'alice@facteur.test'), message({ subject: 'Large', body }))
})

async function inboxOf(login: string, accountId: string | undefined): Promise<string> {
  const got = await jmap(login, [['Mailbox/get', { accountId, properties: ['role'] }, 'm']])
  const { list } = resultOf<{ list: { id: string; role: string }[] }>(got, 'm')
  return list.find(({ role }) => role === 'inbox')?.id as string
}

const keys = async (): Promise<number> => (await bindings.BLOBS?.list())?.objects.length ?? 0

describe('large messages of a shared mailbox (RFC 9670)', () => {
  it('are read and copied from the bucket, one object for each account, and uploads go there too', async () => {
    const inbox = await inboxOf(alice, ids['alice'])
    const update = { [inbox]: { [`shareWith/${ids['bob']}`]: rights } }
    await jmap(alice, [['Mailbox/set', { accountId: ids['alice'], update }, 's']], [principals])
    await runDurableObjectAlarm(account(ids['alice'] as string))
    await vi.waitFor(async () => expect(await inboxOf(bob, ids['alice'])).toBe(inbox), { interval: 10, timeout: 5000 })
    expect(await keys()).toBe(1)

    const answers = await jmap(bob, [
      ['Email/query', { accountId: ids['alice'] }, 'q'],
      [
        'Email/get',
        {
          accountId: ids['alice'],
          '#ids': { resultOf: 'q', name: 'Email/query', path: '/ids' },
          properties: ['bodyValues', 'textBody', 'blobId'],
          fetchTextBodyValues: true,
        },
        'g',
      ],
    ])
    const [email] = resultOf<{ list: { id: string; blobId: string; bodyValues: Record<string, { value: string }> }[] }>(
      answers,
      'g',
    ).list
    expect(Object.values(email?.bodyValues ?? {})[0]?.value.length).toBeGreaterThan(200_000)
    const found = await jmap(bob, [['Email/query', { accountId: ids['alice'], filter: { body: 'dull boy' } }, 'q']])
    expect(resultOf<{ ids: string[] }>(found, 'q').ids).toEqual([email?.id])

    const create = { c: { id: email?.id, mailboxIds: { [await inboxOf(bob, ids['bob'])]: true } } }
    const copied = await jmap(bob, [
      ['Email/copy', { fromAccountId: ids['alice'], accountId: ids['bob'], create }, 'c'],
    ])
    const { created } = resultOf<{ created: Record<string, { blobId: string }> }>(copied, 'c')
    expect(await keys()).toBe(2)
    const get = (of: string, blobId: string | undefined) =>
      request(`/jmap/download/${ids[of]}/${blobId}/m.eml`, { headers: { Authorization: bob } }).then((one) =>
        one.text(),
      )
    expect(await get('bob', created['c']?.blobId)).toBe(await get('alice', email?.blobId))

    const uploaded = await request(`/jmap/upload/${ids['alice']}`, {
      method: 'POST',
      headers: { Authorization: bob, 'Content-Type': 'text/plain' },
      body: 'x'.repeat(200_000),
    })
    const { blobId } = await uploaded.json<{ blobId: string }>()
    expect(await keys()).toBe(3)
    expect((await get('alice', blobId)).length).toBe(200_000)
  })
})
