import { describe, expect, test } from 'vitest'
import { parseReport } from '../../src/format/index.ts'
import { day, delivered, greylisted, hour, minute, noAnswer, QueueStage, unknownUser } from './queue-stage.ts'

const dsn = (stage: QueueStage, index = 0) => {
  const report = stage.reports[index]
  if (report === undefined) throw new Error('there is no report')
  return parseReport(new TextEncoder().encode(report.raw))
}

describe('failure', () => {
  test('a 5xx makes a report to the reverse-path from the null path (RFC 3461 §6.1), then the message goes', async () => {
    const stage = new QueueStage()
    stage.answer = () => unknownUser
    stage.enqueue([{ address: 'x@there.test', orcpt: 'rfc822;X@there.test' }], { envid: 'E1' })
    await stage.queue.run()
    expect(stage.reports).toMatchObject([
      { envelope: { reversePath: '', recipients: [{ address: 'alice@facteur.test', notify: ['NEVER'] }] } },
    ])
    expect(dsn(stage)).toMatchObject({
      reportingMta: 'mx.facteur.test',
      envelopeId: 'E1',
      originalMessageId: '1@facteur.test',
      recipients: [{ action: 'failed', status: '5.1.1', finalRecipient: 'x@there.test', remoteMta: 'mx.there.test' }],
    })
    expect(stage.rows()).toBe(0)
  })

  test('reports of two queues have Message-IDs of their own, though both took their message in the same millisecond (RFC 5322 §3.6.4)', async () => {
    const stages = [new QueueStage(), new QueueStage(), new QueueStage()]
    const places = [
      ['there.test', 't1'],
      ['[192.0.2.1]', 't1'],
      // One of several queues of that destination.
      ['there.test', 't2'],
    ] as const
    for (const [index, stage] of stages.entries()) {
      const [domain, transactionId] = places[index] as (typeof places)[number]
      stage.answer = () => unknownUser
      stage.enqueue(['x@there.test'], { transactionId }, undefined, domain)
      await stage.queue.run()
    }
    const ids = stages.map((stage) => /^Message-ID: <(.*)>\r$/im.exec(stage.reports[0]?.raw ?? '')?.[1])
    expect(new Set(ids).size).toBe(3)
    for (const id of ids) expect(id).toMatch(/^[a-z0-9-]+(\.[a-z0-9-]+)*@mx\.facteur\.test$/)
  })

  test('what needs TLS is not returned, and its report needs TLS as well (RFC 8689 §5)', async () => {
    const stage = new QueueStage()
    stage.answer = () => unknownUser
    stage.enqueue(['x@there.test'], { requireTls: true, ret: 'FULL' })
    stage.enqueue(['x@there.test'], { ret: 'FULL' })
    await stage.queue.run()
    expect(stage.reports.map(({ envelope }) => envelope.requireTls)).toEqual([true, undefined])
    const kinds = stage.reports.map(
      ({ raw }) => /^Content-Type: (message\/rfc822|text\/rfc822-headers)/m.exec(raw)?.[1],
    )
    expect(kinds).toEqual(['text/rfc822-headers', 'message/rfc822'])
  })

  test('several recipients are told of in one report (RFC 3461 §5.2.8); the rest is delivered', async () => {
    const stage = new QueueStage()
    stage.answer = (recipient) => (recipient.startsWith('bad') ? unknownUser : delivered)
    stage.enqueue(['bad1@there.test', 'good@there.test', 'bad2@there.test'])
    await stage.queue.run()
    expect(stage.reports).toHaveLength(1)
    expect(dsn(stage)?.recipients.map(({ finalRecipient }) => finalRecipient)).toEqual([
      'bad1@there.test',
      'bad2@there.test',
    ])
  })

  test('five days of deferrals pass, and end in one report that says so (4.4.7)', async () => {
    const stage = new QueueStage({ delayNoticeAfter: 0 })
    const start = stage.clock.now()
    stage.answer = () => greylisted
    stage.enqueue(['x@there.test'])
    await stage.runUntil(start + 6 * day)
    expect(stage.reports).toHaveLength(1)
    expect((stage.reports[0]?.at ?? 0) - start).toBe(5 * day)
    expect(dsn(stage)?.recipients).toMatchObject([{ action: 'failed', status: '4.4.7' }])
    expect(stage.reports[0]?.raw).toContain('Greylisted')
    // What the last attempt said is the cause, not that the time is over.
    expect(stage.reports[0]?.raw).toContain('x@there.test is not taking the message at the moment.')
    expect(stage.reports[0]?.raw).toContain('We tried again and again until 2026-')
    expect(stage.jobs.length).toBeGreaterThan(40)
    expect(stage.jobs.length).toBeLessThan(60)
    expect(stage.rows()).toBe(0)
  })

  test('a destination that is gone for five days is probed all the time and reported in the end', async () => {
    const stage = new QueueStage({ delayNoticeAfter: 0 })
    const start = stage.clock.now()
    stage.answer = () => noAnswer
    for (let i = 0; i < 20; i++) stage.enqueue([`u${i}@there.test`])
    await stage.runUntil(start + 6 * day)
    expect([stage.reports.length, stage.rows()]).toEqual([20, 0])
  })

  test.each<[string, ('NEVER' | 'SUCCESS' | 'FAILURE' | 'DELAY')[] | undefined, number]>([
    ['no NOTIFY', undefined, 1],
    ['FAILURE', ['FAILURE'], 1],
    ['NEVER', ['NEVER'], 0],
    ['SUCCESS,DELAY', ['SUCCESS', 'DELAY'], 0],
  ])('with %s a failure makes %3$d reports (RFC 3461 §4.1)', async (_name, notify, reports) => {
    const stage = new QueueStage()
    stage.answer = () => unknownUser
    stage.enqueue([notify === undefined ? 'x@there.test' : { address: 'x@there.test', notify }])
    await stage.queue.run()
    expect([stage.reports.length, stage.rows(), stage.eventsOf('unreported').length]).toEqual([reports, 0, 1 - reports])
  })
})

