import { expect, test } from 'vitest'
import { equalBytes } from '../../src/format/index.ts'
import { delivered, greylisted, hour, message, minute, noAnswer, QueueStage } from './queue-stage.ts'

test('a message that goes at once is attempted once, and nothing of it stays', async () => {
  const stage = new QueueStage()
  const id = stage.enqueue(['x@there.test'])
  expect(stage.queue.nextWakeup()).toBe(stage.clock.now())
  await stage.queue.run()
  expect(stage.jobs).toMatchObject([
    { id, domain: 'there.test', envelope: { recipients: [{ address: 'x@there.test' }] } },
  ])
  expect(stage.jobs[0]?.raw).toEqual(message())
  expect([stage.rows(), stage.rows('chunk'), stage.queue.size, stage.queue.nextWakeup()]).toEqual([0, 0, 0, undefined])
  expect([stage.reports, stage.hooks]).toEqual([[], []])
})

test('an unused queue writes nothing', async () => {
  const stage = new QueueStage()
  await stage.queue.run()
  expect([stage.queue.nextWakeup(), stage.queue.list(), stage.queue.retry(), stage.queue.size]).toEqual([
    undefined,
    [],
    0,
    0,
  ])
  expect(stage.sql.exec('SELECT count(*) AS n FROM sqlite_master').one().n).toBe(0)
})

test('a small message that goes at once costs two rows, its own and its end', async () => {
  const stage = new QueueStage()
  stage.enqueue(['warm-up@there.test'])
  await stage.queue.run()
  const written = () => stage.sql.exec<{ n: number }>('SELECT total_changes() AS n').one().n
  const before = written()
  stage.enqueue(['x@there.test', 'y@there.test'], {}, message('Hi', 50_000))
  await stage.queue.run()
  expect(written() - before).toBe(2)
})

test('fifty messages that are retried in one run share its claim', async () => {
  const stage = new QueueStage()
  stage.enqueue(['warm-up@there.test'])
  await stage.queue.run()
  const written = () => stage.sql.exec<{ n: number }>('SELECT total_changes() AS n').one().n
  stage.answer = () => greylisted
  for (let i = 0; i < 50; i++) stage.enqueue([`x${i}@there.test`])
  await stage.queue.run()
  stage.answer = () => delivered
  stage.queue.retry()
  const before = written()
  await stage.queue.run()
  // 50 that end, the claim, and "nothing waits any more".
  expect(written() - before).toBe(52)
})

test('a message above 2 MB is kept in chunks, byte for byte', async () => {
  const stage = new QueueStage()
  const raw = message('Large', 5_000_001)
  raw[3_000_000] = 0
  const id = stage.enqueue(['x@there.test'], {}, raw)
  expect(stage.rows('chunk')).toBe(5)
  expect(equalBytes(stage.queue.raw(id) as Uint8Array, raw)).toBe(true)
  await stage.queue.run()
  expect(equalBytes(stage.jobs[0]?.raw as Uint8Array, raw)).toBe(true)
  expect(stage.rows('chunk')).toBe(0)
})

test('recipients that are put off together come again together: in one transaction, or as one event (RFC 5321 §4.5.4.1)', async () => {
  const stage = new QueueStage({ delayNoticeAfter: 0 })
  stage.answer = () => greylisted
  stage.enqueue(['x@there.test', 'y@there.test', 'z@there.test'])
  await stage.runUntil(stage.clock.now() + hour)
  const together = stage.jobs.map(({ envelope }) => envelope.recipients.length)
  expect(together.length).toBeGreaterThan(2)
  expect(new Set(together)).toEqual(new Set([3]))
})

test('a refusal for now is retried on the schedule (RFC 5321 §4.5.4.1)', async () => {
  const stage = new QueueStage({ delayNoticeAfter: 0 })
  const start = stage.clock.now()
  stage.answer = () => (stage.jobs.length < 4 ? greylisted : delivered)
  stage.enqueue(['x@there.test'])
  await stage.runUntil(start + 2 * hour)
  const waits = stage.jobs.map(({ at }) => (at - start) / minute)
  expect(waits).toHaveLength(4)
  const centre = [0, 2.5, 7.5, 17.5]
  waits.forEach((wait, i) =>
    expect(Math.abs(wait - (centre[i] as number))).toBeLessThanOrEqual((centre[i] as number) * 0.2),
  )
  expect([stage.rows(), stage.hooks]).toEqual([0, ['busy', 'idle']])
})

test('outcomes are per recipient: only those who wait are tried again', async () => {
  const stage = new QueueStage()
  const start = stage.clock.now()
  stage.answer = (recipient) => (recipient.startsWith('slow') && stage.jobs.length < 2 ? greylisted : delivered)
  stage.enqueue(['slow@there.test', 'fast@there.test'])
  await stage.runUntil(start + hour)
  expect(stage.jobs.map(({ envelope }) => envelope.recipients.map(({ address }) => address))).toEqual([
    ['slow@there.test', 'fast@there.test'],
    ['slow@there.test'],
  ])
})

