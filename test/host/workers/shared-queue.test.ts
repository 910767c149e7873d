import { evictDurableObject } from 'cloudflare:test'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { QueueDoor } from '../../../src/access/admin/index.ts'
import type { EgressRequest } from '../../../src/delivery/index.ts'
import { shardedQueue } from '../../../src/host/workers/sharded-queue.ts'
import type { NewEntry } from '../../../src/queue/index.ts'
import { bindings } from './house.ts'
import { allTaken, dohAnswer, egressRequest, oneHost } from './outside.ts'

const shared = { ...bindings, FACTEUR_QUEUE_OBJECTS: '1' }
const door = (domain: string): QueueDoor => shardedQueue(shared, domain)
const queue = () => bindings.QUEUE.getByName('~0')

/** By the domain of the recipients. */
let answers: Record<string, () => Response | Promise<Response>>
let attempts: string[]

beforeEach(() => {
  answers = {}
  attempts = []
  vi.stubGlobal('fetch', async (input: string | URL | Request, init?: RequestInit) => {
    const asked = new Request(input, init)
    if (new URL(asked.url).hostname === 'doh.test') return dohAnswer(asked.url, oneHost)
    const { request } = await egressRequest(asked)
    const domain = domainOf(request)
    attempts.push(domain)
    return (answers[domain] ?? (() => allTaken(request)))()
  })
})

afterEach(() => {
  vi.unstubAllGlobals()
})

function domainOf({ envelope }: EgressRequest): string {
  return envelope.recipients[0]?.address.split('@')[1] ?? ''
}

function mail(domain: string): NewEntry {
  const envelope = { reversePath: 'a@here.test', recipients: [{ address: `x@${domain}` }], smtputf8: false }
  return { domain, envelope: { ...envelope, body: '7BIT' }, raw: new TextEncoder().encode('Subject: Hi\r\n\r\n') }
}

const soon = () => Date.now() + 20
const unwell = () => new Response('{"error":"unwell"}', { status: 500 })
const nobodyAnswers = () => new Promise<Response>(() => undefined)

async function attempted(...domains: string[]): Promise<void> {
  await vi.waitFor(() => expect([...attempts].sort()).toEqual(domains), { interval: 5 })
}

/** Until what was attempted is written down. */
async function deferred(domain: string): Promise<string> {
  return vi.waitFor(
    async () => {
      const [entry] = await door(domain).list({})
      expect(entry).toMatchObject({ active: false, recipients: [{ attempts: 1 }] })
      return entry?.id ?? ''
    },
    { interval: 5 },
  )
}

describe('an object that destinations share', () => {
  it('takes mail for several in one call, and attempts all of it at once', async () => {
    const entered = await queue().enqueue([mail('a1.test'), mail('b1.test')])
    expect(new Set(entered.map((one) => one?.id)).size).toBe(2)
    await attempted('a1.test', 'b1.test')
  })

  it('shows the operator each destination by itself, and obeys for that one alone', async () => {
    answers = { 'a2.test': unwell, 'b2.test': unwell }
    await queue().enqueue([mail('a2.test'), mail('b2.test')])
    const [a, b] = [await deferred('a2.test'), await deferred('b2.test')]
    expect(await door('a2.test').summary()).toMatchObject({ waiting: 1, held: 0 })
    expect(await door('a2.test').show(b)).toBeUndefined()
    expect(await door('a2.test').hold(b)).toBe(0)
    expect(await door('a2.test').hold({})).toBe(1)
    await door('a2.test').setLimits({ perMinute: 30 })
    expect(await door('b2.test').summary()).toMatchObject({ waiting: 1, held: 0 })
    expect(await door('b2.test').limits()).toEqual({})
    expect(await door('a2.test').limits()).toEqual({ perMinute: 30 })
    expect(await door('b2.test').remove({})).toBe(1)
    expect((await door('a2.test').show(a))?.status).toBe('held')
  })

  it('knows after its end what waits for each', async () => {
    answers = { 'a3.test': unwell, 'b3.test': unwell }
    await queue().enqueue([mail('a3.test'), mail('b3.test')])
    await Promise.all([deferred('a3.test'), deferred('b3.test')])
    await evictDurableObject(queue())
    answers = {}
    expect(await door('a3.test').retry({})).toBe(1)
    await attempted('a3.test', 'a3.test', 'b3.test')
    await vi.waitFor(async () => expect(await door('a3.test').list({})).toEqual([]), { interval: 5 })
    expect(await door('b3.test').list({})).toHaveLength(1)
  })

  it('does not let mail for one wait for a server of another that says nothing', async () => {
    answers = { 'a4.test': nobodyAnswers }
    await queue().enqueue([{ ...mail('a4.test'), notBefore: soon() }])
    await attempted('a4.test')
    // An alarm never rings beside itself: the one that asked a4.test is over although nobody answers it.
    await queue().enqueue([{ ...mail('b4.test'), notBefore: soon() }])
    await attempted('a4.test', 'b4.test')
  })

  it('is one of the places where mail waits: what came before is shown with it', async () => {
    answers = { 'a5.test': unwell }
    await bindings.QUEUE.getByName('a5.test').enqueue([mail('a5.test')])
    await vi.waitFor(async () =>
      expect(await shardedQueue(bindings, 'a5.test').list({})).toMatchObject([{ active: false }]),
    )
    await queue().enqueue([mail('a5.test')])
    const ids = await vi.waitFor(async () => {
      const found = await door('a5.test').list({})
      expect(found).toHaveLength(2)
      return found.map(({ id }) => id)
    })
    expect(ids.map((id) => /~.*$/.exec(id)?.[0])).toEqual(['~0', undefined])
    expect(await Promise.all(ids.map((id) => door('a5.test').remove(id)))).toEqual([1, 1])
    expect(await door('a5.test').list({})).toEqual([])
  })
})
