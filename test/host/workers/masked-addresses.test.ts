/** Masked addresses from their making to the mailbox: made by JMAP, written to by SMTP, taken back. */
import { beforeAll, expect, test, vi } from 'vitest'
import { basic, envelope, fromOutside, furnish, jmap, LinkClient, message, request, resultOf } from './house.ts'

interface Mask {
  readonly id: string
  readonly email: string
  readonly state: string
  readonly lastMessageAt: string | null
}

const login = basic('alice@facteur.test')
let link: LinkClient
let accountId: string

beforeAll(async () => {
  accountId = (await furnish('facteur.test', ['alice', 'bob'])).alice as string
  link = await LinkClient.open()
})

async function method<Result>(name: string, args: object): Promise<Result> {
  const more = ['https://www.fastmail.com/dev/maskedemail']
  return resultOf<Result>(await jmap(login, [[name, { accountId, ...args }, 'c']], more), 'c')
}

async function make(): Promise<Mask> {
  const { created } = await method<{ created: { new: Mask } }>('MaskedEmail/set', { create: { new: {} } })
  return created.new
}

async function masks(): Promise<Mask[]> {
  return (await method<{ list: Mask[] }>('MaskedEmail/get', { ids: null })).list
}

/** The roles of the mailboxes with such a message. */
async function roles(subject: string): Promise<(string | null)[]> {
  const { ids } = await method<{ ids: string[] }>('Email/query', { filter: { subject } })
  const { list } = await method<{ list: { mailboxIds: object }[] }>('Email/get', { ids, properties: ['mailboxIds'] })
  const boxes = await method<{ list: { id: string; role: string | null }[] }>('Mailbox/get', { ids: null })
  return list.flatMap(({ mailboxIds }) =>
    Object.keys(mailboxIds).map((id) => boxes.list.find((box) => box.id === id)!.role),
  )
}

const send = async (to: string, subject: string) =>
  link.deliver(envelope('shop@outside.test', to), message({ to, subject }), fromOutside)

test('mail to it comes to the inbox, and its use is noted', async () => {
  const { id, email, state } = await make()
  expect(state).toBe('pending')
  expect(await send(email, 'Welcome')).toMatchObject({ code: 250 })
  expect(await roles('Welcome')).toEqual(['inbox'])
  await vi.waitFor(async () =>
    expect((await masks()).find((mask) => mask.id === id)).toMatchObject({
      state: 'enabled',
      lastMessageAt: expect.any(String),
    }),
  )
})

test('mail to a disabled one goes to the trash; to a deleted one it is refused in the dialogue', async () => {
  const { id, email } = await make()
  await method('MaskedEmail/set', { update: { [id]: { state: 'disabled' } } })
  expect(await send(email, 'Offers')).toMatchObject({ code: 250 })
  expect(await roles('Offers')).toEqual(['trash'])
  await method('MaskedEmail/set', { update: { [id]: { state: 'deleted' } } })
  expect(await send(email, 'More offers')).toMatchObject({ code: 550, enhanced: '5.1.1' })
})

const loginStatus = async (address: string) =>
  (await request('/jmap/session', { headers: { Authorization: basic(address) } })).status

test('nobody logs in with it', async () => {
  const { email } = await make()
  expect([await loginStatus('alice@facteur.test'), await loginStatus(email)]).toEqual([200, 401])
})
