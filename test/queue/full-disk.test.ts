import { describe, expect, test } from 'vitest'
import type { SqlCursor } from '../../src/storage/index.ts'
import { delivered, greylisted, hour, minute, QueueStage, unknownUser } from './queue-stage.ts'

/** From now on nothing can be written, until the function given back is called. */
function fillDisk({ sql }: QueueStage): () => void {
  const exec = sql.exec.bind(sql)
  sql.exec = ((query: string, ...bindings: never[]): SqlCursor => {
    if (!/^\s*SELECT/i.test(query)) throw new Error('database or disk is full: SQLITE_FULL')
    return exec(query, ...bindings)
  }) as typeof exec
  return () => (sql.exec = exec)
}

/** Lets time pass as the object's alarm does, which comes again a minute after a run that failed. */
async function pass(stage: QueueStage, milliseconds: number): Promise<void> {
  const until = stage.clock.now() + milliseconds
  for (;;) {
    const next = stage.queue.nextWakeup() ?? Infinity
    if (next > until) break
    stage.clock.moveTo(next)
    await stage.queue.run().catch(() => stage.clock.advance(minute))
  }
  stage.clock.moveTo(until)
}

const nothing = (): unknown => undefined

describe('a disk that fills up while a message is with its agent', () => {
  test('does not send the message again: the queue knows that it went (RFC 5321 §4.5.4.2)', async () => {
    const stage = new QueueStage()
    let clear = nothing
    stage.answer = () => {
      clear = fillDisk(stage)
      return delivered
    }
    stage.enqueue([{ address: 'x@there.test', notify: ['SUCCESS'] }])
    await pass(stage, hour)
    expect(stage.rows()).toBe(1)
    clear()
    await pass(stage, 3 * hour)
    expect([stage.jobs.length, stage.reports.length, stage.rows()]).toEqual([1, 1, 0])
  })

  test('counts a deferral once', async () => {
    const stage = new QueueStage()
    let clear = nothing
    stage.answer = () => {
      clear = fillDisk(stage)
      return greylisted
    }
    const id = stage.enqueue(['x@there.test'])
    await pass(stage, 30 * minute)
    clear()
    stage.answer = () => delivered
    await pass(stage, hour)
    expect([stage.jobs.length, stage.queue.show(id)]).toEqual([2, undefined])
  })

  test('does not send the report again that was handed over before', async () => {
    const stage = new QueueStage()
    let clear = nothing
    stage.answer = () => unknownUser
    stage.report = () => {
      clear = fillDisk(stage)
      return { code: 250, enhanced: '2.0.0', text: 'Ok' }
    }
    stage.enqueue(['x@there.test'])
    await pass(stage, hour)
    clear()
    await pass(stage, 3 * hour)
    expect([stage.jobs.length, stage.reports.length, stage.rows()]).toEqual([1, 1, 0])
  })
})

test('a report that was handed over is not forgotten when something else is written down first', async () => {
  const stage = new QueueStage()
  stage.track = () => Promise.resolve()
  stage.restart()
  let clear = nothing
  stage.answer = (recipient) => (recipient.startsWith('bad') ? unknownUser : greylisted)
  stage.report = () => {
    clear = fillDisk(stage)
    return { code: 250, enhanced: '2.0.0', text: 'Ok' }
  }
  const submission = { accountId: 'alice', tag: 's1' }
  stage.enqueue(['bad@there.test', 'slow@there.test'], { submission })
  await stage.queue.run().catch(() => stage.clock.advance(minute))
  clear()
  stage.answer = () => delivered
  await pass(stage, 3 * hour)
  expect([stage.reports.length, stage.rows()]).toEqual([1, 0])
})

test('the end of a message that the disk does not take is written down when there is room', async () => {
  const stage = new QueueStage()
  stage.linger = () => Promise.resolve()
  stage.restart()
  let clear = nothing
  stage.answer = () => {
    clear = fillDisk(stage)
    return delivered
  }
  stage.enqueue(['x@there.test'])
  await stage.queue.run()
  expect([stage.rows(), stage.queue.nextWakeup()]).toEqual([1, stage.clock.now() + minute])
  clear()
  await pass(stage, hour)
  expect([stage.jobs.length, stage.rows(), stage.queue.nextWakeup()]).toEqual([1, 0, undefined])
})

test('a life begins on a full disk, and what the last one was doing is done', async () => {
  const stage = new QueueStage()
  stage.answer = () => new Promise<never>(() => undefined)
  const id = stage.enqueue(['x@there.test'])
  void stage.queue.run()
  const clear = fillDisk(stage)
  stage.answer = () => delivered
  stage.restart()
  expect([stage.queue.show(id)?.status, stage.eventsOf('fault').length > 0]).toEqual(['waiting', true])
  clear()
  await pass(stage, hour)
  expect([stage.jobs.length, stage.rows()]).toEqual([2, 0])
})
