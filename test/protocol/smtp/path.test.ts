import { describe, expect, test } from 'vitest'
import { isAddressLiteral, parsePath } from '../../../src/protocol/smtp/path.ts'

describe('a path is accepted (RFC 5321 §4.1.2)', () => {
  test.each([
    ['<a@b.example>', 'a@b.example'],
    ['<first.last+tag@sub.example.com>', 'first.last+tag@sub.example.com'],
    ["<!#$%&'*+-/=?^_`{|}~@example.com>", "!#$%&'*+-/=?^_`{|}~@example.com"],
    ['<"a b"@example.com>', '"a b"@example.com'],
    ['<"a\\"b\\\\c"@example.com>', '"a\\"b\\\\c"@example.com'],
    ['<"a>b"@example.com>', '"a>b"@example.com'],
    ['<""@example.com>', '""@example.com'],
    ['<a@localhost>', 'a@localhost'],
    ['<a@[192.0.2.1]>', 'a@[192.0.2.1]'],
    ['<a@[IPv6:2001:db8::1]>', 'a@[IPv6:2001:db8::1]'],
    ['<@relay.example,@other.example:a@b.example>', 'a@b.example'],
    ['<a@under_score.example>', 'a@under_score.example'],
    ['<用户@例子.测试>', '用户@例子.测试'],
    [`<${'l'.repeat(64)}@example.com>`, `${'l'.repeat(64)}@example.com`],
    ['<Postmaster>', 'Postmaster'],
  ])('%s', (text, address) => {
    expect(parsePath(text, 'forward')?.address).toBe(address)
  })
})

describe('a path is refused', () => {
  test.each([
    ['', 'nothing'],
    ['a@b.example', 'no brackets'],
    ['<a@b.example', 'not closed'],
    ['<>', 'null path as recipient'],
    ['<a>', 'no domain'],
    ['<@b.example>', 'no local part'],
    ['<a@>', 'empty domain'],
    ['<.a@b.example>', 'leading dot'],
    ['<a.@b.example>', 'trailing dot'],
    ['<a..b@example.com>', 'two dots'],
    ['<a b@example.com>', 'space outside quotes'],
    ['<a@b@c.example>', 'two at signs'],
    ['<"a@example.com>', 'open quote'],
    ['<"a"b@example.com>', 'text after the quote'],
    ['<a@-b.example>', 'label begins with a hyphen'],
    ['<a@b-.example>', 'label ends with a hyphen'],
    ['<a@b..example>', 'empty label'],
    ['<a@b.example.>', 'root dot'],
    ['<a@[1.2.3]>', 'short IPv4'],
    ['<a@[256.0.0.1]>', 'IPv4 out of range'],
    ['<a@[IPv6:1::2::3]>', 'two gaps'],
    ['<a@[x:1]>', 'unregistered tag'],
    ['<a@b.example>x', 'text after the path'],
    ['<a\0b@example.com>', 'NUL'],
    ['<a\r\nRCPT@example.com>', 'line break'],
    [`<${'l'.repeat(65)}@example.com>`, 'local part over 64 octets (§4.5.3.1.1)'],
    [`<${'é'.repeat(33)}@example.com>`, 'local part over 64 octets in UTF-8'],
    [`<a@${'d'.repeat(64)}.example>`, 'label over 63 octets'],
    [`<a@${'d.'.repeat(127)}example>`, 'path over 256 octets (§4.5.3.1.3)'],
    ['<@relay.example:>', 'only a source route'],
  ])('%s: %s', (text) => {
    expect(parsePath(text, 'forward')).toBeUndefined()
  })
})

test('the null reverse-path is the empty address (RFC 5321 §4.5.5)', () => {
  expect(parsePath('<> SIZE=1', 'reverse')).toEqual({ address: '', international: false, rest: 'SIZE=1' })
  expect(parsePath('<postmaster>', 'reverse')).toBeUndefined()
})

test('a long bounce address is a valid reverse-path as long as the path fits', () => {
  const address = `SRS0=${'x'.repeat(100)}@forwarder.example`
  expect(parsePath(`<${address}>`, 'reverse')?.address).toBe(address)
  expect(parsePath(`<${address}>`, 'forward')).toBeUndefined()
})

test('knows when an address needs SMTPUTF8 (RFC 6531)', () => {
  expect(parsePath('<a@b.example>', 'forward')?.international).toBe(false)
  expect(parsePath('<é@b.example>', 'forward')?.international).toBe(true)
  expect(parsePath('<"é x"@bücher.example>', 'forward')?.international).toBe(true)
})

test.each([
  ['[IPv6:::]', true],
  ['[IPv6:::1]', true],
  ['[IPv6:1:2:3:4:5:6:7:8]', true],
  ['[IPv6:::ffff:192.0.2.1]', true],
  ['[IPv6:1:2:3:4:5:6:192.0.2.1]', true],
  ['[IPv6:1:2:3:4:5:6:7]', false],
  ['[IPv6:1:2:3:4:5:6:7:8:9]', false],
  ['[IPv6:1:2:3:4:5:6::8]', true],
  ['[IPv6:1:2:3:4:5:6:7::8]', false],
  ['[IPv6:]', false],
  ['[IPv6:12345::]', false],
  ['[IPv6:1:2:192.0.2.1:3::]', false],
  ['[192.0.2.01]', false],
  ['192.0.2.1', false],
])('address literal %s: %s (RFC 5321 §4.1.3)', (text, valid) => {
  expect(isAddressLiteral(text)).toBe(valid)
})

test.each([
  `<${'@a,'.repeat(650)}`,
  `<@${'a,@'.repeat(650)}b`,
  `<${'a.'.repeat(1000)}`,
  `<a@${'b-'.repeat(1000)}>`,
  `<a@${'b.'.repeat(1000)}>`,
  `<"${'\\"'.repeat(1000)}`,
  `<a@[${':'.repeat(2000)}]>`,
])('a hostile path of 2,000 octets is refused in no time', (text) => {
  const started = performance.now()
  for (let i = 0; i < 100; i++) expect(parsePath(text, 'forward')).toBeUndefined()
  expect(performance.now() - started).toBeLessThan(1000)
})