describe('the language of a report', () => {
  test.each([
    ['the sender’s own', { language: 'de' }, 'Content-Language: de'],
    ['English where nothing is said', {}, 'Content-Language: en'],
  ])('is %s, through all attempts', async (_, envelope, field) => {
    const stage = new QueueStage()
    stage.answer = () => (stage.jobs.length === 1 ? greylisted : unknownUser)
    stage.enqueue(['x@there.test'], envelope)
    await stage.runUntil(stage.clock.now() + hour)
    expect(stage.reports[0]?.raw).toContain(`${field}\r\n`)
  })
})

describe('success', () => {
  const notify = ['SUCCESS' as const]
  test.each<[string, 'final' | 'relayed' | 'passed' | 'expanded' | undefined, string | undefined]>([
    ['a next hop without DSN is "relayed" (RFC 3461 §5.2.2)', 'relayed', 'relayed'],
    ['a next hop that says nothing of DSN too', undefined, 'relayed'],
    ['a mailbox is "delivered" (§5.2.3)', 'final', 'delivered'],
    ['an alias of many is "expanded" (§5.2.7.3)', 'expanded', 'expanded'],
    ['a next hop with DSN reports itself (§5.2.1)', 'passed', undefined],
  ])('%s', async (_name, success, action) => {
    const stage = new QueueStage()
    stage.answer = () => (success === undefined ? delivered : { ...delivered, success })
    stage.enqueue([{ address: 'x@there.test', notify }, 'silent@there.test'])
    await stage.queue.run()
    expect(stage.reports).toHaveLength(action === undefined ? 0 : 1)
    if (action !== undefined)
      expect(dsn(stage)?.recipients).toMatchObject([{ action, status: '2.0.0', finalRecipient: 'x@there.test' }])
    expect(stage.rows()).toBe(0)
  })
})

describe('delay', () => {
  test('after four hours the sender is told once, and until when we try', async () => {
    const stage = new QueueStage()
    const start = stage.clock.now()
    stage.answer = () => greylisted
    stage.enqueue(['x@there.test', { address: 'quiet@there.test', notify: ['FAILURE'] }])
    await stage.runUntil(start + 3 * day)
    expect(stage.reports).toHaveLength(1)
    expect((stage.reports[0]?.at ?? 0) - start).toBe(4 * hour)
    expect(dsn(stage)?.recipients).toMatchObject([
      { action: 'delayed', status: '4.7.1', finalRecipient: 'x@there.test', willRetryUntil: start + 5 * day },
    ])
    await stage.runUntil(start + 6 * day)
    expect(stage.reports).toHaveLength(2)
    expect(dsn(stage, 1)?.recipients.map(({ action }) => action)).toEqual(['failed', 'failed'])
  })
})

