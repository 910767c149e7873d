import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { within } from '../../../src/host/workers/within.ts'

const never = () => new Promise<never>(() => undefined)
const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))

describe('a time within which something is to be done', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it.each([
    ['done', async () => 1],
    ['impossible', async () => Promise.reject(new Error('impossible'))],
  ])('is given back as soon as it is %s: an object has no more than 10,000 timers', async (_, work) => {
    await within(60_000, work).catch(() => undefined)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ends what takes longer', async () => {
    const late = within(1_000, untilAborted)
    vi.advanceTimersByTime(1_000)
    await expect(late).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  it('ends with whoever does not want it any more', async () => {
    const gone = new AbortController()
    const given = within(1_000, untilAborted, gone.signal)
    gone.abort(new Error('gone'))
    await expect(given).rejects.toThrow('gone')
  })

  it('leaves alone what is under way', () => {
    void within(1_000, never)
    expect(vi.getTimerCount()).toBe(1)
  })
})
