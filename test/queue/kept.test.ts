/** Messages that went, and stay for a while for whoever was told where they can be fetched. */
import { describe, expect, test } from 'vitest'
import { delivered, greylisted, hour, message, minute, QueueStage } from './queue-stage.ts'

const kib = 1024

/** From now on what matches `query` is not written, until the function given back is called. */
function breakDisk({ sql }: QueueStage, query: RegExp): () => void {
  const exec = sql.exec.bind(sql)
  sql.exec = (text, ...bindings) => {
    if (query.test(text)) throw new Error('database or disk is full: SQLITE_FULL')
    return exec(text, ...bindings)
  }
  return () => (sql.exec = exec)
}

/** A queue whose agent wants everything kept for three hours. */
function stage(options: ConstructorParameters<typeof QueueStage>[0] = {}) {
  const made = new QueueStage(options)
  made.answer = () => ({ ...delivered, keepUntil: made.clock.now() + 3 * hour })
  return made
}

/** A queue whose ends share the commit of the next write, or wait until `write` is called. */
function lingering() {
  const here = stage()
  const waiting: (() => void)[] = []
  here.linger = () => new Promise((resolve) => waiting.push(resolve))
  here.restart()
  return { here, write: () => waiting.splice(0).forEach((resolve) => resolve()) }
}

/** As its row says. */
const statusOf = ({ sql }: QueueStage) => sql.exec<{ status: string }>('SELECT status FROM entry ORDER BY id').toArray()

async function sent(on: QueueStage, raw = message()): Promise<string> {
  const id = on.enqueue(['x@there.test'], { reversePath: '' }, raw)
  await on.queue.run()
  return id
}

describe('a message that went', () => {
  test('stays, and does not wait: no attempt, no count, no word to the registry', async () => {
    const here = stage()
    const id = await sent(here)
    expect(here.queue.show(id)).toMatchObject({ status: 'kept', next: here.clock.now() + 3 * hour })
    expect(here.queue.raw(id)).toEqual(message())
    expect([here.queue.size, here.queue.summary()]).toEqual([0, { waiting: 0, held: 0, frozen: 0, kept: 1 }])
    await here.runUntil(here.clock.now() + 2 * hour)
    expect([here.jobs.length, here.hooks]).toEqual([1, []])
  })

  test('goes silently when its time is over, with one alarm for all of an hour', async () => {
    const here = stage()
    const ids = []
    for (let count = 0; count < 5; count++) {
      ids.push(await sent(here))
      here.clock.moveTo(here.clock.now() + 10 * minute)
    }
    const first = here.queue.show(ids[0]!)!.next
    expect(here.queue.nextWakeup()).toBe(first + hour)
    const known = here.events.length
    here.clock.moveTo(first + hour)
    await here.queue.run()
    expect([here.rows(), here.queue.nextWakeup(), here.events.length]).toEqual([0, undefined, known])
  })

  test('is no more than three rows written: itself, that it is kept, its end', async () => {
    const here = stage()
    const changes = () => here.sql.exec<{ n: number }>('SELECT total_changes() AS n').one().n
    await sent(here)
    const before = changes()
    await sent(here)
    here.clock.moveTo(here.clock.now() + 5 * hour)
    await here.queue.run()
    // The one before it has ended, too.
    expect([here.rows(), changes() - before]).toEqual([0, 4])
  })

  test('goes at once where nobody wants it kept, or its time is over', async () => {
    const here = stage()
    here.answer = () => delivered
    await sent(here)
    here.answer = () => ({ ...delivered, keepUntil: here.clock.now() })
    await sent(here)
    expect(here.rows()).toBe(0)
  })

  test('stays after attempts that failed, as long as the one that went says', async () => {
    const here = stage()
    here.answer = () => greylisted
    const id = await sent(here)
    here.answer = () => ({ ...delivered, keepUntil: here.clock.now() + 3 * hour })
    await here.runUntil(here.clock.now() + 10 * minute)
    expect(here.queue.show(id)).toMatchObject({ status: 'kept', recipients: [{ state: 'delivered', attempts: 2 }] })
    expect(here.hooks).toEqual(['busy', 'idle'])
  })
})