test('recipients of one message go in one job, up to a hundred (RFC 5321 §4.5.3.1.8)', async () => {
  const stage = new QueueStage()
  stage.enqueue(Array.from({ length: 250 }, (_, i) => `u${i}@there.test`))
  await stage.queue.run()
  expect(stage.jobs.map(({ envelope }) => envelope.recipients.length)).toEqual([100, 100, 50])
})

test('DSN parameters travel with the recipient, bookkeeping does not', async () => {
  const stage = new QueueStage()
  const recipient = { address: 'x@there.test', notify: ['SUCCESS' as const], orcpt: 'rfc822;y@there.test' }
  stage.enqueue([recipient], { envid: 'E1', ret: 'HDRS', smtputf8: true, body: '8BITMIME' })
  await stage.queue.run()
  expect(stage.jobs[0]?.envelope).toEqual({
    reversePath: 'alice@facteur.test',
    envid: 'E1',
    ret: 'HDRS',
    smtputf8: true,
    body: '8BITMIME',
    recipients: [recipient],
  })
})

test('an agent that fails or forgets a recipient defers it, and the fault is logged', async () => {
  const stage = new QueueStage()
  stage.answer = () => {
    throw new Error('a bug')
  }
  const id = stage.enqueue(['x@there.test'])
  await stage.queue.run()
  expect(stage.queue.show(id)?.recipients).toMatchObject([
    { state: 'waiting', attempts: 1, last: { enhanced: '4.3.0' } },
  ])
  expect(stage.eventsOf('fault')).toHaveLength(1)
})

test('what is under way is not attempted twice by an alarm that rings again', async () => {
  const stage = new QueueStage()
  let finish: () => void = Function.prototype as () => void
  const gate = new Promise<void>((resolve) => (finish = resolve))
  stage.answer = async () => {
    await gate
    return delivered
  }
  const id = stage.enqueue(['x@there.test'])
  const first = stage.queue.run()
  await stage.queue.run()
  await stage.queue.run()
  expect(stage.jobs).toHaveLength(1)
  expect(stage.queue.show(id)?.active).toBe(true)
  // The watchdog: should this life end, the alarm begins the next.
  expect(stage.queue.nextWakeup()).toBe(stage.clock.now() + minute)
  finish()
  await first
  expect(stage.queue.nextWakeup()).toBeUndefined()
})

test('no more at once than allowed, and mail that comes meanwhile takes a free place', async () => {
  const stage = new QueueStage({ concurrency: 5 })
  let active = 0
  let most = 0
  stage.answer = async () => {
    most = Math.max(most, ++active)
    await Promise.resolve()
    active--
    return delivered
  }
  for (let i = 0; i < 30; i++) stage.enqueue([`u${i}@there.test`])
  await Promise.all([stage.queue.run(), stage.queue.run()])
  expect([most, stage.jobs.length]).toEqual([5, 30])
})

test('messages in memory at once are bounded, and a giant goes alone', async () => {
  const stage = new QueueStage({ maxBytesInFlight: 1_000_000 })
  let active = 0
  let most = 0
  stage.answer = async (_recipient, job) => {
    active += job.raw.length
    most = Math.max(most, active)
    await Promise.resolve()
    active -= job.raw.length
    return delivered
  }
  for (const size of [400_000, 400_000, 400_000, 3_000_000, 400_000])
    stage.enqueue(['x@there.test'], {}, message('Big', size))
  await stage.runUntil(stage.clock.now())
  expect(stage.jobs).toHaveLength(5)
  expect(most).toBeLessThan(3_001_000)
  expect(stage.rows()).toBe(0)
})

test('one run takes on a bounded part of a backlog, and asks to be called again at once', async () => {
  const stage = new QueueStage({ maxPerRun: 20 })
  for (let i = 0; i < 50; i++) stage.enqueue([`u${i}@there.test`])
  await stage.queue.run()
  expect(stage.jobs).toHaveLength(20)
  expect(stage.queue.nextWakeup()).toBe(stage.clock.now())
  await stage.runUntil(stage.clock.now())
  expect(stage.jobs).toHaveLength(50)
})

test('a destination that cannot be reached is left alone, then probed by one message (RFC 5321 §4.5.4.1)', async () => {
  const stage = new QueueStage({ concurrency: 3 })
  const start = stage.clock.now()
  stage.answer = () => noAnswer
  for (let i = 0; i < 40; i++) stage.enqueue([`u${i}@there.test`])
  await stage.queue.run()
  expect(stage.jobs).toHaveLength(3)
  expect(stage.eventsOf('paused')).toMatchObject([{ failures: 1, until: start + minute }])
  await stage.runUntil(start + minute)
  expect(stage.jobs).toHaveLength(4)
  expect(stage.eventsOf('paused')[1]).toMatchObject({ failures: 2, until: start + 3 * minute })
  stage.answer = () => delivered
  await stage.runUntil(start + 20 * minute)
  expect(stage.rows()).toBe(0)
})
