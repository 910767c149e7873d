import { describe, expect, test } from 'vitest'
import { ReportPace } from '../../src/queue/report-pace.ts'
import { day, delivered, greylisted, hour, minute, QueueStage, unknownUser } from './queue-stage.ts'

const victim = { reversePath: 'victim@elsewhere.test' }

const storm = async (count: number, reportsPerHour = 10) => {
  const stage = new QueueStage({ reportsPerHour })
  stage.answer = () => unknownUser
  for (let at = 0; at < count; at++) stage.enqueue(['gone@there.test'], victim)
  const start = stage.clock.now()
  const within = (time: number) => stage.reports.filter(({ at }) => at - start <= time).length
  return { stage, start, within }
}

describe('a storm of bounces to somebody who sent nothing', () => {
  test('brings so many reports an hour, and one after the other from then on', async () => {
    const { stage, start, within } = await storm(40)
    await stage.runUntil(start + 4 * hour)
    expect(within(0)).toBe(10)
    expect(within(hour)).toBe(20)
    expect(within(2 * hour)).toBe(30)
    expect(stage.events.filter(({ type }) => type === 'report-put-off')).toHaveLength(30)
  })

  test('loses none of them: each has its turn, and then the message goes', async () => {
    const { stage, start } = await storm(40)
    await stage.runUntil(start + day)
    expect(stage.reports).toHaveLength(40)
    expect(stage.rows()).toBe(0)
    expect(new Set(stage.reports.map(({ raw }) => /^Message-ID: .*$/m.exec(raw)?.[0])).size).toBe(40)
  })

  test('loses none when the object’s life ends in it', async () => {
    const { stage, start } = await storm(40)
    await stage.runUntil(start + minute)
    stage.restart()
    await stage.runUntil(start + day)
    expect(stage.reports).toHaveLength(40)
  })

  test('does not hold up reports to others', async () => {
    const { stage, start, within } = await storm(40)
    for (let at = 0; at < 5; at++) stage.enqueue(['gone@there.test'], { reversePath: 'alice@facteur.test' })
    await stage.runUntil(start + minute)
    expect(within(minute)).toBe(15)
  })

  test('is one storm in whatever case the address is written', async () => {
    const { stage, start, within } = await storm(10)
    for (const name of ['Victim', 'VICTIM'])
      stage.enqueue(['gone@there.test'], { reversePath: `${name}@elsewhere.test` })
    await stage.runUntil(start + minute)
    expect(within(minute)).toBe(10)
  })

  test('does not keep other recipients of such a message waiting', async () => {
    const { stage, start } = await storm(10)
    let isThere = false
    stage.answer = (recipient) => (recipient.startsWith('gone') ? unknownUser : isThere ? delivered : greylisted)
    stage.enqueue(['gone@there.test', 'bob@there.test'], victim)
    await stage.queue.run()
    isThere = true
    await stage.runUntil(start + 5.5 * minute)
    const jobs = stage.jobs.filter(({ envelope }) =>
      envelope.recipients.some(({ address }) => address.startsWith('bob')),
    )
    expect(jobs).toHaveLength(2)
    await stage.runUntil(start + day)
    expect(stage.reports).toHaveLength(11)
  })
})

test('the pace remembers so many addresses, and forgets the one that was named longest ago', () => {
  const pace = new ReportPace(1)
  expect(pace.turn(1, 'first@x.test', 0)).toBe(0)
  expect(pace.turn(2, 'first@x.test', 0)).toBe(hour)
  for (let at = 0; at < 10_000; at++) pace.turn(10 + at, `n${at}@x.test`, 0)
  expect(pace.turn(3, 'first@x.test', 0)).toBe(0)
})