describe('after a restart', () => {
  test('it is there, is not sent again, and goes in its time', async () => {
    const here = stage()
    const id = await sent(here)
    const until = here.queue.show(id)!.next
    const next = here.restart()
    await next.run()
    expect([here.jobs.length, next.size, next.nextWakeup(), next.show(id)?.status]).toEqual([
      1,
      0,
      until + hour,
      'kept',
    ])
    await here.runUntil(until + hour)
    expect(here.rows()).toBe(0)
  })

  test('the bound holds', async () => {
    const here = stage({ maxKept: 100 * kib })
    const first = await sent(here, message('a', 60 * kib))
    here.restart()
    const second = await sent(here, message('b', 60 * kib))
    expect([here.queue.show(first), here.queue.show(second)?.status]).toEqual([undefined, 'kept'])
  })
})

describe('octets in all', () => {
  test('the oldest make room', async () => {
    const here = stage({ maxKept: 200 * kib })
    const ids = []
    for (const size of [60, 60, 60, 100]) ids.push(await sent(here, message('x', size * kib)))
    expect(ids.map((id) => here.queue.show(id)?.status)).toEqual([undefined, undefined, 'kept', 'kept'])
  })

  test('what is larger than all of them may be is not kept, and takes nobody’s place', async () => {
    const here = stage({ maxKept: 100 * kib })
    const small = await sent(here)
    const large = await sent(here, message('x', 200 * kib))
    expect([here.queue.show(small)?.status, here.queue.show(large), here.rows('chunk')]).toEqual(['kept', undefined, 0])
  })

  test('small ones count as 16 KiB: each has a row and a place in memory', async () => {
    const here = stage({ maxKept: 64 * kib })
    for (let count = 0; count < 9; count++) await sent(here)
    expect(here.rows()).toBe(4)
  })

  test('on a full disk it is what goes', async () => {
    const here = stage()
    const id = here.enqueue(['x@there.test'], { reversePath: '' })
    breakDisk(here, /^UPDATE/)
    await here.queue.run()
    expect([here.queue.show(id), here.rows(), here.jobs.length]).toEqual([undefined, 0, 1])
    expect(here.eventsOf('fault')).toHaveLength(1)
  })
})

describe('a sweep', () => {
  test('takes a thousand at a time', async () => {
    const here = stage()
    for (let count = 0; count < 1_500; count++) here.enqueue(['x@there.test'], { reversePath: '' })
    while (here.rows() > here.queue.summary().kept) await here.queue.run()
    here.clock.moveTo(here.clock.now() + 5 * hour)
    await here.queue.run()
    expect([here.rows(), here.queue.nextWakeup()! <= here.clock.now()]).toEqual([500, true])
    await here.queue.run()
    expect([here.rows(), here.queue.nextWakeup()]).toEqual([0, undefined])
  })

  test('that the storage does not take is tried again, an hour later', async () => {
    const here = stage()
    await sent(here)
    here.clock.moveTo(here.clock.now() + 5 * hour)
    const mend = breakDisk(here, /^DELETE/)
    await here.queue.run()
    mend()
    expect([here.rows(), here.queue.nextWakeup()]).toEqual([1, here.clock.now() + hour])
    await here.runUntil(here.clock.now() + hour)
    expect(here.rows()).toBe(0)
  })
})

describe('until it is written down', () => {
  test('it is kept already: what it says is there while its row waits for a commit to share', async () => {
    const { here, write } = lingering()
    const id = here.enqueue(['x@there.test'], { reversePath: '' })
    const run = here.queue.run()
    await expect.poll(() => here.queue.show(id)?.status, { interval: 1 }).toBe('kept')
    expect(here.queue.octets(id, 0, 5)).toEqual(message().subarray(0, 5))
    expect([statusOf(here), here.queue.size]).toEqual([[{ status: 'waiting' }], 0])
    write()
    await run
    expect(statusOf(here)).toEqual([{ status: 'kept' }])
  })

  test('the next message takes it along', async () => {
    const { here, write } = lingering()
    const id = here.enqueue(['x@there.test'], { reversePath: '' })
    const run = here.queue.run()
    await expect.poll(() => here.queue.show(id)?.status, { interval: 1 }).toBe('kept')
    here.enqueue(['y@there.test'], { reversePath: '' })
    expect(statusOf(here)).toEqual([{ status: 'kept' }, { status: 'waiting' }])
    write()
    await run
  })

  test('a crash sends it once more, with its id (RFC 1047)', async () => {
    const { here } = lingering()
    const id = here.enqueue(['x@there.test'], { reversePath: '' })
    void here.queue.run()
    await expect.poll(() => here.queue.show(id)?.status, { interval: 1 }).toBe('kept')
    here.linger = undefined
    here.restart()
    await here.queue.run()
    expect(here.jobs.map((job) => job.id)).toEqual([id, id])
    expect(here.queue.show(id)?.status).toBe('kept')
  })

  test('the operator may have it sent again, or drop it', async () => {
    const { here, write } = lingering()
    const ids = ['x', 'y'].map((name) => here.enqueue([`${name}@there.test`], { reversePath: '' })) as [string, string]
    const run = here.queue.run()
    await expect.poll(() => here.queue.summary().kept, { interval: 1 }).toBe(2)
    expect([here.queue.release(ids[0]), here.queue.delete(ids[1])]).toEqual([1, 1])
    expect(here.queue.show(ids[1])).toBeUndefined()
    const again = here.queue.run()
    await expect.poll(() => here.queue.show(ids[0])?.status, { interval: 1 }).toBe('kept')
    write()
    await Promise.all([run, again])
    expect([here.jobs.map((job) => job.id), statusOf(here)]).toEqual([[...ids, ids[0]], [{ status: 'kept' }]])
  })
})