describe('a report that cannot be delivered', () => {
  test('is never reported (RFC 5321 §4.5.5): it is frozen, and discarded after a week with a word in the log', async () => {
    const stage = new QueueStage()
    const start = stage.clock.now()
    stage.answer = () => unknownUser
    const id = stage.enqueue([{ address: 'x@there.test', notify: ['NEVER'] }], { reversePath: '' })
    await stage.queue.run()
    expect(stage.queue.show(id)).toMatchObject({ status: 'frozen', next: start + 7 * day })
    expect(stage.eventsOf('frozen')).toHaveLength(1)
    await stage.runUntil(start + 8 * day)
    expect([stage.reports.length, stage.rows()]).toEqual([0, 0])
    expect(stage.eventsOf('discarded')).toMatchObject([{ id, recipients: ['x@there.test'] }])
  })

  test('is given up after two days of deferrals', async () => {
    const stage = new QueueStage()
    const start = stage.clock.now()
    stage.answer = () => greylisted
    const id = stage.enqueue(['x@there.test'], { reversePath: '' })
    await stage.runUntil(start + 2 * day)
    expect(stage.queue.show(id)).toMatchObject({ status: 'frozen' })
  })

  test('can be released by the operator, and gets another try', async () => {
    const stage = new QueueStage()
    stage.answer = () => unknownUser
    const id = stage.enqueue(['x@there.test'], { reversePath: '' })
    await stage.queue.run()
    stage.answer = () => delivered
    expect(stage.queue.release(id)).toBe(1)
    await stage.queue.run()
    expect([stage.rows(), stage.jobs.length]).toEqual([0, 2])
  })

  test('because nobody takes it now is handed over later; the message stays until then', async () => {
    const stage = new QueueStage()
    const start = stage.clock.now()
    stage.answer = () => unknownUser
    stage.report = () => {
      throw new Error('the domain object is away')
    }
    stage.enqueue(['x@there.test'])
    await stage.queue.run()
    expect([stage.reports.length, stage.rows()]).toEqual([0, 1])
    expect(stage.queue.nextWakeup()).toBeGreaterThan(start + minute)
    stage.report = () => ({ code: 250, text: 'Ok' })
    await stage.runUntil(start + hour)
    expect([stage.reports.length, stage.rows(), stage.jobs.length]).toEqual([1, 0, 1])
  })

  test('because the sender does not exist is frozen', async () => {
    const stage = new QueueStage()
    stage.answer = () => unknownUser
    stage.report = () => ({ code: 550, enhanced: '5.1.1', text: 'No such user here' })
    const id = stage.enqueue(['x@there.test'])
    await stage.queue.run()
    expect(stage.queue.show(id)).toMatchObject({ status: 'frozen', recipients: [{ state: 'bounced', owed: 'failed' }] })
    stage.report = () => ({ code: 250, text: 'Ok' })
    stage.queue.release(id)
    await stage.queue.run()
    expect([stage.reports.length, stage.rows(), stage.jobs.length]).toEqual([1, 0, 1])
  })
})

describe('a crash', () => {
  test('between outcome and report repeats the report, not the delivery', async () => {
    const stage = new QueueStage()
    stage.answer = () => unknownUser
    stage.report = () => new Promise<never>(() => undefined)
    stage.enqueue(['x@there.test'])
    void stage.queue.run()
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    expect(stage.jobs).toHaveLength(1)
    stage.report = () => ({ code: 250, text: 'Ok' })
    stage.restart()
    expect(stage.queue.nextWakeup()).toBe(stage.clock.now())
    await stage.queue.run()
    expect([stage.jobs.length, stage.reports.length, stage.rows()]).toEqual([1, 1, 0])
  })

  test('in the middle of an attempt releases the claim: at once the first time, later when it keeps happening', async () => {
    const stage = new QueueStage()
    stage.answer = () => new Promise<never>(() => undefined)
    const id = stage.enqueue(['x@there.test'])
    const die = async () => {
      void stage.queue.run()
      for (let turn = 0; turn < 20; turn++) await Promise.resolve()
      stage.restart()
      return ((stage.queue.nextWakeup() ?? 0) - stage.clock.now()) / minute
    }
    expect(await die()).toBe(0)
    expect(stage.queue.show(id)).toMatchObject({ interrupted: 1, active: false })
    const second = await die()
    expect(second).toBeGreaterThan(1.9)
    expect(second).toBeLessThan(3.1)
    expect(stage.eventsOf('interrupted').map(({ times }) => times)).toEqual([1, 2])
    stage.answer = () => delivered
    await stage.runUntil(stage.clock.now() + hour)
    expect(stage.rows()).toBe(0)
  })

  test('after a finished run leaves nothing to recover', async () => {
    const stage = new QueueStage()
    stage.answer = () => greylisted
    const id = stage.enqueue(['x@there.test'])
    await stage.queue.run()
    const next = stage.queue.nextWakeup()
    stage.restart()
    expect(stage.queue.show(id)?.interrupted).toBe(0)
    expect(stage.queue.nextWakeup()).toBe(next)
  })
})
