import { describe, expect, it } from 'vitest'
import { delivered, greylisted, hour, message, minute, QueueStage } from './queue-stage.ts'

async function stageOfFour() {
  const stage = new QueueStage()
  stage.answer = () => greylisted
  const ids = [stage.enqueue(['a@there.test'])]
  stage.clock.moveTo(stage.clock.now() + hour)
  ids.push(stage.enqueue(['b@there.test'], { reversePath: 'Bob@Facteur.test' }))
  ids.push(stage.enqueue(['c@there.test', 'b@there.test'], { reversePath: '' }))
  ids.push(stage.enqueue(['d@other.there.test'], { reversePath: 'bob@else.test' }))
  await stage.queue.run()
  return { stage, ids }
}

describe("the operator's limits of a destination", () => {
  it('so many messages a minute, and no more, until all are gone', async () => {
    const stage = new QueueStage()
    const start = stage.clock.now()
    stage.queue.setLimits({ perMinute: 3 })
    for (let i = 0; i < 8; i++) stage.enqueue([`u${i}@there.test`])
    await stage.runUntil(start + 5 * minute)
    expect(stage.jobs.map(({ at }) => (at - start) / minute)).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7].map((n) => expect.closeTo(n / 3, 3) as unknown),
    )
    expect(stage.rows()).toBe(0)
  })

  it('hold for the next life, which does not begin its minute anew', async () => {
    const stage = new QueueStage()
    const start = stage.clock.now()
    stage.queue.setLimits({ perMinute: 1, concurrency: 2 })
    stage.enqueue(['a@there.test'])
    stage.enqueue(['b@there.test'])
    await stage.queue.run()
    stage.clock.moveTo(start + 20_000)
    stage.restart()
    expect(stage.queue.limits).toEqual({ perMinute: 1, concurrency: 2 })
    await stage.queue.run()
    expect(stage.jobs).toHaveLength(1)
    await stage.runUntil(start + minute)
    expect(stage.jobs).toHaveLength(2)
  })

  it('so many at once', async () => {
    const stage = new QueueStage()
    stage.queue.setLimits({ concurrency: 2 })
    let active = 0
    let most = 0
    stage.answer = async () => {
      most = Math.max(most, ++active)
      await Promise.resolve()
      active--
      return delivered
    }
    for (let i = 0; i < 20; i++) stage.enqueue([`u${i}@there.test`])
    await stage.queue.run()
    expect([most, stage.jobs.length]).toEqual([2, 20])
  })

  it('can be taken away again, and cost nothing where there are none', async () => {
    const stage = new QueueStage()
    stage.queue.setLimits({})
    expect(stage.sql.exec('SELECT count(*) AS n FROM sqlite_master').one().n).toBe(0)
    stage.queue.setLimits({ perMinute: 1 })
    for (let i = 0; i < 5; i++) stage.enqueue([`u${i}@there.test`])
    await stage.queue.run()
    stage.queue.setLimits({})
    await stage.queue.run()
    expect([stage.queue.limits, stage.jobs.length]).toEqual([{}, 5])
    expect(stage.sql.exec("SELECT key FROM state WHERE key IN ('limits', 'rate')").toArray()).toEqual([])
  })
})

describe('what the operator selects', () => {
  it.each([
    [{}, [0, 1, 2, 3]],
    [{ sender: 'alice@facteur.test' }, [0]],
    [{ sender: 'bob@facteur.test' }, [1]],
    [{ sender: '@facteur.test' }, [0, 1]],
    [{ sender: '<>' }, [2]],
    [{ recipient: 'B@THERE.test' }, [1, 2]],
    [{ recipient: '@there.test' }, [0, 1, 2]],
    [{ recipient: 'there.test' }, []],
    [{ status: 'waiting' }, [0, 1, 2, 3]],
    [{ status: 'held' }, []],
    [{ sender: '@facteur.test', recipient: 'a@there.test' }, [0]],
  ] as const)('%j', async (selection, expected) => {
    const { stage, ids } = await stageOfFour()
    expect(stage.queue.list(selection).map(({ id }) => ids.indexOf(id))).toEqual(expected)
  })

  it('by age, in pages, and only that is held, released and dropped', async () => {
    const { stage, ids } = await stageOfFour()
    const before = stage.clock.now()
    expect(stage.queue.list({ before }).map(({ id }) => id)).toEqual([ids[0]])
    expect(stage.queue.list({ sender: '@facteur.test', limit: 1 }).map(({ id }) => id)).toEqual([ids[0]])
    const rest = stage.queue.list({ sender: '@facteur.test', after: ids[0] as string })
    expect(rest.map(({ id }) => id)).toEqual([ids[1]])
    expect(stage.queue.hold({ sender: '@facteur.test' })).toBe(2)
    expect(stage.queue.summary()).toEqual({ waiting: 2, held: 2, frozen: 0, kept: 0, oldest: before - hour })
    expect(stage.queue.release({ before })).toBe(1)
    expect(stage.queue.delete({ status: 'held' })).toBe(1)
    expect(stage.queue.delete({ recipient: '@there.test' })).toBe(2)
    expect(stage.queue.list().map(({ id }) => id)).toEqual([ids[3]])
  })
})

describe('a message that is to go later (RFC 4865)', () => {
  it('is seen by the operator, waits through restarts, and goes at its time', async () => {
    const stage = new QueueStage()
    const start = stage.clock.now()
    const envelope = {
      reversePath: 'alice@facteur.test',
      smtputf8: false,
      body: '7BIT' as const,
      recipients: [{ address: 'x@there.test' }],
    }
    stage.queue.enqueue({ domain: 'there.test', raw: message(), envelope, notBefore: start + hour })
    await stage.queue.run()
    expect(stage.hooks).toEqual(['busy'])
    stage.restart()
    expect([stage.eventsOf('interrupted'), stage.queue.nextWakeup()]).toEqual([[], start + hour])
    await stage.runUntil(start + 2 * hour)
    expect([stage.jobs.map(({ at }) => at), stage.hooks, stage.rows()]).toEqual([[start + hour], ['busy', 'idle'], 0])
  })
})
