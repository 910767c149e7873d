import { describe, expect, it } from 'vitest'
import type { LinkLimits } from '../../../src/host/bridge/common/link.ts'
import { Link } from '../../../src/host/bridge/common/link.ts'
import type { LogFacts } from '../../../src/host/bridge/common/index.ts'
import { accepting, FakeWorker, secret } from './fake-worker.ts'
import { afterwards } from './scene.ts'

interface Opened {
  readonly link: Link
  readonly log: { readonly event: string; readonly facts: LogFacts }[]
}

function open(worker: FakeWorker, limits: Partial<LinkLimits> = {}, key = secret): Opened {
  const log: { event: string; facts: LogFacts }[] = []
  const link = new Link({
    workerUrl: new URL(worker.url),
    secret: key,
    hello: { name: 'test', version: '1' },
    log: (_level, event, facts = {}) => log.push({ event, facts }),
    limits: { backoffMs: 5, maxBackoffMs: 20, ...limits },
  })
  afterwards(() => link.close())
  return { link, log }
}

async function fake(): Promise<FakeWorker> {
  const worker = await FakeWorker.start()
  afterwards(() => worker.stop())
  return worker
}

const sender = { op: 'sender', accountId: 'a1', address: 'alice@example.com' } as const

describe('a link', () => {
  it('introduces itself and learns what the Worker takes', async () => {
    const worker = await fake()
    const { link } = open(worker)
    await link.up
    expect(worker.operations('hello')[0]?.head).toEqual({ op: 'hello', name: 'test', version: '1' })
    expect(link.service).toEqual({ hostname: 'mail.example', maxMessageSize: 10_000_000 })
  })

  it('has many requests open at once, answered in any order', async () => {
    const worker = await fake()
    const held: (() => void)[] = []
    worker.onRequest = ({ head }) => new Promise((resolve) => held.push(() => resolve({ echo: head.address })))
    const { link } = open(worker)
    await link.up
    const answers = Array.from({ length: 100 }, (_, index) =>
      link.request({ ...sender, address: `u${index}` }, [], 5_000),
    )
    await worker.until(() => held.length === 100)
    for (const release of held.reverse()) release()
    for (const [index, answer] of (await Promise.all(answers)).entries()) {
      expect(answer).toEqual({ type: 'answer', head: { echo: `u${index}` } })
    }
  })

  it('sends what comes within one turn in as few WebSocket messages as hold it', async () => {
    const worker = await fake()
    const { link } = open(worker)
    await link.up
    const hello = worker.linkMessages
    const questions = Array.from({ length: 32 }, () => link.request(sender, [], 5_000))
    await Promise.all(questions)
    expect(worker.linkMessages - hello).toBe(1)
    const bodies = Array.from({ length: 32 }, () => link.request(sender, [new Uint8Array(4_096)], 5_000))
    await Promise.all(bodies)
    expect(worker.requests.filter(({ body }) => body.length === 4_096).length).toBe(32)
    // 32 times 4.2 KB, at most 64 KiB in a message.
    expect(worker.linkMessages - hello - 1).toBe(3)
  })

  it('is down before it is up: nothing is sent, nobody waits', async () => {
    const worker = await fake()
    const { link } = open(worker)
    expect(await link.request(sender, [], 5_000)).toEqual({ type: 'none', failure: 'down' })
  })

  it('connects again after each loss, and loses only what was open', async () => {
    const worker = await fake()
    worker.onRequest = () => undefined
    const { link, log } = open(worker)
    await link.up
    const open_ = link.request(sender, [], 60_000)
    await worker.until(() => worker.operations('sender').length === 1)
    worker.cut()
    expect(await open_).toEqual({ type: 'none', failure: 'lost' })
    worker.onRequest = accepting
    while (!link.connected) await new Promise((resolve) => setImmediate(resolve))
    expect((await link.request(sender, [], 1_000)).type).toBe('answer')
    expect(log.map((line) => line.event)).toEqual(['link-up', 'link-down', 'link-up'])
  })

  it('gives up waiting in time, and ignores the answer that comes later', async () => {
    const worker = await fake()
    const late = Promise.withResolvers<object>()
    worker.onRequest = () => late.promise
    const { link } = open(worker)
    await link.up
    expect(await link.request(sender, [], 10)).toEqual({ type: 'none', failure: 'late' })
    late.resolve({ reply: { code: 250, text: 'too late' } })
    worker.onRequest = accepting
    expect((await link.request(sender, [], 5_000)).type).toBe('answer')
  })

  it('moves to a fresh connection after maxRequests without losing any', async () => {
    const worker = await fake()
    worker.maxRequests = 10
    const { link } = open(worker)
    await link.up
    for (let i = 0; i < 100; i++) {
      const answers = await Promise.all(Array.from({ length: 5 }, () => link.request(sender, [], 5_000)))
      expect(answers.every((answer) => answer.type === 'answer')).toBe(true)
    }
    expect(worker.links.length).toBeGreaterThan(5)
    await worker.until(() => worker.links.filter((socket) => socket.readyState === socket.OPEN).length <= 2)
  })

  it('stays on the old connection while there is no fresh one', async () => {
    const worker = await fake()
    worker.maxRequests = 3
    const { link } = open(worker)
    await link.up
    worker.refuseLinks = true
    for (let i = 0; i < 20; i++) expect((await link.request(sender, [], 5_000)).type).toBe('answer')
    expect(worker.links).toHaveLength(1)
  })

  it('names the secret when it is refused, and tries again', async () => {
    const worker = await fake()
    const { log } = open(worker, {}, 'wrong')
    await worker.until(() => worker.refusals >= 3)
    expect(worker.links).toHaveLength(0)
    expect(log[0]?.facts.reason).toMatch(/401.*secret/)
    expect(JSON.stringify(log)).not.toMatch(/wrong/)
  })

  it('counts bodies that have no answer, and calls when there is room again', async () => {
    const worker = await fake()
    const held = Promise.withResolvers<object>()
    worker.onRequest = () => held.promise
    const { link } = open(worker, { inFlightBytes: 1000 })
    await link.up
    const answer = link.request(sender, [new Uint8Array(600), new Uint8Array(600)], 5_000)
    expect(link.inFlightBytes).toBe(1200)
    expect(link.congested).toBe(true)
    const relieved = new Promise<void>((resolve) => link.relieved(resolve))
    await worker.until(() => worker.operations('sender').length === 1)
    held.resolve({})
    await answer
    await relieved
    expect(link.congested).toBe(false)
  })

  it('gives up a connection that shows no sign of life', async () => {
    const worker = await fake()
    const { link, log } = open(worker, { pingMs: 30 })
    await link.up
    worker.freeze()
    await worker.until(() => worker.operations('hello').length >= 2)
    expect(log.some((line) => line.facts.reason === 'no sign of life')).toBe(true)
  })

  it.each([
    ['text', 'hello'],
    ['no frame', Buffer.from([1, 2, 3])],
    ['a request', Buffer.from([0, 0, 0, 1, 1, 0, 0, 0, 2, 0x7b, 0x7d])],
  ])('breaks off when the Worker sends %s', async (_name, data) => {
    const worker = await fake()
    const { link, log } = open(worker)
    await link.up
    worker.links[0]?.send(data)
    await worker.until(() => worker.links.length === 2)
    expect(log.some((line) => line.event === 'link-broken')).toBe(true)
  })

  it('waits for open answers when it closes', async () => {
    const worker = await fake()
    const held = Promise.withResolvers<object>()
    worker.onRequest = () => held.promise
    const { link } = open(worker)
    await link.up
    const answer = link.request(sender, [], 5_000)
    await worker.until(() => worker.operations('sender').length === 1)
    const closed = link.close(5_000)
    held.resolve({ fine: true })
    expect(await answer).toEqual({ type: 'answer', head: { fine: true } })
    await closed
    expect(await link.request(sender, [], 5_000)).toEqual({ type: 'none', failure: 'down' })
  })
})
