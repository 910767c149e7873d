/** Lists, aliases, rules and servers that send on, in any arrangement (RFC 5321 §6.3: loops; §3.9: lists and aliases). */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Plan, Town } from './town.ts'

const nobody: Plan = { people: ['ann', 'bob', 'cem'], aliases: {}, lists: {}, forwards: {}, rules: [] }

function each<T>(names: readonly string[], value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> {
  return fc.record(Object.fromEntries(names.map((one) => [one, value])))
}

function plans(outside: readonly string[]): fc.Arbitrary<Plan> {
  const people = ['ann', 'bob', 'cem']
  const aliases = ['p', 'q']
  const lists = ['x', 'y', 'z']
  const local = fc.constantFrom(...people, ...aliases, ...lists)
  const name = fc.constantFrom(...people, ...aliases, ...lists, ...outside)
  const some = (least: number, most: number) => fc.uniqueArray(name, { minLength: least, maxLength: most })
  const rule = fc.oneof(fc.record({ on: local, copy: some(1, 2) }), fc.record({ on: local, redirect: some(1, 2) }))
  return fc
    .record({
      people: fc.constant(people),
      aliases: each(aliases, some(1, 3)),
      lists: each(lists, some(0, 4)),
      forwards: each(outside, local),
      rules: fc.array(rule, { maxLength: 3 }),
    })
    .map((plan) => ({
      ...plan,
      // An alias of its own is refused when it is made.
      aliases: Object.fromEntries(
        Object.entries(plan.aliases).map(([alias, targets]) => [
          alias,
          targets.map((to) => (to === alias ? 'ann' : to)),
        ]),
      ),
    }))
}

const starts = fc.constantFrom('ann', 'p', 'q', 'x', 'y', 'z')

describe('in any arrangement', () => {
  test(
    'mail comes to rest, everybody whom it leads to gets it, and a list serves each member once',
    { timeout: 60_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(plans(['f', 'g']), starts, async (plan, start) => {
          const town = new Town(plan)
          await town.post(start)
          expect(new Set(town.handed).size).toBe(town.handed.length)
          for (const person of town.reachable(start)) expect(town.copies(person), person).not.toEqual([])
          expect(town.world.faults).toEqual([])
        }),
        { numRuns: 50 },
      )
    },
  )

  test(
    'of one place nobody gets more than a copy for each list that they are on, and one without',
    { timeout: 60_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(plans([]), starts, async (plan, start) => {
          const town = new Town(plan)
          await town.post(start)
          for (const person of plan.people) {
            const copies = town.copies(person).filter((path) => path !== '')
            expect(new Set(copies).size, person).toBe(copies.length)
          }
        }),
        { numRuns: 50 },
      )
    },
  )
})

describe('without circles nobody gets more than one copy', () => {
  test.each<[string, Partial<Plan>]>([
    ['of a list', { lists: { x: ['ann', 'bob'] } }],
    ['of a list in a list', { lists: { x: ['ann', 'y'], y: ['bob'] } }],
    ['by two lists that lead to one', { lists: { x: ['y', 'z'], y: ['w'], z: ['w'], w: ['ann', 'bob'] } }],
    ['by an alias and what it stands for', { lists: { x: ['p'] }, aliases: { p: ['q', 'ann', 'bob'], q: ['ann'] } }],
    [
      'by a rule and the address itself',
      { lists: { x: ['p'] }, aliases: { p: ['ann', 'bob'] }, rules: [{ on: 'ann', copy: ['bob'] }] },
    ],
  ])('%s', async (_, plan) => {
    const town = new Town({ ...nobody, ...plan })
    await town.post('x')
    expect([town.copies('ann').length, town.copies('bob').length]).toEqual([1, 1])
  })
})

describe('a server that takes our marks away', () => {
  test('and sends a list’s mail back to it twice over: it is known by its Message-ID and date', async () => {
    const town = new Town({ ...nobody, lists: { x: ['ann', 'f', 'g'] }, forwards: { f: 'x', g: 'x' } })
    town.rewritten = (raw) => raw.replace(/^(?:Delivered-To|List-Id):.*\r\n(?:[ \t].*\r\n)*/gim, '')
    expect(await town.post('x')).toMatchObject({ code: 250 })
    expect(town.handed).toEqual(['x ann@facteur.test', 'x f@outside.test', 'x g@outside.test'])
    expect(town.copies('ann')).toHaveLength(1)
  })
})
