import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  encodeUtf8,
  flattenAddresses,
  formatAddress,
  latin1,
  normaliseAddress,
  parseAddressList,
  splitAddress,
} from '../../src/format/index.ts'

describe('splitAddress (RFC 5321 §4.1.2)', () => {
  test.each([
    ['alice@example.org', 'alice', 'example.org'],
    ['Alice.B@EXAMPLE.Org', 'Alice.B', 'example.org'],
    ['"john doe"@example.org', 'john doe', 'example.org'],
    ['"a\\"b\\\\"@example.org', 'a"b\\', 'example.org'],
    ['"@"@example.org', '@', 'example.org'],
    ['a+tag@[192.0.2.1]', 'a+tag', '[192.0.2.1]'],
    ['a@[IPv6:2001:DB8::1]', 'a', '[ipv6:2001:db8::1]'],
    ['jörg@bücher.example', 'jörg', 'bücher.example'],
    ['_x@a_b.example', '_x', 'a_b.example'],
  ])('%s', (address, localPart, domain) => expect(splitAddress(address)).toEqual({ localPart, domain }))

  test.each([
    ['nothing', ''],
    ['no at sign', 'alice'],
    ['an empty local part', '@example.org'],
    ['an empty domain', 'alice@'],
    ['two dots', 'a..b@example.org'],
    ['a leading dot', '.a@example.org'],
    ['a dot at the end of the domain', 'a@example.org.'],
    ['a label that begins with a hyphen', 'a@-x.org'],
    ['a space', 'a b@example.org'],
    ['a line end (header injection)', 'a@example.org\r\nBcc: x@y'],
    ['a line end in quotes', '"a\r\nb"@example.org'],
    ['an open quote', '"a@example.org'],
    ['a backslash before the closing quote', '"a\\"@example.org'],
    ['angle brackets', '<a@example.org>'],
    ['a local part over 64 octets (§4.5.3.1.1)', `${'a'.repeat(65)}@example.org`],
    ['a domain over 255 octets (§4.5.3.1.2)', `a@${'a.'.repeat(128)}org`],
  ])('refuses %s', (_, address) => expect(splitAddress(address)).toBeUndefined())
})

test('normaliseAddress is idempotent, lowers the domain only, and drops needless quotes', () => {
  expect(normaliseAddress('"Alice"@EXAMPLE.org')).toBe('Alice@example.org')
  expect(normaliseAddress('"a b"@EXAMPLE.org')).toBe('"a b"@example.org')
  expect(normaliseAddress('not an address')).toBe('not an address')
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, maxLength: 20, unit: fc.constantFrom(...'aZ." \\@+'.split('')) }),
      (localPart) => {
        const address = formatAddress({ localPart, domain: 'example.org' })
        expect(splitAddress(address)).toEqual({ localPart, domain: 'example.org' })
        expect(normaliseAddress(address)).toBe(address)
      },
    ),
  )
})

describe('address lists (RFC 5322 §3.4, appendix A)', () => {
  test.each([
    ['alice@example.org', [{ address: 'alice@example.org' }]],
    ['John Doe <jdoe@machine.example>', [{ name: 'John Doe', address: 'jdoe@machine.example' }]],
    [
      '"Joe Q. Public" <john.q.public@example.com>, Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>',
      [
        { name: 'Joe Q. Public', address: 'john.q.public@example.com' },
        { name: 'Mary Smith', address: 'mary@x.test' },
        { address: 'jdoe@example.org' },
        { name: 'Who?', address: 'one@y.test' },
      ],
    ],
    [
      '<boss@nil.test>, "Giant; \\"Big\\" Box" <sysservices@example.net>',
      [{ address: 'boss@nil.test' }, { name: 'Giant; "Big" Box', address: 'sysservices@example.net' }],
    ],
    [
      'A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;',
      [
        {
          name: 'A Group',
          addresses: [
            { name: 'Ed Jones', address: 'c@a.test' },
            { address: 'joe@where.test' },
            { name: 'John', address: 'jdoe@one.test' },
          ],
        },
      ],
    ],
    ['Undisclosed recipients:;', [{ name: 'Undisclosed recipients', addresses: [] }]],
    ['Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>', [{ name: 'Pete', address: 'pete@silly.test' }]],
    ['Joe Q. Public <john.q.public@example.com>', [{ name: 'Joe Q. Public', address: 'john.q.public@example.com' }]],
    [
      'Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example',
      [{ name: 'Mary Smith', address: 'mary@example.net' }, { address: 'jdoe@test.example' }],
    ],
    ['jdoe@example.org (Jane Doe)', [{ name: 'Jane Doe', address: 'jdoe@example.org' }]],
    ['"john doe"@example.org', [{ address: '"john doe"@example.org' }]],
    ['a@[192.0.2.1], b@[IPv6:2001:db8::1]', [{ address: 'a@[192.0.2.1]' }, { address: 'b@[IPv6:2001:db8::1]' }]],
    ['=?utf-8?Q?J=C3=B6rg?= <j@x.test>', [{ name: 'Jörg', address: 'j@x.test' }]],
    ['a@x.test; b@x.test', [{ address: 'a@x.test' }, { address: 'b@x.test' }]],
  ])('%s', (value, expected) => expect(parseAddressList(value)).toEqual(expected))

  test.each([
    ['a missing closing bracket', 'Ann <a@x.test', [{ name: 'Ann', address: 'a@x.test' }]],
    [
      'a remark behind the bracket',
      '<a@x.test> remark, <b@x.test>',
      [{ address: 'a@x.test' }, { address: 'b@x.test' }],
    ],
    [
      'a missing comma',
      'A <a@x.test> B <b@x.test>',
      [
        { name: 'A', address: 'a@x.test' },
        { name: 'B', address: 'b@x.test' },
      ],
    ],
    ['no domain', 'alice', [{ address: 'alice' }]],
    ['words only', 'nobody in particular', [{ name: 'nobody in particular', address: '' }]],
    ['an open quote', '"Ann <a@x.test>', [{ address: 'Ann <a@x.test>' }]],
    ['an open comment', '(Ann <a@x.test>', []],
    ['commas only', ',,,', []],
    ['nothing', '', []],
  ])('makes the best of %s', (_, value, expected) => expect(parseAddressList(value)).toEqual(expected))

  test('raw UTF-8 is read (RFC 6532)', () => {
    expect(parseAddressList(latin1(encodeUtf8('Jörg <jörg@bücher.test>')))).toEqual([
      { name: 'Jörg', address: 'jörg@bücher.test' },
    ])
  })

  test('an encoded line end cannot leave a name (header injection)', () => {
    expect(parseAddressList('=?utf-8?Q?a=0D=0ABcc:_x?= <a@x.test>')).toEqual([{ name: 'aBcc: x', address: 'a@x.test' }])
  })

  test('at most so many are taken', () => {
    expect(parseAddressList('a@x,'.repeat(5000), 100)).toHaveLength(100)
    expect(flattenAddresses(parseAddressList(`g:${'a@x,'.repeat(5000)};`, 100)).length).toBeLessThanOrEqual(100)
  })

  test('never throws', () => {
    const unit = fc.constantFrom(...'ab@.,;:<>()"\\[] \t=?\xe4'.split(''), '\r\n ')
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 60 }), (value) => {
        for (const { address } of flattenAddresses(parseAddressList(value))) expect(typeof address).toBe('string')
      }),
      { numRuns: 2000 },
    )
  })
})
