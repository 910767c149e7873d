import { describe, expect, it } from 'vitest'
import type { Watch } from '../../src/protocol/smtp/index.ts'
import type { Announcement } from '../../src/queue/index.ts'
import { delivered, greylisted, hour, minute, noAnswer, QueueStage, unknownUser } from './queue-stage.ts'

const all = ['accepted', 'delivered', 'deferred', 'bounced', 'complained']
const watch = (events: string[] = all): Watch => ({
  id: 'm1',
  sender: 'alice@facteur.test',
  webhooks: [{ domain: 'facteur.test', name: 'crm', events }],
})

class WatchedStage extends QueueStage {
  readonly announcements: Announcement[] = []
  isDeaf = false
}

function stage(): WatchedStage {
  const made = new WatchedStage()
  made.announce = async (announcement) => {
    if (made.isDeaf) throw new Error('the queue of the webhook does not answer')
    made.announcements.push(announcement)
  }
  made.restart()
  return made
}

const changes = ({ sql }: WatchedStage) => sql.exec<{ n: number }>('SELECT total_changes() AS n').one().n
const told = ({ announcements }: WatchedStage) =>
  announcements.flatMap(({ news }) =>
    news.map(({ recipients, status, attempts }) => `${recipients.join()} ${status} ${attempts}`),
  )

describe('programs that watch a message hear of each attempt', () => {
  it('in the order in which they were made', async () => {
    const one = stage()
    let attempts = 0
    one.answer = () => (++attempts <= 2 ? greylisted : delivered)
    one.enqueue(['x@there.test'], { watch: watch() })
    await one.runUntil(one.clock.now() + hour)
    expect(told(one)).toEqual(['x@there.test deferred 1', 'x@there.test deferred 2', 'x@there.test delivered 3'])
    const [first] = one.announcements
    expect(first).toMatchObject({ domain: 'there.test', envelope: { watch: watch() } })
    expect(first?.news[0]).toMatchObject({
      outcome: { status: 'deferred', reply: '451 4.7.1 Greylisted' },
      next: one.jobs[1]?.at,
    })
    expect(one.rows()).toBe(0)
  })

  it('each recipient is one piece of news, and the end of its time is a bounce', async () => {
    const one = stage()
    one.answer = (recipient) => (recipient.startsWith('bad') ? unknownUser : noAnswer)
    one.enqueue(['bad@there.test', 'far@there.test'], { watch: watch(['bounced']) })
    await one.runUntil(one.clock.now() + 6 * 24 * hour)
    expect(told(one)).toEqual(['bad@there.test bounced 1', expect.stringMatching(/^far@there\.test bounced \d+$/)])
    expect(one.announcements[1]?.news[0]?.outcome.enhanced).toBe('4.4.7')
  })

  it('of a thousand recipients in one row, though a server is long-winded (a row of the platform holds 2 MB)', async () => {
    const one = stage()
    one.isDeaf = true
    const text = 'è'.repeat(3_000)
    one.answer = () => ({ ...unknownUser, reply: { code: 550, enhanced: '5.1.1', text }, diagnostic: text })
    const many = Array.from({ length: 1_000 }, (_, at) => `recipient-${at}@there.test`)
    one.enqueue(many, { watch: watch() })
    await one.queue.run()
    const query = 'SELECT length(CAST(facts AS BLOB)) + length(CAST(recipients AS BLOB)) AS octets FROM entry'
    expect(one.sql.exec<{ octets: number }>(query).one().octets).toBeLessThan(1_900_000)
    one.isDeaf = false
    await one.runUntil(one.clock.now() + hour)
    expect(told(one)).toHaveLength(1_000)
    expect(one.announcements[0]?.news[0]?.outcome.reply).toMatch(/^550 5\.1\.1 è+$/)
  })

  it('of what nobody wants to hear nothing is noted: it costs no row', async () => {
    const [watched, plain] = [stage(), stage()]
    for (const [one, envelope] of [
      [watched, { watch: watch(['bounced']) }],
      [plain, {}],
    ] as const) {
      one.enqueue(['x@there.test'], envelope)
      await one.runUntil(one.clock.now() + minute)
    }
    expect(watched.announcements).toEqual([])
    expect(changes(watched)).toBe(changes(plain))
  })

  it('under the name that the sender wrote, and not of copies that rules make', async () => {
    const one = stage()
    one.enqueue(
      [
        { address: 'a@there.test', submitted: ['team@facteur.test'] },
        { address: 'b@there.test', submitted: [] },
        { address: 'c@there.test', orcpt: 'rfc822;info@facteur.test' },
      ],
      { watch: watch() },
    )
    await one.runUntil(one.clock.now() + minute)
    expect(told(one)).toEqual(['team@facteur.test delivered 1', 'info@facteur.test delivered 1'])
  })

  it('what is known when the message comes in is news as well', async () => {
    const one = stage()
    one.queue.enqueue({
      domain: 'facteur.test',
      raw: new Uint8Array(1),
      envelope: {
        reversePath: 'alice@facteur.test',
        recipients: [{ address: 'bob@facteur.test' }],
        smtputf8: false,
        body: '7BIT',
        watch: watch(),
      },
      outcomes: [{ recipient: 'bob@facteur.test', status: 'delivered', success: 'final', at: one.clock.now() }],
    })
    await one.runUntil(one.clock.now() + minute)
    expect(told(one)).toEqual(['bob@facteur.test delivered 1'])
    expect([one.jobs.length, one.reports.length, one.rows()]).toEqual([0, 0, 0])
  })

  it('news that cannot be brought stay in order, are tried again, and the message is not sent again', async () => {
    const one = stage()
    one.isDeaf = true
    let attempts = 0
    one.answer = () => (++attempts <= 2 ? greylisted : delivered)
    one.enqueue(['x@there.test'], { watch: watch() })
    await one.runUntil(one.clock.now() + 2 * hour)
    expect(one.jobs).toHaveLength(3)
    one.isDeaf = false
    one.restart()
    await one.runUntil(one.clock.now() + hour)
    expect(told(one)).toEqual(['x@there.test deferred 1', 'x@there.test deferred 2', 'x@there.test delivered 3'])
    expect([one.jobs.length, one.rows()]).toEqual([3, 0])
  })

  it('the same news has the same mark when it is told again, and no other has', async () => {
    const one = stage()
    one.answer = () => greylisted
    const marks: string[] = []
    one.announce = async ({ news }) => {
      marks.push(...news.map(({ mark }) => mark))
      if (marks.length === 2) throw new Error('the answer is lost')
    }
    one.restart()
    one.enqueue(['x@there.test', 'y@there.test'], { watch: watch() })
    await one.runUntil(one.clock.now() + 20 * minute)
    expect(marks.length).toBeGreaterThan(4)
    expect(new Set(marks).size).toBe(one.jobs.flatMap(({ envelope }) => envelope.recipients).length)
    expect(marks.slice(0, 2)).toEqual(marks.slice(2, 4))
  })

  it('gives up a day after the message itself would have been given up, and says so', async () => {
    const one = stage()
    one.isDeaf = true
    one.enqueue(['x@there.test'], { watch: watch() })
    await one.runUntil(one.clock.now() + 6 * 24 * hour + hour)
    expect(one.rows()).toBe(0)
    expect(one.eventsOf('unannounced')).toMatchObject([{ recipients: ['x@there.test'] }])
  })
})

