import { expect, test } from 'vitest'
import { table } from '../../src/cli/table.ts'

test('columns are as wide as what is in them, but for the last', () => {
  expect(
    table([
      ['a', 'bb', 'c'],
      ['aaa', 'b', 'cc'],
    ]),
  ).toBe('a    bb  c\naaa  b   cc')
})

test('what strangers say neither speaks to the terminal nor passes for another row', () => {
  expect(table([['550 \u001b]0;owned\u0007\u001b[2J', 'a\r\n2026 administrator', '\u009b31m']])).toBe(
    '550 ?]0;owned??[2J  a??2026 administrator  ?31m',
  )
})
