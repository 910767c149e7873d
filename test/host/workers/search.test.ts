import { evictDurableObject } from 'cloudflare:test'
import { beforeAll, expect, it, vi } from 'vitest'
import { account, basic, envelope, furnish, jmap, LinkClient, message, resultOf } from './house.ts'

const authorization = basic('carol@search.test')
const count = 30
let id: string
let link: LinkClient

beforeAll(async () => {
  id = (await furnish('search.test', ['carol'])).carol as string
  link = await LinkClient.open()
})

async function found(text: string): Promise<number> {
  const answer = await jmap(authorization, [['Email/query', { accountId: id, filter: { text } }, 'q']])
  return resultOf<{ ids: string[] }>(answer, 'q').ids.length
}

it('indexes in batches, a row for each message and one for each batch, and not on delivery', async () => {
  // The login's own row is written now.
  expect(await found('needle')).toBe(0)
  const object = account(id)
  const to = envelope('eve@outside.test', 'carol@search.test')
  for (let n = 0; n < count; n++)
    await link.deliver(to, message({ subject: `message ${n}`, body: 'a needle 今天天气\r\n' }))
  const before = await object.rowsWritten()
  expect(await found('needle')).toBe(count)
  const rows = (await object.rowsWritten()) - before
  expect(rows).toBeGreaterThanOrEqual(count)
  expect(rows).toBeLessThanOrEqual(count + 2)
})

it('a text of megabytes is one row too, and found to its end', async () => {
  const erin = (await furnish('search.test', ['erin'])).erin as string
  const login = basic('erin@search.test')
  const finds = async (text: string): Promise<number> => {
    const answer = await jmap(login, [['Email/query', { accountId: erin, filter: { text } }, 'q']])
    return resultOf<{ ids: string[] }>(answer, 'q').ids.length
  }
  expect(await finds('anything')).toBe(0)
  const words = Array.from(
    { length: 200_000 },
    (_, n) => `w${n.toString(26).replace(/\d/g, (one) => 'qrstuvwxyz'[Number(one)]!)}`,
  )
  const lines = words.join(' ').replace(/(.{60}) /g, '$1\r\n')
  const body = `${lines}\r\n${lines}\r\nthe last needle\r\n今天天气\r\n`
  await link.deliver(envelope('eve@outside.test', 'erin@search.test'), message({ subject: 'long', body }))
  const object = account(erin)
  const before = await object.rowsWritten()
  expect(await finds('needle')).toBe(1)
  // The email's, and two of its vocabulary.
  expect((await object.rowsWritten()) - before).toBeLessThanOrEqual(5)
  expect([await finds('天气'), await finds('absent')]).toEqual([1, 0])
})

it('finds the same after the object has been evicted, and writes nothing more', async () => {
  const object = account(id)
  await evictDurableObject(object)
  expect(await found('天气')).toBe(count)
  expect(await found('nowhere')).toBe(0)
  expect(await object.rowsWritten()).toBeLessThanOrEqual(1)
})

it('an account that is removed while mail waits to be indexed is indexed no further', async () => {
  const login = basic('dave@search.test')
  const dave = (await furnish('search.test', ['dave'])).dave as string
  await link.deliver(
    envelope('eve@outside.test', 'dave@search.test'),
    message({ subject: 'pending', body: 'late\r\n' }),
  )
  const warnings = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  const pauses: Promise<unknown>[] = []
  const wait = scheduler.wait.bind(scheduler)
  vi.spyOn(scheduler, 'wait').mockImplementation((delay, options) => {
    const pause = wait(delay, options)
    pauses.push(pause)
    return pause
  })
  // Its answer begins the indexing, which pauses first.
  await jmap(login, [['Mailbox/get', { accountId: dave, ids: [] }, 'm']])
  expect(pauses).toHaveLength(1)
  await account(dave).destroy()
  await Promise.all(pauses)
  // Whoever asks the object next comes behind what the pause has let go on.
  await account(dave).rowsWritten()
  expect(warnings.mock.calls.flat().filter((line) => String(line).includes('indexed'))).toEqual([])
  vi.restoreAllMocks()
})