describe('what the operator deletes', () => {
  it('programs hear of, and the sender gets no report', async () => {
    const one = stage()
    one.answer = () => greylisted
    const id = one.enqueue(['x@there.test'], { watch: watch(['bounced']) })
    await one.queue.run()
    expect(one.queue.delete(id)).toBe(1)
    await one.runUntil(one.clock.now() + minute)
    expect(told(one)).toEqual(['x@there.test bounced 1'])
    expect(one.announcements[0]?.news[0]?.outcome.cause).toBe('The operator removed it from the queue')
    expect([one.jobs.length, one.reports.length, one.rows()]).toEqual([1, 0, 0])
  })

  it('is gone at once when it is deleted again, though nobody could be told', async () => {
    const one = stage()
    one.isDeaf = true
    one.answer = () => greylisted
    const id = one.enqueue(['x@there.test'], { watch: watch() })
    await one.queue.run()
    one.queue.delete(id)
    await one.queue.run()
    expect(one.rows()).toBe(1)
    expect(one.queue.delete(id)).toBe(1)
    expect(one.rows()).toBe(0)
  })

  it('is told of, though it was over when only its report and its news were left', async () => {
    const one = stage()
    one.isDeaf = true
    one.report = () => ({ code: 451, text: 'Later' })
    one.answer = () => unknownUser
    const id = one.enqueue(['x@there.test'], { watch: watch() })
    await one.queue.run()
    expect(one.queue.delete(id)).toBe(1)
    one.isDeaf = false
    await one.runUntil(one.clock.now() + minute)
    expect(told(one)).toEqual(['x@there.test bounced 1'])
    expect([one.reports.length, one.rows()]).toEqual([0, 0])
  })
})

describe('a message whose report nobody takes', () => {
  it('is put aside when programs have heard of it, and not before', async () => {
    const one = stage()
    one.isDeaf = true
    one.report = () => ({ code: 550, text: 'No such user' })
    one.answer = () => unknownUser
    const id = one.enqueue(['x@there.test'], { watch: watch() })
    await one.runUntil(one.clock.now() + hour)
    expect(one.queue.show(id)?.status).toBe('waiting')
    one.isDeaf = false
    await one.runUntil(one.clock.now() + 2 * hour)
    expect(told(one)).toEqual(['x@there.test bounced 1'])
    expect(one.queue.show(id)?.status).toBe('frozen')
  })

  it('is put aside in the end though no program heard of it, and that is said', async () => {
    const one = stage()
    one.isDeaf = true
    one.report = () => ({ code: 550, text: 'No such user' })
    one.answer = () => unknownUser
    const id = one.enqueue(['x@there.test'], { watch: watch() })
    await one.runUntil(one.clock.now() + 6 * 24 * hour + 12 * hour)
    expect(one.eventsOf('unannounced')).toMatchObject([{ recipients: ['x@there.test'] }])
    expect(one.queue.show(id)).toMatchObject({ status: 'frozen' })
    expect(one.queue.show(id)?.news).toBeUndefined()
  })
})
