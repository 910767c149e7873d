import { expect, test } from 'vitest'
import { delivered, greylisted, hour, minute, noAnswer, QueueStage } from './queue-stage.ts'

test('list and show tell who, when and why', async () => {
  const stage = new QueueStage()
  stage.answer = () => greylisted
  const ids = ['a', 'b', 'c'].map((name) => stage.enqueue([`${name}@there.test`]))
  await stage.queue.run()
  expect(stage.queue.list().map(({ id }) => id)).toEqual(ids)
  expect(stage.queue.list({ after: ids[0] as string, limit: 1 }).map(({ id }) => id)).toEqual([ids[1]])
  expect(stage.queue.show(ids[0] as string)).toMatchObject({
    domain: 'there.test',
    status: 'waiting',
    active: false,
    envelope: { reversePath: 'alice@facteur.test' },
    recipients: [{ address: 'a@there.test', attempts: 1, last: { reply: '451 4.7.1 Greylisted', enhanced: '4.7.1' } }],
  })
  for (const id of ['', 'nonsense', '-1', '1e3', 'zzzzzzzzzzzzzzzz', "' OR 1"]) {
    expect([stage.queue.show(id), stage.queue.raw(id), stage.queue.delete(id), stage.queue.retry(id)]).toEqual([
      undefined,
      undefined,
      0,
      0,
    ])
  }
})

test('retry makes one or all due, even where the destination is left alone', async () => {
  const stage = new QueueStage()
  stage.answer = () => noAnswer
  const id = stage.enqueue(['x@there.test'])
  stage.enqueue(['y@there.test'])
  await stage.queue.run()
  stage.answer = () => delivered
  expect(stage.queue.retry(id)).toBe(1)
  await stage.queue.run()
  expect(stage.queue.size).toBe(1)
  expect(stage.queue.retry()).toBe(1)
  await stage.queue.run()
  expect([stage.queue.size, stage.rows()]).toEqual([0, 0])
})

test('retry while an attempt is under way is another attempt as soon as that one fails', async () => {
  const stage = new QueueStage()
  let finish: () => void = Function.prototype as () => void
  stage.answer = async () => {
    await new Promise<void>((resolve) => (finish = resolve))
    return noAnswer
  }
  const id = stage.enqueue(['x@there.test'])
  const first = stage.queue.run()
  stage.clock.moveTo(stage.clock.now() + minute)
  expect(stage.queue.retry(id)).toBe(1)
  stage.answer = () => delivered
  finish()
  await first
  expect(stage.queue.nextWakeup()).toBe(stage.clock.now())
  await stage.queue.run()
  expect([stage.jobs.length, stage.rows()]).toEqual([2, 0])
})

test('hold stops attempts, through restarts, until release', async () => {
  const stage = new QueueStage()
  const id = stage.enqueue(['x@there.test'])
  expect(stage.queue.hold(id)).toBe(1)
  expect(stage.queue.hold()).toBe(0)
  stage.restart()
  await stage.runUntil(stage.clock.now() + 240 * hour)
  expect([stage.jobs.length, stage.queue.nextWakeup(), stage.queue.show(id)?.status]).toEqual([0, undefined, 'held'])
  expect(stage.queue.retry()).toBe(0)
  // Past its five days, it still gets its one attempt.
  expect(stage.queue.release()).toBe(1)
  await stage.queue.run()
  expect([stage.jobs.length, stage.reports.length, stage.rows()]).toEqual([1, 0, 0])
})

test('hold and delete while an attempt is under way', async () => {
  const stage = new QueueStage()
  let finish: () => void = Function.prototype as () => void
  stage.answer = async () => {
    await new Promise<void>((resolve) => (finish = resolve))
    return greylisted
  }
  const id = stage.enqueue(['x@there.test'])
  let run = stage.queue.run()
  stage.queue.hold(id)
  finish()
  await run
  expect(stage.queue.show(id)).toMatchObject({ status: 'held', recipients: [{ attempts: 1 }] })
  expect(stage.queue.nextWakeup()).toBeUndefined()
  stage.queue.release(id)
  run = stage.queue.run()
  expect(stage.queue.delete(id)).toBe(1)
  finish()
  await run
  expect([stage.queue.size, stage.rows(), stage.reports.length]).toEqual([0, 0, 0])
})

test('hooks: busy at the first deferral, idle when all is gone, told again after a failure', async () => {
  const stage = new QueueStage()
  stage.answer = () => greylisted
  stage.enqueue(['x@there.test'])
  stage.enqueue(['y@there.test'])
  await stage.queue.run()
  expect(stage.hooks).toEqual(['busy'])
  stage.restart()
  stage.answer = () => delivered
  await stage.runUntil(stage.clock.now() + 10 * minute)
  expect(stage.hooks).toEqual(['busy', 'idle'])
})

test('known outcomes: delivered and unasked leaves nothing, bounced is only reported, deferred waits', async () => {
  const stage = new QueueStage()
  const base = { domain: 'there.test', raw: new Uint8Array([13, 10]) }
  const envelope = {
    reversePath: 'alice@facteur.test',
    smtputf8: false,
    body: '7BIT' as const,
    recipients: [{ address: 'x@there.test' }],
  }
  const outcome = { recipient: 'x@there.test', at: stage.clock.now() }
  stage.queue.enqueue({ ...base, envelope, outcomes: [{ ...outcome, status: 'delivered' }] })
  expect(stage.queue.size).toBe(0)
  stage.queue.enqueue({ ...base, envelope, outcomes: [{ ...outcome, status: 'bounced', enhanced: '5.2.2' }] })
  await stage.queue.run()
  expect([stage.jobs.length, stage.reports.length, stage.queue.size]).toEqual([0, 1, 0])
  stage.queue.enqueue({ ...base, envelope, outcomes: [{ ...outcome, status: 'deferred' }] })
  expect(stage.queue.nextWakeup()).toBeGreaterThan(stage.clock.now() + minute)
})
