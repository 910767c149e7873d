import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Agenda } from '../../src/queue/agenda.ts'

test('entries come out by time, then by age, and only when due', () => {
  const agenda = new Agenda()
  agenda.set(3, 10)
  agenda.set(1, 10)
  agenda.set(2, 5)
  agenda.set(4, Infinity)
  expect(agenda.earliest()).toBe(5)
  expect(agenda.takeDue(4)).toBeUndefined()
  expect([agenda.takeDue(10), agenda.takeDue(10), agenda.takeDue(10), agenda.takeDue(10)]).toEqual([2, 1, 3, undefined])
  expect([agenda.size, agenda.has(4), agenda.earliest()]).toEqual([1, true, undefined])
})

test('behaves like a sorted list, whatever is set, changed and dropped', () => {
  const step = fc.record({
    id: fc.nat({ max: 20 }),
    at: fc.oneof(fc.nat({ max: 100 }), fc.constant(Infinity)),
    priority: fc.integer({ min: -9, max: 9 }),
    drop: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
      const agenda = new Agenda()
      const model = new Map<number, { at: number; priority: number }>()
      for (const { id, at, priority, drop } of steps) {
        if (drop) {
          agenda.delete(id)
          model.delete(id)
        } else {
          agenda.set(id, at, priority)
          model.set(id, { at, priority })
        }
        expect(agenda.size).toBe(model.size)
        const earliest = Math.min(...[...model.values()].map(({ at }) => at))
        expect(agenda.earliest() ?? Infinity).toBe(earliest)
      }
      // Some are due at once, the others later: each time the most urgent of those that are due.
      for (const now of [50, 1_000]) {
        const due = [...model]
          .filter(([, { at }]) => at <= now)
          .sort(([a, one], [b, other]) => other.priority - one.priority || one.at - other.at || a - b)
        expect([...due.map(() => agenda.takeDue(now)), agenda.takeDue(now)]).toEqual([
          ...due.map(([id]) => id),
          undefined,
        ])
        for (const [id] of due) model.delete(id)
      }
    }),
  )
})

test('of what is due, the higher priority goes first; what is not due does not (RFC 6710 §5.2)', () => {
  const agenda = new Agenda()
  agenda.set(1, 5)
  agenda.set(2, 8, 4)
  agenda.set(3, 9, 9)
  agenda.set(4, 6, -3)
  expect([1, 2, 3, 4, 5].map(() => agenda.takeDue(8))).toEqual([2, 1, 4, undefined, undefined])
  expect(agenda.takeDue(9)).toBe(3)
})
