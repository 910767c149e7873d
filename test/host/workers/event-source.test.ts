import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { relayEventSource } from '../../../src/host/http/event-source.ts'

const change = { '@type': 'StateChange', changed: { a1: { Email: '7' } } }

beforeEach(() => {
  vi.useFakeTimers()
})

afterEach(() => {
  vi.useRealTimers()
})

/** An event source whose account is this test: what it was asked, and the socket to push on. */
async function open(query: string, headers: Record<string, string> = {}) {
  const [client, account] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket]
  account.accept()
  const asked: Request[] = []
  const request = new Request(`https://mail.example/jmap/eventsource?${query}`, { headers })
  const response = await relayEventSource(request, async (inner) => {
    asked.push(inner)
    return new Response(null, { status: 101, webSocket: client })
  })
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const next = async () => new TextDecoder().decode((await reader.read()).value)
  return { account, asked: asked[0] as Request, next, reader }
}

describe('the event source (RFC 8620 §7.3)', () => {
  it('pings when the interval has gone by since the last event, whatever that was', async () => {
    const { account, next, reader } = await open('types=*&closeafter=no&ping=30')
    account.send(JSON.stringify({ id: '6' }))
    expect(await next()).toBe(': subscribed\nid: 6\n\n')
    await vi.advanceTimersByTimeAsync(29_000)
    account.send(JSON.stringify({ id: '7', change }))
    expect(await next()).toBe(`event: state\nid: 7\ndata: ${JSON.stringify(change)}\n\n`)
    let pinged = false
    const ping = next().then((text) => {
      pinged = true
      return text
    })
    await vi.advanceTimersByTimeAsync(29_000)
    expect(pinged).toBe(false)
    await vi.advanceTimersByTimeAsync(1000)
    expect(await ping).toBe('event: ping\ndata: {"interval":30}\n\n')
    const again = next()
    await vi.advanceTimersByTimeAsync(30_000)
    expect(await again).toBe('event: ping\ndata: {"interval":30}\n\n')
    await reader.cancel()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('writes a comment now and then where no pings are wanted, to find out who has gone away', async () => {
    const { account, next, reader } = await open('types=*&closeafter=no&ping=0')
    account.send(JSON.stringify({ id: '6' }))
    await next()
    const later = next()
    await vi.advanceTimersByTimeAsync(900_000)
    expect(await later).toBe(':\n\n')
    await reader.cancel()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ends after the first state event when asked to, and pings no more', async () => {
    const { account, next, reader } = await open('types=Email&closeafter=state&ping=60')
    account.send(JSON.stringify({ id: '7', change }))
    expect(await next()).toContain('event: state')
    expect(await reader.read()).toEqual({ done: true, value: undefined })
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each([
    ['1', 30],
    ['30', 30],
    ['300', 300],
    ['86400', 900],
  ])('tells the interval that it really uses: %s asked for', async (ping, interval) => {
    const { account, next, reader } = await open(`types=*&closeafter=no&ping=${ping}`)
    account.send(JSON.stringify({ id: '6' }))
    await next()
    const event = next()
    await vi.advanceTimersByTimeAsync(interval * 1000)
    expect(await event).toBe(`event: ping\ndata: {"interval":${interval}}\n\n`)
    await reader.cancel()
  })

  it.each([
    ['12', '12'],
    ['a b', null],
    ['', null],
    ['x'.repeat(65), null],
  ])('passes Last-Event-ID on when it may be one of ours: %j', async (given, since) => {
    const { asked, reader } = await open('types=Email,Mailbox&closeafter=no&ping=0', { 'Last-Event-ID': given })
    const url = new URL(asked.url)
    expect([url.searchParams.get('types'), url.searchParams.get('since')]).toEqual(['Email,Mailbox', since])
    expect(vi.getTimerCount()).toBe(0)
    await reader.cancel()
  })
})
