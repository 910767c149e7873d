/** Somebody moves junk to where it belongs; more of the same goes there by itself. */
import { expect, test } from 'vitest'
import { runInDurableObject } from 'cloudflare:test'
import { account, basic, envelope, fromOutside, furnish, jmap, LinkClient, message, resultOf } from './house.ts'

const pills = (n: number) =>
  message({ from: `seller${n}@pills.example`, subject: 'Cheap pills', body: `Buy cheap pills, offer ${n}!` })
const lunch = (n: number) => message({ from: 'bob@friends.test', subject: `Lunch ${n}`, body: `Lunch on day ${n}?` })

test('what people do with their mail decides where the next message goes', async () => {
  const { alice } = (await furnish('facteur.test', ['alice'])) as { alice: string }
  const link = await LinkClient.open()
  const login = basic('alice@facteur.test')
  const deliver = (raw: Uint8Array, id: string) =>
    link.deliver(envelope('someone@outside.test', 'alice@facteur.test'), raw, { ...fromOutside, transactionId: id })
  const boxes = resultOf<{ list: { id: string; role: string }[] }>(
    await jmap(login, [['Mailbox/get', { accountId: alice }, 'm']]),
    'm',
  ).list
  const box = (role: string) => boxes.find((mailbox) => mailbox.role === role)?.id as string
  const inside = async (role: string) =>
    resultOf<{ ids: string[] }>(
      await jmap(login, [['Email/query', { accountId: alice, filter: { inMailbox: box(role) } }, 'q']]),
      'q',
    ).ids

  for (let n = 0; n < 20; n++) {
    await deliver(pills(n), `p${n}`)
    await deliver(lunch(n), `l${n}`)
  }
  const ids = await inside('inbox')
  const mails = resultOf<{ list: { id: string; subject: string }[] }>(
    await jmap(login, [['Email/get', { accountId: alice, ids, properties: ['subject'] }, 'g']]),
    'g',
  ).list
  const update = Object.fromEntries(
    mails.map(({ id, subject }) => [
      id,
      { mailboxIds: { [box(subject.startsWith('Lunch') ? 'archive' : 'junk')]: true } },
    ]),
  )
  resultOf(await jmap(login, [['Email/set', { accountId: alice, update }, 's']]), 's')
  await expect.poll(() => learned(alice)).toEqual({ wanted: 20, spam: 20 })

  await deliver(pills(100), 'pn')
  await deliver(lunch(100), 'ln')
  expect(await inside('inbox')).toHaveLength(1)
  expect(await inside('junk')).toHaveLength(21)
})

/** What is learned waits for quiet; another request makes for it. */
async function learned(id: string): Promise<unknown> {
  await jmap(basic('alice@facteur.test'), [['Mailbox/get', { accountId: id, ids: [] }, 'm']])
  return runInDurableObject(account(id), async (_, state) => {
    const [row] = state.storage.sql.exec('SELECT counts FROM spam WHERE email = 0').toArray()
    if (row === undefined) return undefined
    const view = new DataView(row['counts'] as ArrayBuffer)
    return { wanted: view.getUint32(0, true), spam: view.getUint32(4, true) }
  })
}
