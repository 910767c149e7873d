import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import {
  account,
  admin,
  basic,
  bindings,
  envelope,
  furnish,
  jmap,
  LinkClient,
  message,
  request,
  resultOf,
  type MethodResponse,
} from './house.ts'

const principals = 'urn:ietf:params:jmap:principals'
const reading = { mayReadItems: true }
const writing = { ...reading, mayAddItems: true, mayRemoveItems: true, maySetSeen: true, maySetKeywords: true }

type Call = [string, Record<string, unknown>, string]
type Mailboxes = { list: { id: string; role: string | null; shareWith: Record<string, object> | null }[] }

let ids: Record<string, string>
let link: LinkClient

beforeAll(async () => {
  ids = await furnish('facteur.test', ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace'])
  link = await LinkClient.open()
})

const login = (name: string) => basic(`${name}@facteur.test`)
const calls = (name: string, ...methodCalls: Call[]): Promise<MethodResponse[]> =>
  jmap(login(name), methodCalls, [principals])

async function call<T = Record<string, unknown>>(name: string, method: string, args: object = {}): Promise<T> {
  return resultOf<T>(await calls(name, [method, { accountId: ids[name], ...args }, 'c']), 'c')
}

async function refusal(name: string, method: string, args: object = {}): Promise<string> {
  const [answer] = await calls(name, [method, { accountId: ids[name], ...args }, 'c'])
  if (answer?.[0] !== 'error') throw new Error(`${method} was taken: ${JSON.stringify(answer)}`)
  return answer[1]['type'] as string
}

async function mailboxId(name: string, role: string): Promise<string> {
  const { list } = await call<Mailboxes>(name, 'Mailbox/get', { properties: ['role'] })
  return list.find((mailbox) => mailbox.role === role)?.id as string
}

interface Session {
  readonly state: string
  readonly accounts: Record<string, { name: string; isReadOnly: boolean; isPersonal: boolean }>
}

async function session(name: string): Promise<Session> {
  return (await request('/jmap/session', { headers: { Authorization: login(name) } })).json()
}

/** Gives rights to the inbox, and waits until the other account has heard of it. */
async function share(owner: string, to: string, rights: object | null): Promise<string> {
  const id = await mailboxId(owner, 'inbox')
  const update = { [id]: { [`shareWith/${ids[to]}`]: rights } }
  expect(await call(owner, 'Mailbox/set', { update })).toMatchObject({ notUpdated: null })
  await told(owner)
  return id
}

/** The alarm has rung and told everybody. */
async function told(owner: string): Promise<void> {
  await runDurableObjectAlarm(account(ids[owner] as string))
  await vi.waitFor(async () => expect(await hasTold(owner)).toBe(true), { interval: 10, timeout: 5000 })
}

/** Whether those whom something is shared with have it in their sessions, and nobody else. */
async function hasTold(owner: string): Promise<boolean> {
  const { list } = await call<Mailboxes>(owner, 'Mailbox/get', { properties: ['shareWith'] })
  const sharees = new Set(list.flatMap(({ shareWith }) => Object.keys(shareWith ?? {})))
  const names = Object.keys(ids).filter((name) => name !== owner)
  const seen = await Promise.all(names.map(async (name) => (await session(name)).accounts[ids[owner] as string]))
  return names.every((name, index) => sharees.has(ids[name] as string) === (seen[index] !== undefined))
}

async function deliver(to: string, subject: string, body?: string): Promise<void> {
  const raw = message({ subject, ...(body === undefined ? {} : { body }) })
  expect(await link.deliver(envelope('eve@outside.test', `${to}@facteur.test`), raw)).toMatchObject({ code: 250 })
}

async function emails(as: string, of: string): Promise<{ id: string; subject: string; blobId: string }[]> {
  const answers = await calls(
    as,
    ['Email/query', { accountId: ids[of], sort: [{ property: 'receivedAt' }] }, 'q'],
    [
      'Email/get',
      {
        accountId: ids[of],
        properties: ['subject', 'blobId'],
        '#ids': { resultOf: 'q', name: 'Email/query', path: '/ids' },
      },
      'g',
    ],
  )
  return resultOf<{ list: { id: string; subject: string; blobId: string }[] }>(answers, 'g').list
}

describe('a mailbox that is shared between two accounts (RFC 9670)', () => {
  it('is seen and read by whom it is shared with, and by nobody else', async () => {
    await deliver('alice', 'For two')
    const before = await session('bob')
    await share('alice', 'bob', reading)
    const after = await session('bob')
    expect(after.state).not.toBe(before.state)
    expect(after.accounts[ids['alice'] as string]).toMatchObject({
      name: 'alice@facteur.test',
      isPersonal: false,
      isReadOnly: true,
    })
    const [email] = await emails('bob', 'alice')
    expect(email?.subject).toBe('For two')
    expect((await call<Mailboxes>('bob', 'Mailbox/get', { accountId: ids['alice'] })).list).toHaveLength(1)
    expect(await refusal('carol', 'Email/get', { accountId: ids['alice'], ids: [email?.id] })).toBe('accountNotFound')
    const path = `/jmap/download/${ids['alice']}/${email?.blobId}/m.eml`
    const download = (name: string) => request(path, { headers: { Authorization: login(name) } })
    expect(await (await download('bob')).text()).toContain('Subject: For two')
    expect((await download('carol')).status).toBe(404)
  })

  it('makes a notification (RFC 9670 §3)', async () => {
    const { list } = await call<{ list: object[] }>('bob', 'ShareNotification/get')
    expect(list).toMatchObject([
      {
        changedBy: { email: 'alice@facteur.test', principalId: ids['alice'] },
        objectType: 'Mailbox',
        objectAccountId: ids['alice'],
        oldRights: null,
        name: 'Inbox',
      },
    ])
  })

  it('is changed as far as the rights go', async () => {
    const [email] = await emails('bob', 'alice')
    const set = { accountId: ids['alice'], update: { [email?.id as string]: { 'keywords/$seen': true } } }
    expect(await refusal('bob', 'Email/set', set)).toBe('accountReadOnly')
    await share('alice', 'bob', writing)
    expect(await call('bob', 'Email/set', set)).toMatchObject({ notUpdated: null })
    const got = await call<{ list: { keywords: object }[] }>('alice', 'Email/get', {
      ids: [email?.id],
      properties: ['keywords'],
    })
    expect(got.list[0]?.keywords).toEqual({ $seen: true })
  })

  it('is shut at once when the rights are taken back', async () => {
    const [email] = await emails('bob', 'alice')
    const id = await mailboxId('alice', 'inbox')
    await call('alice', 'Mailbox/set', { update: { [id]: { shareWith: null } } })
    expect(await refusal('bob', 'Email/get', { accountId: ids['alice'], ids: [email?.id] })).toBe('accountNotFound')
    await told('alice')
    expect((await session('bob')).accounts).not.toHaveProperty(ids['alice'] as string)
  })
})

describe('principals (RFC 9670 §2)', () => {
  it('are the accounts of the domain, and of no other', async () => {
    const others = await furnish('other.test', ['zoe'])
    const { list } = await call<{ list: { id: string; email: string }[] }>('alice', 'Principal/get', {
      properties: ['email'],
    })
    expect(list.map(({ email }) => email)).toEqual(Object.keys(ids).map((name) => `${name}@facteur.test`))
    const id = await mailboxId('alice', 'inbox')
    for (const stranger of [others['zoe'] as string, 'a0000000000000000']) {
      const update = { [id]: { [`shareWith/${stranger}`]: reading } }
      const { notUpdated } = await call<{ notUpdated: Record<string, object> }>('alice', 'Mailbox/set', { update })
      expect(notUpdated[id]).toMatchObject({ type: 'invalidProperties' })
    }
  })
})

describe('between two accounts', () => {
  it('emails are copied in both directions (RFC 8620 §5.4)', async () => {
    await deliver('carol', 'From carol')
    await deliver('dave', 'From dave')
    const theirs = await share('carol', 'dave', writing)
    const own = await mailboxId('dave', 'inbox')
    const [fromCarol] = await emails('dave', 'carol')
    const [fromDave] = await emails('dave', 'dave')
    const copies = await calls(
      'dave',
      [
        'Email/copy',
        {
          fromAccountId: ids['carol'],
          accountId: ids['dave'],
          create: { in: { id: fromCarol?.id, mailboxIds: { [own]: true } } },
        },
        'in',
      ],
      [
        'Email/copy',
        {
          fromAccountId: ids['dave'],
          accountId: ids['carol'],
          create: { out: { id: fromDave?.id, mailboxIds: { [theirs]: true } } },
          onSuccessDestroyOriginal: true,
        },
        'out',
      ],
    )
    expect(resultOf(copies, 'in')).toMatchObject({ notCreated: null })
    expect(copies.filter(([, , id]) => id === 'out')).toMatchObject([
      ['Email/copy', { notCreated: null }, 'out'],
      ['Email/set', { accountId: ids['dave'], destroyed: [fromDave?.id] }, 'out'],
    ])
    expect((await emails('carol', 'carol')).map(({ subject }) => subject)).toEqual(['From carol', 'From dave'])
    expect((await emails('dave', 'dave')).map(({ subject }) => subject)).toEqual(['From carol'])
  })

  it('uploads and large answers pass', async () => {
    const body = `${'0123456789'.repeat(700)}\r\n`.repeat(1500)
    await deliver('carol', 'Large', body)
    const large = (await emails('dave', 'carol')).find(({ subject }) => subject === 'Large')
    const got = await call<{ list: { bodyValues: Record<string, { value: string }> }[] }>('dave', 'Email/get', {
      accountId: ids['carol'],
      ids: [large?.id],
      properties: ['bodyValues', 'textBody'],
      fetchTextBodyValues: true,
    })
    expect(Object.values(got.list[0]?.bodyValues ?? {})[0]?.value.length).toBeGreaterThan(10_000_000)
    const path = `/jmap/download/${ids['carol']}/${large?.blobId}/m.eml`
    const range = { Authorization: login('dave'), Range: 'bytes=10000000-10000009' }
    expect((await (await request(path, { headers: range })).text()).length).toBe(10)
    const uploaded = await request(`/jmap/upload/${ids['carol']}`, {
      method: 'POST',
      headers: { Authorization: login('dave'), 'Content-Type': 'text/plain' },
      body: 'a note',
    })
    expect(await uploaded.json()).toMatchObject({ accountId: ids['carol'], size: 6 })
  })

  it('calls in both directions at the same time come to an end', async () => {
    await share('dave', 'carol', reading)
    const rounds = Array.from({ length: 4 }, () => [emails('carol', 'dave'), emails('dave', 'carol')]).flat()
    expect((await Promise.all(rounds)).every((list) => list.length > 0)).toBe(true)
  })
})

describe('push (RFC 8620 §7.1)', () => {
  it('tells an event source of mail that comes into a shared mailbox, and of nothing else', async () => {
    await share('erin', 'frank', reading)
    const stream = await request('/jmap/eventsource?types=Email,EmailDelivery&closeafter=no&ping=0', {
      headers: { Authorization: login('frank') },
    })
    const reader = (stream.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader()
    await reader.read()
    // Something that is not shared, first: it would come first.
    await call('erin', 'Email/set', {
      create: { d: { mailboxIds: { [await mailboxId('erin', 'drafts')]: true }, subject: 'Mine alone' } },
    })
    await deliver('erin', 'News')
    const text = (await reader.read()).value ?? ''
    const { changed } = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? '') as { changed: Record<string, object> }
    expect(Object.keys(changed)).toEqual([ids['erin']])
    expect(changed[ids['erin'] as string]).toHaveProperty('EmailDelivery')
    await reader.cancel()
  })

  it('tells a WebSocket, but not of an account in which nothing is subscribed to (RFC 9670 §1.4)', async () => {
    const id = await share('erin', 'grace', reading)
    const { webSocket } = await request('/jmap/ws', {
      headers: { Authorization: login('grace'), Upgrade: 'websocket', 'Sec-WebSocket-Protocol': 'jmap' },
    })
    if (webSocket === null) throw new Error('no socket')
    const received: { changed: Record<string, object> }[] = []
    webSocket.addEventListener('message', ({ data }) => received.push(JSON.parse(data as string)))
    webSocket.accept()
    webSocket.send(JSON.stringify({ '@type': 'WebSocketPushEnable', dataTypes: ['EmailDelivery'] }))
    await deliver('erin', 'One')
    await vi.waitFor(() => expect(received).toHaveLength(1), { interval: 10, timeout: 5000 })
    expect(received[0]?.changed).toHaveProperty(ids['erin'] as string)
    await call('grace', 'Mailbox/set', { accountId: ids['erin'], update: { [id]: { isSubscribed: false } } })
    await deliver('erin', 'Two')
    await share('erin', 'grace', null)
    await deliver('grace', 'Own')
    await vi.waitFor(() => expect(received).toHaveLength(2), { interval: 10, timeout: 5000 })
    expect(Object.keys(received[1]?.changed ?? {})).toEqual([ids['grace']])
    webSocket.close(1000)
  })
})

describe('what the objects forget', () => {
  it('is told by the alarm of the next life', async () => {
    const id = await mailboxId('frank', 'inbox')
    const update = { [id]: { [`shareWith/${ids['grace']}`]: reading } }
    await call('frank', 'Mailbox/set', { update })
    await evictDurableObject(account(ids['frank'] as string))
    await evictDurableObject(account(ids['grace'] as string))
    await told('frank')
    expect((await session('grace')).accounts).toHaveProperty(ids['frank'] as string)
    await evictDurableObject(account(ids['grace'] as string))
    expect((await session('grace')).accounts).toHaveProperty(ids['frank'] as string)
  })

  it('ends with the account, on either side', async () => {
    await share('grace', 'frank', reading)
    expect(await admin('DELETE', '/accounts/frank@facteur.test')).toMatchObject({ status: 204 })
    expect((await session('grace')).accounts).not.toHaveProperty(ids['frank'] as string)
    const { list } = await call<Mailboxes>('grace', 'Mailbox/get', { properties: ['shareWith'] })
    expect(list.every(({ shareWith }) => shareWith === null)).toBe(true)
  })

  it('an object that a stranger names stays empty', async () => {
    const nobody = bindings.ACCOUNT.getByName('a1111111111111111')
    const user = { id: ids['alice'] as string, address: 'alice@facteur.test', name: '' }
    expect(await nobody.sharedBlob(user, 'G1')).toBeNull()
    expect(
      await nobody.learnSharing({ owner: user, version: 1, mailboxes: [], isSubscribed: false, changedBy: user }),
    ).toBeNull()
    await nobody.principalGone(user.id)
    await nobody.sharedChanged(user.id, {})
    expect(await nobody.rowsWritten()).toBe(0)
  })
})
