import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileRules, type MessageFacts, type Rule, type Ruling } from '../../../src/routing/rules/index.ts'

const message: MessageFacts = { sender: 'eve@outside.test', source: 'smtp' }
const address = { recipient: 'info', subaddress: '' }
const rulingOf = (rules: readonly Rule[], final = true): Ruling => compileRules(rules).rule(address, message, final)

describe('rules', () => {
  test('without one that fits leave everything as it is', () => {
    const rules: Rule[] = [{ name: 'other', when: { recipient: 'sales' }, do: { discard: true } }]
    expect(rulingOf(rules)).toEqual({ fate: { kind: 'keep' }, copies: [], webhooks: [], marks: {}, fitting: [] })
  })

  test('add up until one decides the fate of the message; none behind it is asked', () => {
    const rules: Rule[] = [
      { name: 'a', do: { tag: ['one'], file: 'A' } },
      { name: 'b', do: { tag: ['two', 'one'], copy: ['x@y.test'], webhook: ['orders', 'log'] } },
      { name: 'c', do: { redirect: ['z@y.test'], file: 'C' } },
      { name: 'd', do: { discard: true, tag: ['three'], webhook: ['never'] } },
    ]
    expect(rulingOf(rules)).toEqual({
      fate: { kind: 'redirect', targets: ['z@y.test'] },
      copies: ['x@y.test'],
      webhooks: ['orders', 'log'],
      marks: { keywords: ['one', 'two'], mailbox: 'C' },
      fitting: ['a', 'b', 'c'],
    })
  })

  test('end where one says stop', () => {
    const rules: Rule[] = [
      { name: 'a', do: { tag: ['one'] }, stop: true },
      { name: 'b', do: { discard: true } },
    ]
    expect(rulingOf(rules)).toMatchObject({ fate: { kind: 'keep' }, fitting: ['a'] })
  })

  test.each<[Rule['do'], Ruling['fate']]>([
    [{ discard: true }, { kind: 'discard' }],
    [{ relay: ['backup', 'mx'] }, { kind: 'relay', ways: ['backup', 'mx'] }],
    [{ reject: { text: 'No' } }, { kind: 'reject', reply: { code: 550, enhanced: '5.7.1', text: 'No' } }],
    [
      { reject: { code: 451, text: 'Later' } },
      { kind: 'reject', reply: { code: 451, enhanced: '4.7.1', text: 'Later' } },
    ],
  ])('%j', (actions, fate) => expect(rulingOf([{ name: 'a', do: actions }]).fate).toEqual(fate))

  test('stay open as long as one is open that comes before the one that decides', () => {
    const open: Rule = { name: 'open', when: { size: { over: 10 } }, do: { discard: true } }
    const sure: Rule = { name: 'sure', do: { reject: { text: 'No' } } }
    expect(rulingOf([open, sure], false).fate).toEqual({ kind: 'open' })
    expect(rulingOf([sure, open], false).fate).toMatchObject({ kind: 'reject' })
    expect(rulingOf([open, sure], true).fate).toMatchObject({ kind: 'reject' })
  })
})

describe('of any rules', () => {
  const name = fc.uuid()
  const when = fc.option(
    fc.constantFrom(
      { recipient: 'info' },
      { recipient: 'sales' },
      { sender: '*@outside.test' },
      { not: { source: ['smtp' as const] } },
    ),
    { nil: undefined },
  )
  const actions = fc.constantFrom<Rule['do']>(
    { tag: ['x'] },
    { copy: ['c@y.test'] },
    { file: 'F' },
    { discard: true },
    { redirect: ['r@y.test'] },
  )
  const rule = fc
    .record({ name, when, do: actions, stop: fc.boolean() })
    .map(({ when: condition, ...rest }): Rule => (condition === undefined ? rest : { ...rest, when: condition }))
  const rules = fc.array(rule, { maxLength: 12 })

  test('those that fit are a part of the list in its order', () => {
    fc.assert(
      fc.property(rules, (list) => {
        const order = list.map((one) => one.name)
        const places = rulingOf(list).fitting.map((one) => order.indexOf(one))
        expect(places).toEqual([...places].sort((a, b) => a - b))
      }),
    )
  })

  test('what does not fit changes nothing, wherever it stands', () => {
    const never: Rule = { name: 'never', when: { recipient: 'nobody' }, do: { discard: true }, stop: true }
    fc.assert(
      fc.property(rules, fc.nat({ max: 12 }), (list, at) => {
        expect(rulingOf([...list.slice(0, at), never, ...list.slice(at)])).toEqual(rulingOf(list))
      }),
    )
  })

  test('what stands behind the end changes nothing', () => {
    fc.assert(
      fc.property(rules, rules, (list, more) => {
        const end: Rule = { name: 'end', do: { discard: true } }
        expect(rulingOf([...list, end, ...more])).toEqual(rulingOf([...list, end]))
      }),
    )
  })
})
