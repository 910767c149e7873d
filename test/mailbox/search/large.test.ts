import { expect, test } from 'vitest'
import { message } from '../fixture.ts'
import { deliver, openLarge, sized } from '../large.ts'

const text = 'All work and no play makes Jack a dull boy.\r\n'.repeat(5000)

test('a message in the blob store is fetched to be indexed, and then found without it', async () => {
  const { store, sql, blobs } = openLarge()
  await deliver(store, sized(500_000, { subject: 'one' }))
  const other = await deliver(store, message({ subject: 'two', body: `${text}needle in hay` }))
  const find = () => store.query({ filter: { body: '"needle in hay"' } }).ids
  // Asked too early, each message is fetched to answer.
  expect(await store.reading(find)).toEqual([other.id])
  await store.indexPending(10)
  expect(sql.exec('SELECT count(*) AS n FROM search').one().n).toBe(2)
  blobs.break('get')
  expect(find()).toEqual([other.id])
})

test('while the blob store fails, what comes before is indexed, and later the rest', async () => {
  const { store, inbox, blobs } = openLarge()
  const [first] = store.add([{ raw: message({ body: 'needle' }), mailboxIds: [inbox] }])
  const second = await deliver(store, message({ body: `${text}needle` }))
  blobs.break('get')
  await expect(store.indexPending(10)).rejects.toMatchObject({ type: 'unavailable' })
  const may = store.mayContain('nowhere', 'text')
  expect([may?.has(first!.id), may?.has(second.id)]).toEqual([false, true])
  blobs.heal()
  expect(await store.indexPending(10)).toBe(1)
  expect(store.mayContain('nowhere', 'text')?.has(second.id)).toBe(false)
})
