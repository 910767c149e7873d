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
    drop: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
      const agenda = new Agenda()
      const model = new Map<number, number>()
      for (const { id, at, drop } of steps) {
        if (drop) {
          agenda.delete(id)
          model.delete(id)
        } else {
          agenda.set(id, at)
          model.set(id, at)
        }
        expect(agenda.size).toBe(model.size)
        const earliest = Math.min(...model.values())
        expect(agenda.earliest() ?? Infinity).toBe(earliest)
      }
      const rest = [...model].filter(([, at]) => at < Infinity).sort((a, b) => a[1] - b[1] || a[0] - b[0])
      expect(rest.map(() => agenda.takeDue(1_000))).toEqual(rest.map(([id]) => id))
    }),
  )
})