describe('the operator', () => {
  test('lists them when asked for them, and not among what waits', async () => {
    const here = stage()
    const id = await sent(here)
    expect(here.queue.list()).toEqual([])
    expect(here.queue.list({ status: 'kept' })).toMatchObject([{ id, status: 'kept' }])
  })

  test('has one sent again with the same id, and kept again', async () => {
    const here = stage()
    const id = await sent(here)
    here.clock.moveTo(here.clock.now() + 2 * hour)
    expect(here.queue.release(id)).toBe(1)
    expect(here.queue.show(id)).toMatchObject({ status: 'waiting', recipients: [{ state: 'waiting' }] })
    await here.queue.run()
    expect(here.jobs.map((job) => job.id)).toEqual([id, id])
    expect(here.queue.show(id)).toMatchObject({ status: 'kept', next: here.clock.now() + 3 * hour })
  })

  test('gives one that is sent again all its time', async () => {
    const here = stage({ reportLife: hour })
    const id = await sent(here)
    here.answer = () => greylisted
    here.clock.moveTo(here.clock.now() + 2 * hour)
    here.queue.release(id)
    await here.runUntil(here.clock.now() + hour / 2)
    expect(here.queue.show(id)).toMatchObject({ status: 'waiting', recipients: [{ state: 'waiting' }] })
    expect(here.jobs.length).toBeGreaterThan(2)
  })

  test('releases and deletes all that waits, and means none of them', async () => {
    const here = stage()
    const id = await sent(here)
    expect([here.queue.release(), here.queue.retry(), here.queue.hold(), here.queue.delete({})]).toEqual([0, 0, 0, 0])
    expect(here.queue.show(id)?.status).toBe('kept')
    expect(here.queue.delete({ status: 'kept' })).toBe(1)
    expect([here.rows(), here.queue.nextWakeup()]).toEqual([0, undefined])
  })

  test('cannot hold or hurry one', async () => {
    const here = stage()
    const id = await sent(here)
    expect([here.queue.hold(id), here.queue.retry(id)]).toEqual([0, 0])
    expect(here.queue.delete(id)).toBe(1)
  })
})

describe('its octets', () => {
  test.each([1, 128 * kib, 128 * kib + 1, 3 * 1024 * kib + 5])('of a message of %i', async (size) => {
    const here = stage()
    const raw = new Uint8Array(size).map((_, at) => (at * 31) & 0xff)
    const id = await sent(here, raw)
    expect(here.queue.sizeOf(id)).toBe(size)
    const places = [
      [0, size],
      [0, 1],
      [size - 1, size],
      [Math.min(size, 1_048_570), Math.min(size, 1_048_590)],
    ] as const
    for (const [start, end] of places) expect(here.queue.octets(id, start, end)).toEqual(raw.subarray(start, end))
  })

  test('are there while it waits, and not when it is gone', async () => {
    const here = stage()
    here.answer = () => greylisted
    const id = await sent(here)
    expect(here.queue.octets(id, 0, 4)).toEqual(message().subarray(0, 4))
    here.queue.delete(id)
    expect([here.queue.sizeOf(id), here.queue.octets(id, 0, 4)]).toEqual([undefined, undefined])
    for (const nonsense of ['', '-1', 'zzzzzzzzzzzzzzzz']) expect(here.queue.octets(nonsense, 0, 4)).toBeUndefined()
  })
})
