import { runInDurableObject } from 'cloudflare:test'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { account, basic, envelope, furnish, jmap, LinkClient, message, subjects } from './house.ts'

let ids: Record<string, string>
let link: LinkClient
const alice = basic('alice@away.test')
const bob = basic('bob@away.test')

async function vacation(patch: object): Promise<void> {
  const [answer] = await jmap(
    alice,
    [['VacationResponse/set', { accountId: ids.alice, update: { singleton: patch } }, 's']],
    ['urn:ietf:params:jmap:vacationresponse'],
  )
  expect(answer?.[1]).toMatchObject({ updated: { singleton: null } })
}

/** The answers so far in bob's inbox. */
async function answers(): Promise<string[]> {
  return (await subjects(ids.bob as string, bob)).filter((subject) => subject.startsWith('Away'))
}

const rows = async () => account(ids.alice as string).rowsWritten()

/** Senders who were answered: a turn is taken in the event of the delivery. */
async function turns(): Promise<unknown[]> {
  return runInDurableObject(account(ids.alice as string), (_, state) =>
    Array.from(state.storage.sql.exec('SELECT sender FROM vacation_reply'), (row) => row.sender),
  )
}

const fromBob = (subject: string, to = 'alice@away.test', more = '') =>
  link.deliver(
    envelope('bob@away.test', 'alice@away.test'),
    message({ from: 'bob@away.test', to: `${to}${more}`, subject }),
  )

beforeAll(async () => {
  ids = await furnish('away.test', ['alice', 'bob'])
  link = await LinkClient.open()
})

beforeEach(async () => {
  // A changed response forgets whom the one before was sent to.
  await vacation({ isEnabled: true, subject: `Away ${crypto.randomUUID()}`, textBody: 'Back soon.' })
})

describe('the vacation responder at delivery (RFC 8621 §8, RFC 3834)', () => {
  it('answers a sender once, after the message is stored', async () => {
    expect((await fromBob('One')).code).toBe(250)
    await vi.waitFor(async () => expect(await answers()).toHaveLength(1), { interval: 5 })
    expect((await fromBob('Two')).code).toBe(250)
    expect(await turns()).toEqual(['bob@away.test'])
    expect(await subjects(ids.alice as string, alice)).toEqual(expect.arrayContaining(['One', 'Two']))
  })

  it('does not answer a list, nor a message that does not name alice', async () => {
    await fromBob('List', 'alice@away.test', '\r\nList-Id: <l.away.test>')
    await fromBob('Blind', 'undisclosed-recipients:;')
    expect(await turns()).toEqual([])
  })

  it('does not answer outside its dates', async () => {
    await vacation({ fromDate: '2000-01-01T00:00:00Z', toDate: '2000-02-01T00:00:00Z' })
    await fromBob('Late')
    await vacation({ fromDate: null, toDate: null })
    expect(await turns()).toEqual([])
  })

  it('costs no row while it is off', async () => {
    await vacation({ isEnabled: false })
    await fromBob('warm-up')
    const off = await rows()
    await fromBob('off')
    const cost = (await rows()) - off
    await vacation({ isEnabled: true })
    const on = await rows()
    await fromBob('on')
    expect((await rows()) - on).toBe(cost + 1)
  })
})
