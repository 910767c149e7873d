import { describe, expect, it } from 'vitest'
import { message, minute, noAnswer, delivered, QueueStage } from './queue-stage.ts'

/** A stage on which ends are written down when `pass` is called. */
function lingering(): { stage: QueueStage; pass: () => void } {
  const stage = new QueueStage()
  const waiting: (() => void)[] = []
  stage.linger = () => new Promise((resolve) => void waiting.push(resolve))
  stage.restart()
  return { stage, pass: () => waiting.splice(0).forEach((resolve) => resolve()) }
}

async function attempted(stage: QueueStage): Promise<void> {
  const before = stage.events.length
  while (!stage.events.slice(before).some(({ type }) => type === 'outcome')) await Promise.resolve()
  for (let i = 0; i < 20; i++) await Promise.resolve()
}

describe('the end of a message that was delivered', () => {
  it('is known at once and written down a moment later', async () => {
    const { stage, pass } = lingering()
    const id = stage.enqueue(['x@there.test'])
    const run = stage.queue.run()
    await attempted(stage)
    expect([stage.rows(), stage.queue.size, stage.queue.show(id), stage.queue.raw(id)]).toEqual([
      1,
      0,
      undefined,
      undefined,
    ])
    pass()
    await run
    expect([stage.rows(), stage.queue.nextWakeup()]).toEqual([0, undefined])
  })

  it('is written down with the next write, in the same commit', async () => {
    const { stage, pass } = lingering()
    stage.enqueue(['x@there.test'], {}, message('Large', 300_000))
    const first = stage.queue.run()
    await attempted(stage)
    expect([stage.rows(), stage.rows('chunk')]).toEqual([1, 1])
    const id = stage.enqueue(['y@there.test'])
    expect([stage.queue.list().map((entry) => entry.id), stage.rows('chunk')]).toEqual([[id], 0])
    const second = stage.queue.run()
    await attempted(stage)
    pass()
    await Promise.all([first, second])
    expect(stage.jobs).toHaveLength(2)
  })

  it('is forgotten by a crash in between: the message goes again, as when the other side’s 250 is lost (RFC 1047)', async () => {
    const { stage } = lingering()
    stage.enqueue(['x@there.test'])
    void stage.queue.run()
    await attempted(stage)
    stage.linger = undefined
    stage.restart()
    await stage.queue.run()
    expect([stage.jobs.length, stage.rows(), stage.eventsOf('interrupted').length]).toEqual([2, 0, 1])
  })
})

describe('a message in its first attempt', () => {
  it('is tried at once by the next life, the first time; later when that keeps happening', async () => {
    const stage = new QueueStage()
    stage.answer = () => new Promise(() => undefined)
    stage.enqueue(['x@there.test'])
    void stage.queue.run()
    for (const [times, wait] of [
      [1, 0],
      [2, 2 * minute],
      [3, 4 * minute],
    ] as const) {
      stage.restart()
      expect(stage.eventsOf('interrupted').at(-1)).toMatchObject({ times })
      const next = stage.queue.nextWakeup() as number
      expect(next - stage.clock.now()).toBeGreaterThanOrEqual(wait)
      stage.clock.moveTo(next)
      void stage.queue.run()
      expect(stage.jobs).toHaveLength(times + 1)
    }
  })

  it('that did not get its turn is found by the next life, and nothing counts twice', async () => {
    const stage = new QueueStage({ initialConcurrency: 1, concurrency: 1 })
    stage.answer = () => new Promise(() => undefined)
    for (const name of ['a', 'b', 'c']) stage.enqueue([`${name}@there.test`])
    void stage.queue.run()
    expect(stage.jobs).toHaveLength(1)
    stage.answer = () => delivered
    stage.restart()
    expect(stage.eventsOf('interrupted').map(({ times }) => times)).toEqual([1, 1, 1])
    await stage.queue.run()
    expect([stage.jobs.length, stage.rows()]).toEqual([4, 0])
  })

  it('that the operator held meanwhile is not tried', async () => {
    const stage = new QueueStage()
    const id = stage.enqueue(['x@there.test'])
    stage.queue.hold(id)
    stage.restart()
    await stage.queue.run()
    expect([stage.jobs.length, stage.queue.show(id)?.status]).toEqual([0, 'held'])
  })

  it('is put off with the others of a destination that is left alone', async () => {
    const stage = new QueueStage()
    stage.answer = () => noAnswer
    stage.enqueue(['x@there.test'])
    await stage.queue.run()
    stage.enqueue(['y@there.test'])
    await stage.queue.run()
    expect(stage.jobs).toHaveLength(1)
    expect(stage.queue.nextWakeup()).toBe(stage.clock.now() + minute)
  })
})
