/**
 * When a session is parked, and what becomes of it in the moments between: on a clock that tests move.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ParkableSession } from '../../../src/host/bridge/common/parkable-session.ts'
import type { ParkablePipe, SessionEvents, SessionOpening } from '../../../src/host/bridge/common/session-socket.ts'

/** An open session: what it was asked for, and its events to be told. */
class Pipe implements ParkablePipe {
  backlog = 0
  readonly said: string[] = []
  events!: SessionEvents

  handle(events: SessionEvents): void {
    this.events = events
  }

  input(bytes: Uint8Array): void {
    this.said.push(new TextDecoder().decode(bytes))
  }

  acknowledge(octets: number): void {
    this.said.push(`ack ${octets}`)
  }

  noMoreInput(): void {
    this.said.push('no more input')
  }

  park(id: string): void {
    this.said.push(`park ${id}`)
  }

  pause(): void {
    this.said.push('pause')
  }

  resume(): void {
    this.said.push('resume')
  }

  close(): void {
    this.said.push('close')
  }

  destroy(): void {
    this.said.push('destroy')
  }
}

const bytes = (text: string) => new TextEncoder().encode(text)

function setting() {
  const pipes = [new Pipe()]
  const tickets: { forgotten: boolean | undefined; recall: () => void }[] = []
  const heard: string[] = []
  let reopening: ((opening: SessionOpening<ParkablePipe>) => void) | undefined
  const session = new ParkableSession(pipes[0] as Pipe, {
    times: { parkAfterMs: 100, parkAfterMostMs: 1000 },
    channel: {
      ticket(recall) {
        const ticket = { forgotten: undefined as boolean | undefined, recall }
        tickets.push(ticket)
        return { id: `t${tickets.length}`, end: (forget) => void (ticket.forgotten ??= forget) }
      },
    },
    reopen: () => new Promise((resolve) => (reopening = resolve)),
  })
  const hear = (what: string) => () => void heard.push(what)
  session.handle({
    output: (output) => void heard.push(new TextDecoder().decode(output)),
    finished: hear('finished'),
    compress: hear('compress'),
    leaving: hear('leaving'),
    left: hear('left'),
    broken: hear('broken'),
    close: hear('close'),
    relieved: hear('relieved'),
  })
  const asked = () => pipes.map(({ said }) => said.filter((text) => text.startsWith('park ')).length)
  return {
    session,
    pipe: pipes[0] as Pipe,
    tickets,
    heard,
    asked,
    isReopening: () => reopening !== undefined,
    reopened: async (): Promise<Pipe> => {
      const pipe = new Pipe()
      pipes.push(pipe)
      reopening?.({ type: 'open', socket: pipe })
      reopening = undefined
      await Promise.resolve()
      return pipe
    },
    lost: async (): Promise<void> => {
      reopening?.({ type: 'refused', temporary: false, text: '' })
      await Promise.resolve()
    },
  }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a session is asked to be parked', () => {
  it('after a silence of both sides, and not before', () => {
    const { session, pipe, asked } = setting()
    vi.advanceTimersByTime(90)
    session.input(bytes('NOOP'))
    vi.advanceTimersByTime(90)
    pipe.events.output(bytes('OK'))
    vi.advanceTimersByTime(90)
    expect(asked()).toEqual([0])
    vi.advanceTimersByTime(20)
    expect(asked()).toEqual([1])
  })

  it('not while the client does not read, or the object does not take what it was given', () => {
    const { session, pipe, asked } = setting()
    session.pause()
    vi.advanceTimersByTime(1000)
    session.resume()
    pipe.backlog = 10
    vi.advanceTimersByTime(1000)
    expect(asked()).toEqual([0])
    pipe.backlog = 0
    vi.advanceTimersByTime(200)
    expect(asked()).toEqual([1])
  })

  it('not when its WebSocket has closed by itself: no timer outlives it', () => {
    const { pipe, heard, asked } = setting()
    // A server that ends must not wait for a look at a session that will never be idle.
    pipe.backlog = 5
    pipe.events.close()
    expect(heard).toEqual(['close'])
    expect(vi.getTimerCount()).toBe(0)
    vi.advanceTimersByTime(10_000)
    expect(asked()).toEqual([0])
  })

  it('once, when it cannot be; and later, when something has been said since', () => {
    const { session, pipe, asked } = setting()
    vi.advanceTimersByTime(100)
    pipe.events.parked?.(false)
    vi.advanceTimersByTime(100_000)
    expect(asked()).toEqual([1])
    session.input(bytes('NOOP'))
    vi.advanceTimersByTime(190)
    expect(asked()).toEqual([1])
    vi.advanceTimersByTime(20)
    expect(asked()).toEqual([2])
  })

  it('later each time, when it soon had something to say', async () => {
    const { session, pipe, asked, reopened } = setting()
    vi.advanceTimersByTime(100)
    pipe.events.parked?.(true)
    session.input(bytes('NOOP'))
    const second = await reopened()
    vi.advanceTimersByTime(190)
    expect(asked()).toEqual([1, 0])
    vi.advanceTimersByTime(20)
    expect(asked()).toEqual([1, 1])
    second.events.parked?.(true)
    // A rest that was worth it.
    vi.advanceTimersByTime(60_000)
    session.input(bytes('NOOP'))
    await reopened()
    vi.advanceTimersByTime(110)
    expect(asked()).toEqual([1, 1, 1])
  })
})

