import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { AccountAlarm, type AlarmTask } from '../../../src/host/workers/account/account-alarm.ts'

const start = Date.UTC(2026, 10, 23, 12)

class Stage {
  readonly set: number[] = []
  readonly logged: string[] = []
  /** So often setting it fails. */
  refusals = 0
  readonly alarm = new AccountAlarm(
    {
      setAlarm: async (at: number | Date) => {
        if (this.refusals-- > 0) throw new Error('database or disk is full: SQLITE_FULL')
        this.set.push(Number(at) - start)
      },
    },
    (_, event) => void this.logged.push(event),
    async (milliseconds) => void vi.setSystemTime(Date.now() + milliseconds),
  )

  task(due: number | undefined, run: () => Promise<void> = async () => {}): { due: number | undefined; ran: number } {
    const state = { due, ran: 0 }
    const task: AlarmTask = {
      name: 'task',
      nextWakeup: () => (state.due === undefined ? undefined : start + state.due),
      run: async () => {
        state.ran++
        await run()
      },
    }
    this.alarm.add(task)
    return state
  }
}

beforeEach(() => {
  vi.useFakeTimers({ now: start, toFake: ['Date'] })
})

afterEach(() => {
  vi.useRealTimers()
})

describe("the object's one alarm", () => {
  it('is set to the earliest of all tasks, and a later time costs nothing', () => {
    const stage = new Stage()
    stage.task(5_000)
    stage.alarm.wakeAt(start + 9_000)
    stage.alarm.wakeAt(start + 7_000)
    stage.alarm.wakeAt(start + 1_000)
    expect(stage.set).toEqual([5_000, 1_000])
  })

  it('rings for every task, then waits for the next, and is left alone when there is none', async () => {
    const stage = new Stage()
    const first = stage.task(0)
    const second = stage.task(8_000)
    first.due = undefined
    await stage.alarm.ring()
    second.due = undefined
    await stage.alarm.ring()
    expect(stage.set).toEqual([8_000])
    expect([first.ran, second.ran]).toEqual([2, 2])
  })

  it('does not end while the next one cannot be set: a message that is held would never go', async () => {
    const stage = new Stage()
    const task = stage.task(90_000)
    stage.refusals = 2
    await stage.alarm.ring()
    expect([stage.set, task.ran, stage.logged.length]).toEqual([[120_000], 1, 2])
  })

  it('does not let one task wait for another', async () => {
    const stage = new Stage()
    const { promise, resolve } = Promise.withResolvers<void>()
    stage.task(0, () => promise)
    const second = stage.task(0, async () => resolve())
    await stage.alarm.ring()
    expect(second.ran).toBe(1)
  })

  it('tries a task that failed again after a minute, never at once, and holds up no other', async () => {
    const stage = new Stage()
    stage.task(0, async () => {
      throw new Error('broken')
    })
    const other = stage.task(10_000)
    await stage.alarm.ring()
    expect(stage.logged).toEqual(['task failed in the alarm'])
    expect(stage.set).toEqual([10_000])
    other.due = undefined
    await stage.alarm.ring()
    expect(stage.set).toEqual([10_000, 60_000])
    expect(other.ran).toBe(2)
  })
})
