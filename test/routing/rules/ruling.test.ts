import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseHeader } from '../../../src/format/index.ts'
import {
  compileRules,
  type Condition,
  explain,
  type MessageFacts,
  type Rule,
  type Ruling,
} from '../../../src/routing/rules/index.ts'

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

describe('of any rules with any conditions', () => {
  const leaf = fc.constantFrom<Condition>(
    { recipient: 'info' },
    { recipient: 'sales' },
    { subaddress: '' },
    { sender: '*@outside.test' },
    { source: ['submission'] },
    { header: { name: 'Subject' } },
    { header: { name: 'Subject', value: '*bill*' } },
    { size: { over: 500 } },
    { size: { under: 100 } },
    { authentication: { spf: ['pass'], dmarc: ['pass', 'none'] } },
  )
  const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 4 },
      { arbitrary: leaf, weight: 3 },
      { arbitrary: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }).map((all) => ({ all })), weight: 1 },
      { arbitrary: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })), weight: 1 },
      { arbitrary: tie('condition').map((not) => ({ not })), weight: 1 },
    ),
  }))
  const actions = fc.constantFrom<Rule['do']>(
    { tag: ['x'], file: 'F' },
    { copy: ['c@y.test'], webhook: ['w'] },
    { discard: true },
    { redirect: ['r@y.test'] },
    { relay: ['mx'] },
    { reject: { text: 'No' } },
  )
  const rules = fc
    .array(fc.record({ when: condition, do: actions, stop: fc.boolean() }), { maxLength: 6 })
    .map((list) => list.map((rule, at): Rule => ({ name: `r${at}`, ...rule })))
  const whole = fc
    .record({
      subject: fc.constantFrom('', 'Subject: a bill\r\n', 'Subject: hello\r\n'),
      size: fc.constantFrom(50, 300, 1_000),
      spf: fc.constantFrom('pass', 'fail', 'none'),
      dmarc: fc.constantFrom('pass', 'fail', 'none'),
    })
    .map(({ subject, size, spf, dmarc }): MessageFacts => ({
      ...message,
      header: parseHeader(new TextEncoder().encode(`${subject}\r\n`)).header,
      size,
      authentication: { spf, dkim: 'none', dmarc },
    }))

  test('what is said at RCPT is still so once the message is here', () => {
    fc.assert(
      fc.property(rules, whole, (list, facts) => {
        const compiled = compileRules(list)
        const early = compiled.rule(address, message, false)
        if (early.fate.kind !== 'open') expect(compiled.rule(address, facts, true)).toEqual(early)
      }),
    )
  })

  test('the same question has the same answer, however often and after whatever else it is asked', () => {
    fc.assert(
      fc.property(rules, fc.array(whole, { minLength: 2, maxLength: 4 }), (list, messages) => {
        const [one, ...others] = messages as [MessageFacts, ...MessageFacts[]]
        const compiled = compileRules(list)
        const first = compiled.rule(address, one, true)
        for (const other of others) compiled.rule(address, other, true)
        expect(compiled.rule(address, one, true)).toEqual(first)
        expect(compileRules(structuredClone(list)).rule(address, one, true)).toEqual(first)
      }),
    )
  })

  test('a test of them tells what they do: those that fit and are asked', () => {
    fc.assert(
      fc.property(rules, whole, (list, facts) => {
        const told = explain(list, address, facts).filter(({ fits, asked }) => fits && asked)
        expect(told.map(({ name }) => name)).toEqual(compileRules(list).rule(address, facts, true).fitting)
      }),
    )
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