describe('what comes while it is on its way', () => {
  it('there: input waits for the answer, output does not', async () => {
    const { session, pipe, heard, reopened } = setting()
    vi.advanceTimersByTime(100)
    session.input(bytes('a NOOP'))
    pipe.events.output(bytes('* 1 EXISTS'))
    expect(heard).toEqual(['* 1 EXISTS'])
    expect(session.backlog).toBe(6)
    pipe.events.parked?.(true)
    session.input(bytes('b NOOP'))
    const second = await reopened()
    expect(pipe.said).toEqual(['park t1', 'close'])
    expect(second.said).toEqual(['a NOOP', 'b NOOP'])
    expect(session.backlog).toBe(0)
  })

  it('there: an object that says the client leaves has all that waited before no more comes (RFC 8437)', () => {
    const { session, pipe } = setting()
    vi.advanceTimersByTime(100)
    session.input(bytes('a LOGIN'))
    pipe.events.leaving()
    session.noMoreInput()
    pipe.events.parked?.(false)
    expect(pipe.said).toEqual(['park t1', 'a LOGIN', 'no more input'])
  })

  it('there: news bring it back when it has arrived', async () => {
    const { pipe, tickets, isReopening } = setting()
    vi.advanceTimersByTime(100)
    tickets[0]?.recall()
    expect(isReopening()).toBe(false)
    pipe.events.parked?.(true)
    expect(isReopening()).toBe(true)
  })

  it('there: a client that goes has it forgotten, once it is there', () => {
    const { session, pipe, tickets } = setting()
    vi.advanceTimersByTime(100)
    session.close()
    expect(tickets[0]?.forgotten).toBeUndefined()
    pipe.events.parked?.(true)
    expect(tickets[0]?.forgotten).toBe(true)
  })

  it('back: a client that goes closes it', async () => {
    const { session, pipe, tickets, reopened } = setting()
    vi.advanceTimersByTime(100)
    pipe.events.parked?.(true)
    session.input(bytes('NOOP'))
    session.close()
    const second = await reopened()
    expect(second.said).toEqual(['close'])
    expect(tickets[0]?.forgotten).toBe(false)
  })

  it('back: it may be found out to be lost, and that is the end', async () => {
    const { session, pipe, heard, lost } = setting()
    vi.advanceTimersByTime(100)
    pipe.events.parked?.(true)
    session.input(bytes('NOOP'))
    await lost()
    expect(heard).toEqual(['close'])
  })
})

it('a session that ends while it is parked is forgotten', () => {
  const { session, pipe, tickets, heard } = setting()
  vi.advanceTimersByTime(100)
  pipe.events.parked?.(true)
  session.close()
  expect(tickets[0]?.forgotten).toBe(true)
  expect(heard).toEqual([])
})

it('an object that is gone without a word ends it, parked or asked to be', () => {
  const { pipe, heard } = setting()
  vi.advanceTimersByTime(100)
  pipe.events.close()
  expect(heard).toEqual(['close'])
})
