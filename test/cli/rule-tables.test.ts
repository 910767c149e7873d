import { expect, test } from 'vitest'
import { type Answer, showAnswer, showChanges, showRules } from '../../src/cli/command/rule-tables.ts'

const rule = (name: string, more: object = { do: { discard: true } }) => ({ name, ...more })

test.each<[string, ReturnType<typeof rule>[], ReturnType<typeof rule>[], string[]]>([
  ['nothing', [rule('a')], [rule('a')], []],
  [
    'the order of members, which says nothing',
    [rule('a', { do: {}, stop: true })],
    [rule('a', { stop: true, do: {} })],
    [],
  ],
  ['a new one', [rule('a')], [rule('a'), rule('b')], ['+ b: {"do":{"discard":true}}']],
  ['one that is gone', [rule('a'), rule('b')], [rule('b')], ['- a: {"do":{"discard":true}}']],
  [
    'another content',
    [rule('a', { when: { size: { over: 1 } }, do: { discard: true }, stop: true })],
    [rule('a', { when: { size: { over: 1 } }, do: { tag: ['x'] } })],
    ['~ a', '    - do: {"discard":true}', '    + do: {"tag":["x"]}', '    - stop: true'],
  ],
  ['another order', [rule('a'), rule('b')], [rule('b'), rule('a')], ['~ their order: b, a']],
])('what apply would change: %s', (_, present, wanted, changes) => {
  expect(showChanges(present, wanted)).toEqual(changes)
})

test('rules are listed in their order', () => {
  expect(showRules([rule('all'), rule('bills', { when: { recipient: 'b' }, do: { tag: ['x'] }, stop: true })])).toBe(
    ['1  all    always             {"discard":true}', '2  bills  {"recipient":"b"}  {"tag":["x"]} stop'].join('\n'),
  )
  expect(showRules([])).toBe('There are no rules.')
})

test('a test tells of each rule whether it fits, and where the message ends', () => {
  const answer: Answer = {
    rules: [
      { name: 'a', fits: false, asked: true, conditions: { sender: false, size: true } },
      { name: 'b', fits: true, asked: true, conditions: {} },
      { name: 'c', fits: true, asked: false, conditions: {} },
    ],
    resolution: {
      kind: 'route',
      destinations: [
        { kind: 'mailbox', address: 'a@b.test', marks: { keywords: ['x'], mailbox: 'M' } },
        { kind: 'relay', address: 'c@d.test', ways: ['backup', 'mx'], copy: true },
      ],
      dead: [{ address: 'gone@b.test', reply: { code: 550, enhanced: '5.1.1', text: 'No such user here' } }],
    },
  }
  expect(showAnswer(answer).split('\n')).toEqual([
    '1  a  does not fit  sender: no, size: yes',
    '2  b  fits          ',
    '3  c  is not asked  ',
    '',
    'It goes to: mailbox of a@b.test, in M, tagged x',
    'A copy goes to: c@d.test, to outside, by backup, mx',
    'Nowhere to go: gone@b.test: 550 5.1.1 No such user here',
  ])
  const refused = {
    rules: [],
    resolution: { kind: 'reject' as const, reply: { code: 550, enhanced: '5.7.1', text: 'No' } },
  }
  expect(showAnswer(refused)).toContain('The message is refused: 550 5.7.1 No')
})
