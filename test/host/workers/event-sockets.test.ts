import { beforeAll, describe, expect, it } from 'vitest'
import { basic, furnish, jmap, request } from './house.ts'

const alice = basic('alice@facteur.test')
let ids: Record<string, string>

beforeAll(async () => {
  ids = await furnish('facteur.test', ['alice'])
})

/** An event source, read up to what says that it is subscribed. */
async function subscribe() {
  const response = await request('/jmap/eventsource?types=*&closeafter=no&ping=0', {
    headers: { Authorization: alice },
  })
  expect(response.status).toBe(200)
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const next = async () => new TextDecoder().decode((await reader.read()).value)
  expect(await next()).toContain(': subscribed')
  return { reader, next }
}

describe('many event sources (RFC 8620 §7.3)', () => {
  it('the one that came first gives way, since clients that have gone away are noticed late', async () => {
    const first = await subscribe()
    const others = []
    for (let i = 1; i < 100; i++) others.push(await subscribe())
    const newest = await subscribe()
    expect(await first.reader.read()).toEqual({ done: true, value: undefined })
    // A comment, by which a relay finds out whether anybody is there.
    for (const { next } of others) expect(await next()).toContain(': subscribed')
    await jmap(alice, [['Mailbox/set', { accountId: ids.alice, create: { m: { name: 'Work' } } }, 'c']])
    for (const { next } of [...others, newest]) expect(await next()).toContain('event: state')
    for (const { reader } of [...others, newest]) await reader.cancel()
  })
})
