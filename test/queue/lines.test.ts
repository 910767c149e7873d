import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { delivered, greylisted, hour, message, minute, noAnswer, QueueStage, unknownUser } from './queue-stage.ts'

/** An event of a message, from nobody, so that what is not taken is frozen. */
function enter(stage: QueueStage, name: string, line?: string): string {
  return stage.enqueue([`${name}@there.test`], { reversePath: '' }, message(name), 'there.test', line)
}

const taken = ({ jobs }: QueueStage) => jobs.map(({ envelope }) => envelope.recipients[0]?.address.split('@')[0])

describe('entries of one line go one behind the other', () => {
  it('in the order in which they came, though the first is put off', async () => {
    const stage = new QueueStage()
    let isUp = false
    stage.answer = (recipient) => (isUp || recipient.startsWith('other') ? delivered : greylisted)
    for (const name of ['first', 'second', 'third']) enter(stage, name, 'a')
    enter(stage, 'other', 'b')
    await stage.runUntil(stage.clock.now() + minute)
    expect(taken(stage)).toEqual(['first', 'other'])
    isUp = true
    await stage.runUntil(stage.clock.now() + hour)
    expect(taken(stage)).toEqual(['first', 'other', 'first', 'second', 'third'])
    expect(stage.rows()).toBe(0)
  })

  it('what is in no line does not wait', async () => {
    const stage = new QueueStage()
    stage.answer = (recipient) => (recipient.startsWith('first') ? greylisted : delivered)
    enter(stage, 'first', 'a')
    enter(stage, 'free')
    enter(stage, 'second', 'a')
    await stage.runUntil(stage.clock.now() + minute)
    expect(taken(stage)).toEqual(['first', 'free'])
  })

  it('goes on in the run in which the one before it has gone', async () => {
    const stage = new QueueStage()
    for (const name of ['first', 'second', 'third']) enter(stage, name, 'a')
    await stage.queue.run()
    expect(taken(stage)).toEqual(['first', 'second', 'third'])
  })

  it('the next life knows the order', async () => {
    const stage = new QueueStage()
    stage.answer = () => noAnswer
    for (const name of ['first', 'second', 'third']) enter(stage, name, 'a')
    await stage.queue.run()
    stage.answer = () => delivered
    stage.restart()
    await stage.runUntil(stage.clock.now() + hour)
    expect(taken(stage)).toEqual(['first', 'first', 'second', 'third'])
  })

  it('a life that ends in the middle of an attempt does not let the others overtake', async () => {
    const stage = new QueueStage()
    stage.answer = () => new Promise(() => undefined)
    for (const name of ['first', 'second']) enter(stage, name, 'a')
    void stage.queue.run()
    await Promise.resolve()
    stage.answer = () => delivered
    stage.restart()
    await stage.runUntil(stage.clock.now() + hour)
    expect(taken(stage)).toEqual(['first', 'first', 'second'])
  })

  it('what is frozen lets the others pass, and stands at the end when it is let go', async () => {
    const stage = new QueueStage()
    stage.answer = (recipient) => (recipient.startsWith('first') ? unknownUser : greylisted)
    const first = enter(stage, 'first', 'a')
    enter(stage, 'second', 'a')
    await stage.runUntil(stage.clock.now() + 1)
    expect(taken(stage)).toEqual(['first', 'second'])
    expect(stage.queue.show(first)?.status).toBe('frozen')
    stage.queue.release(first)
    stage.answer = () => delivered
    await stage.runUntil(stage.clock.now() + hour)
    expect(taken(stage)).toEqual(['first', 'second', 'second', 'first'])
  })

  it('what the operator holds is waited for, and what is deleted is not', async () => {
    const stage = new QueueStage()
    stage.answer = () => greylisted
    const first = enter(stage, 'first', 'a')
    enter(stage, 'second', 'a')
    await stage.queue.run()
    stage.queue.hold(first)
    stage.answer = () => delivered
    stage.queue.retry()
    await stage.runUntil(stage.clock.now() + hour)
    expect(taken(stage)).toEqual(['first'])
    stage.queue.delete(first)
    await stage.runUntil(stage.clock.now() + minute)
    expect(taken(stage)).toEqual(['first', 'second'])
    expect(stage.rows()).toBe(0)
  })

  it('whatever fails and whenever a life ends, and nothing is left', async () => {
    const entry = fc.record({ line: fc.constantFrom('a', 'b', 'c', undefined), failures: fc.nat(3) })
    const property = fc.asyncProperty(
      fc.array(entry, { minLength: 1, maxLength: 15 }),
      fc.array(fc.nat(19)),
      async (entries, ends) => {
        const stage = new QueueStage()
        const failures = entries.map(({ failures: count }) => count)
        const gone: number[] = []
        let attempts = 0
        let isOver = false
        stage.answer = (recipient) => {
          const number = Number(recipient.split('@')[0])
          isOver ||= ends.includes(attempts++)
          // What a life that is over waits for never comes.
          if (isOver) return new Promise(() => undefined)
          if ((failures[number] as number)-- > 0) return greylisted
          gone.push(number)
          return delivered
        }
        for (const [number, { line }] of entries.entries()) enter(stage, String(number), line)
        for (let due = stage.queue.nextWakeup(); due !== undefined; due = stage.queue.nextWakeup()) {
          stage.clock.moveTo(Math.max(due, stage.clock.now()))
          await Promise.race([stage.queue.run(), new Promise(setImmediate)])
          if (isOver) stage.restart()
          isOver = false
        }
        for (const line of ['a', 'b', 'c']) {
          const own = [...new Set(gone)].filter((number) => entries[number]?.line === line)
          expect(own).toEqual(own.toSorted((one, other) => one - other))
        }
        expect(new Set(gone).size).toBe(entries.length)
        expect(stage.rows()).toBe(0)
      },
    )
    await fc.assert(property, { numRuns: 200 })
  })
})
