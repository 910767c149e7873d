import { describe, expect, it } from 'vitest'
import type { DeliverBy } from '../../src/protocol/smtp/index.ts'
import { delivered, greylisted, hour, minute, QueueStage, unknownUser } from './queue-stage.ts'

function stageWith(by: DeliverBy, recipient: object = {}) {
  const stage = new QueueStage()
  stage.answer = () => greylisted
  const id = stage.enqueue([{ address: 'x@there.test', ...recipient }], { by })
  return { stage, id, start: stage.clock.now() }
}

const soon: DeliverBy = { seconds: 600, mode: 'return', trace: false }

describe('a message to be delivered by a time or returned (RFC 2852 §4.1.3)', () => {
  it('is tried until then, and then returned without another try', async () => {
    const { stage, start } = stageWith(soon)
    await stage.runUntil(start + hour)
    expect(stage.jobs.length).toBeGreaterThan(1)
    expect(stage.jobs.every(({ at }) => at < start + 10 * minute)).toBe(true)
    const [report] = stage.reports
    expect(report?.at).toBe(start + 10 * minute)
    expect(report?.raw).toMatch(/Action: failed\r\nStatus: 5\.4\.7/)
    expect(report?.raw).toContain('was to be delivered')
    expect(stage.rows()).toBe(0)
  })

  it('goes on with what is left of its time', async () => {
    const { stage, start } = stageWith(soon)
    await stage.runUntil(start + 5 * minute)
    const left = stage.jobs.map(({ envelope, at }) => [envelope.by?.seconds, Math.floor(600 - (at - start) / 1000)])
    expect(left[0]).toEqual([600, 600])
    for (const [told, real] of left) expect(told).toBe(real)
  })

  it('does not wait for its time to be returned when it is refused', async () => {
    const { stage, start } = stageWith(soon)
    stage.answer = () => unknownUser
    await stage.queue.run()
    expect(stage.reports).toMatchObject([{ at: start }])
  })

  it('waits while the operator holds it, and is then too late', async () => {
    const { stage, id, start } = stageWith(soon)
    stage.queue.hold(id)
    await stage.runUntil(start + hour)
    expect([stage.jobs.length, stage.reports.length]).toEqual([0, 0])
    stage.queue.release(id)
    await stage.queue.run()
    expect([stage.jobs.length, stage.reports.length]).toEqual([0, 1])
  })
})

describe('a message whose sender wants to be told when it is late (RFC 2852 §4.1.3)', () => {
  const by: DeliverBy = { seconds: 600, mode: 'notify', trace: false }

  it('goes on after the notice, which comes at that time', async () => {
    const { stage, start } = stageWith(by)
    await stage.runUntil(start + hour)
    expect(stage.reports).toHaveLength(1)
    expect(stage.reports[0]).toMatchObject({ at: start + 10 * minute })
    expect(stage.reports[0]?.raw).toContain('Action: delayed')
    expect(stage.queue.size).toBe(1)
    expect(stage.jobs.at(-1)?.envelope.by?.seconds).toBeLessThan(0)
    stage.answer = () => delivered
    await stage.runUntil(start + 12 * hour)
    expect([stage.queue.size, stage.reports.length]).toEqual([0, 1])
  })

  it.each([['NEVER'], ['SUCCESS']])('nobody is told who asked for NOTIFY=%s (RFC 3461 §4.1)', async (condition) => {
    const { stage, start } = stageWith(by, { notify: [condition] })
    await stage.runUntil(start + hour)
    expect(stage.reports).toEqual([])
  })
})

describe('a traced message (RFC 2852 §4.1.4)', () => {
  it.each([
    ['passed', {}, 1],
    ['relayed', {}, 1],
    ['final', {}, 0],
    ['passed', { notify: ['NEVER'] }, 0],
  ] as const)('that was %s is reported to %j: %i', async (success, recipient, reports) => {
    const { stage } = stageWith({ seconds: 600, mode: 'notify', trace: true }, recipient)
    stage.answer = () => ({ ...delivered, success })
    await stage.queue.run()
    expect(stage.reports).toHaveLength(reports)
    if (reports > 0) expect(stage.reports[0]?.raw).toContain('Action: relayed')
  })

  it('so is one that is not traced, when the next host does not watch its time', async () => {
    const { stage, start } = stageWith({ seconds: 600, mode: 'notify', trace: false })
    stage.answer = () => ({ ...delivered, success: 'passed', untimed: true })
    await stage.queue.run()
    expect(stage.reports[0]?.raw).toContain('Action: relayed')
    const date = /^Deliver-By-Date: (.*)\r$/m.exec(stage.reports[0]?.raw ?? '')?.[1] ?? ''
    expect(Date.parse(date)).toBe(start + 10 * minute)
  })
})

describe('priorities (RFC 6710)', () => {
  it('of what waits the higher one goes first, also among what came in meanwhile', async () => {
    const stage = new QueueStage({ initialConcurrency: 1, concurrency: 1 })
    for (const [name, priority] of [
      ['a', undefined],
      ['b', -5],
      ['c', 4],
      ['d', 9],
      ['e', 4],
    ] as const)
      stage.enqueue([`${name}@there.test`], priority === undefined ? {} : { priority })
    await stage.queue.run()
    expect(stage.jobs.map(({ envelope }) => envelope.recipients[0]?.address[0])).toEqual(['d', 'c', 'e', 'a', 'b'])
  })

  it('survive a restart and go with reports', async () => {
    const stage = new QueueStage({ initialConcurrency: 1, concurrency: 1 })
    stage.answer = () => greylisted
    stage.enqueue(['a@there.test'])
    const id = stage.enqueue(['b@there.test'], { priority: 7 })
    await stage.queue.run()
    stage.restart()
    expect(stage.queue.show(id)?.priority).toBe(7)
    stage.answer = () => unknownUser
    stage.queue.retry()
    await stage.queue.run()
    expect(stage.jobs.at(-2)?.envelope.recipients[0]?.address).toBe('b@there.test')
    expect(stage.reports.map(({ envelope }) => envelope.priority)).toEqual([7, undefined])
  })
})
