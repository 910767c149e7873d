import { describe, expect, it } from 'vitest'
import type { TrackingNotice } from '../../src/queue/index.ts'
import { delivered, greylisted, hour, minute, QueueStage, unknownUser } from './queue-stage.ts'

const submission = { accountId: 'a1', tag: 't1' }

class TrackedStage extends QueueStage {
  readonly notices: TrackingNotice[] = []
  deaf = false
}

function stage(): TrackedStage {
  const made = new TrackedStage()
  made.track = async (notice) => {
    if (made.deaf) throw new Error('the account cannot be reached')
    made.notices.push(notice)
  }
  made.restart()
  return made
}

const told = ({ notices }: TrackedStage) =>
  notices.flatMap(({ statuses }) => statuses.map(({ recipient, delivered: state }) => `${recipient} ${state}`))

describe('a submission follows its message through the queue (RFC 8621 §7)', () => {
  it('hears of a deferral once, and of the end', async () => {
    const one = stage()
    let attempts = 0
    one.answer = () => (++attempts <= 2 ? greylisted : delivered)
    one.enqueue(['x@there.test'], { submission })
    await one.runUntil(one.clock.now() + hour)
    expect(one.jobs).toHaveLength(3)
    expect(one.notices).toEqual([
      {
        submission,
        statuses: [{ recipient: 'x@there.test', delivered: 'queued', smtpReply: '451 4.7.1 Greylisted' }],
      },
      { submission, statuses: [{ recipient: 'x@there.test', delivered: 'unknown', smtpReply: '250 2.0.0 Ok' }] },
    ])
    expect(one.rows()).toBe(0)
  })

  it('hears of each recipient by itself: mailbox, next host, refused', async () => {
    const one = stage()
    one.answer = (recipient) =>
      recipient.startsWith('bad')
        ? unknownUser
        : recipient.startsWith('here')
          ? { ...delivered, success: 'final' }
          : delivered
    one.enqueue(['bad@there.test', 'here@there.test', 'far@there.test'], { submission })
    await one.runUntil(one.clock.now() + minute)
    expect(told(one)).toEqual(['bad@there.test no', 'here@there.test yes', 'far@there.test unknown'])
    expect(one.reports).toHaveLength(1)
    expect(one.rows()).toBe(0)
  })

  it('an account that cannot be reached is told later, and the message is not sent again', async () => {
    const one = stage()
    one.deaf = true
    one.enqueue(['x@there.test'], { submission })
    await one.runUntil(one.clock.now() + minute)
    expect(one.rows()).toBe(1)
    one.deaf = false
    one.restart()
    await one.runUntil(one.clock.now() + hour)
    expect(told(one)).toEqual(['x@there.test unknown'])
    expect(one.jobs).toHaveLength(1)
    expect(one.rows()).toBe(0)
  })

  it('gives up telling a day after the message itself would have been given up', async () => {
    const one = stage()
    one.deaf = true
    one.enqueue(['x@there.test'], { submission })
    await one.runUntil(one.clock.now() + (6 * 24 - 1) * hour)
    expect(one.rows()).toBe(1)
    await one.runUntil(one.clock.now() + 2 * hour)
    expect(one.rows()).toBe(0)
  })

  it('is told of the end of a message’s time, though it cannot be reached at that moment', async () => {
    const one = stage()
    one.answer = () => greylisted
    one.enqueue([{ address: 'x@there.test', notify: ['NEVER'] }], { submission })
    await one.runUntil(one.clock.now() + 5 * 24 * hour - 1)
    one.deaf = true
    await one.runUntil(one.clock.now() + 2)
    one.deaf = false
    await one.runUntil(one.clock.now() + hour)
    expect(told(one).at(-1)).toBe('x@there.test no')
    expect(one.rows()).toBe(0)
  })

  it('hears nothing of a copy that a rule made, which stands for none of its recipients', async () => {
    const one = stage()
    one.enqueue([{ address: 'archive@there.test', notify: ['NEVER'], submitted: [] }], { submission })
    await one.runUntil(one.clock.now() + minute)
    expect([one.notices, one.rows()]).toEqual([[], 0])
  })

  it('a message without a tag tells nobody', async () => {
    const one = stage()
    one.enqueue(['x@there.test'])
    await one.runUntil(one.clock.now() + minute)
    expect(one.notices).toEqual([])
  })

  it('hears that the operator has deleted the message', async () => {
    const one = stage()
    one.answer = () => greylisted
    const id = one.enqueue(['x@there.test'], { submission })
    await one.queue.run()
    one.queue.delete(id)
    await one.runUntil(one.clock.now() + minute)
    expect(one.notices.at(-1)?.statuses).toEqual([
      {
        recipient: 'x@there.test',
        delivered: 'no',
        smtpReply: '550 5.0.0 The operator removed it from the queue',
      },
    ])
    expect([one.jobs.length, one.reports.length, one.rows()]).toEqual([1, 0, 0])
  })
})
