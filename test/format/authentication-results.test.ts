import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type AuthenticationResult,
  authenticationResultsField,
  encodeUtf8,
  formatAuthenticationResults,
  latin1,
  parseAuthenticationResults,
  parseHeader,
  removeAuthenticationResults,
} from '../../src/format/index.ts'

describe('reading (RFC 8601 appendix B)', () => {
  test('nothing was checked (B.2)', () => {
    expect(parseAuthenticationResults(' example.org 1; none')).toEqual({ authservId: 'example.org', results: [] })
  })

  test('several methods (B.5)', () => {
    const value =
      ' example.com;\r\n          sender-id=fail header.from=example.com;\r\n' +
      '          dkim=pass (good signature) header.d=example.com'
    expect(parseAuthenticationResults(value)?.results).toEqual([
      { method: 'sender-id', result: 'fail', properties: [{ type: 'header', name: 'from', value: 'example.com' }] },
      { method: 'dkim', result: 'pass', properties: [{ type: 'header', name: 'd', value: 'example.com' }] },
    ])
  })

  test('comments everywhere (B.7)', () => {
    const value =
      ' foo.example.net (foobar) 1 (baz);\r\n dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n' +
      "  policy (A dot can go here) . (like that) expired\r\n  (this surprised me) = (as I wasn't expecting it) 1362471462"
    // Nobody writes it so, and whoever reads only the plain forms is not misled by it: it is no result.
    expect(parseAuthenticationResults(value)).toBeUndefined()
    expect(parseAuthenticationResults('(a (b) c) x.example (\\)) ; (;) spf = (=) pass (d)')).toEqual({
      authservId: 'x.example',
      results: [{ method: 'spf', result: 'pass', properties: [] }],
    })
  })

  test('reasons, quoted strings, addresses, base64', () => {
    const value =
      'x; dkim/1=fail reason="bad \\"sig\\"; really" header.i=@a.example header.b=/gCr+A== header.d="a.example"; ' +
      'spf=pass smtp.mailfrom="a b"@c.example smtp.helo=h.example;'
    expect(parseAuthenticationResults(value)?.results).toEqual([
      {
        method: 'dkim',
        result: 'fail',
        reason: 'bad "sig"; really',
        properties: [
          { type: 'header', name: 'i', value: '@a.example' },
          { type: 'header', name: 'b', value: '/gCr+A==' },
          { type: 'header', name: 'd', value: 'a.example' },
        ],
      },
      {
        method: 'spf',
        result: 'pass',
        properties: [
          { type: 'smtp', name: 'mailfrom', value: '"a b"@c.example' },
          { type: 'smtp', name: 'helo', value: 'h.example' },
        ],
      },
    ])
  })

  test.each([
    '',
    ';',
    'x 2; none',
    'x; spf',
    'x; spf=',
    'x; =pass',
    'x; spf=pass smtp.mailfrom',
    'x; spf=pass what=1',
    'x; "',
    'x y z',
  ])('%j is not one', (value) => expect(parseAuthenticationResults(value)).toBeUndefined())
})

describe('writing', () => {
  const results: AuthenticationResult[] = [
    {
      method: 'dkim',
      result: 'pass',
      properties: [
        { type: 'header', name: 'd', value: 'example.com' },
        { type: 'header', name: 'i', value: 'anna@example.com' },
        { type: 'header', name: 's', value: 'a-very-long-selector-of-november-2026' },
        { type: 'header', name: 'b', value: '/gCrinpc' },
      ],
    },
    { method: 'spf', result: 'fail', reason: 'not a permitted sender', properties: [] },
  ]

  test('each method on its own line, folded', () => {
    expect(authenticationResultsField('mx.facteur.test', results)).toBe(
      'Authentication-Results: mx.facteur.test;\r\n' +
        '\tdkim=pass header.d=example.com header.i=anna@example.com\r\n' +
        '\t header.s=a-very-long-selector-of-november-2026 header.b="/gCrinpc";\r\n' +
        '\tspf=fail reason="not a permitted sender"\r\n',
    )
    expect(formatAuthenticationResults('mx.facteur.test', [])).toBe('mx.facteur.test;\r\n\tnone')
  })

  test('values cannot add a result, a field or a line (header injection)', () => {
    const value = 'x; dmarc=pass\r\nX-Evil: 1\r\n\r\n"(\\'
    const spf = { method: 'spf', result: 'fail', properties: [{ type: 'smtp', name: 'helo', value }] }
    const field = authenticationResultsField('mx', [spf])
    expect(parseHeader(encodeUtf8(field)).header.fields).toHaveLength(1)
    const parsed = parseAuthenticationResults(field.slice(field.indexOf(':') + 1))
    expect(parsed?.results.map(({ method }) => method)).toEqual(['spf'])
  })

  test('what is written is read again', () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/)
    const value = fc.string({ minLength: 1, maxLength: 40 }).map((text) => text.replace(/[\0-\x1f\x7f]/g, ' '))
    const property = fc.record({ type: word, name: word, value })
    const result = fc.record({
      method: word,
      result: word,
      reason: value,
      properties: fc.array(property, { maxLength: 5 }),
    })
    fc.assert(
      fc.property(value, fc.array(result, { maxLength: 4 }), (authservId, list) => {
        const text = formatAuthenticationResults(authservId, list)
        const read = parseAuthenticationResults(latin1(encodeUtf8(text)))
        expect(read).toEqual({ authservId, results: list })
      }),
    )
  })
})

const remove = (text: string) => latin1(removeAuthenticationResults(encodeUtf8(text), ['mx.facteur.test']))

describe('removing (RFC 8601 §5)', () => {
  test('fields in our name, in any spelling, and those that cannot be read', () => {
    const text = [
      'Received: x',
      'Authentication-Results: mx.facteur.test; dkim=pass',
      'authentication-results :',
      '\t(forged) "MX.Facteur.test" 1; spf=pass',
      'Authentication-Results: other.example; dkim=fail',
      'Authentication-Results: "mx.facteur.test',
      'Authentication-Results:',
      'From: a@b',
      '',
      'Authentication-Results: mx.facteur.test; in the body',
      '',
    ].join('\r\n')
    expect(remove(text)).toBe(
      'Received: x\r\nAuthentication-Results: other.example; dkim=fail\r\nFrom: a@b\r\n\r\n' +
        'Authentication-Results: mx.facteur.test; in the body\r\n',
    )
  })

  test('one behind thousands of fields is found', () => {
    const fields = 'X-Filler: x\r\n'.repeat(20_000)
    expect(remove(`${fields}Authentication-Results: mx.facteur.test; dkim=pass\r\n\r\n`)).toBe(`${fields}\r\n`)
  })

  test('without any the octets stay the same', () => {
    const raw = encodeUtf8('From: a@b\r\nAuthentication-Results: b; none\r\n\r\n')
    expect(removeAuthenticationResults(raw, ['a'])).toBe(raw)
  })
})

test('hostile values are read in no time', () => {
  const start = performance.now()
  parseAuthenticationResults('('.repeat(200_000))
  parseAuthenticationResults(`x${'; a=b c.d=e'.repeat(50_000)}`)
  parseAuthenticationResults(`x; a="${'\\"'.repeat(100_000)}`)
  parseAuthenticationResults(`x; a=${'b'.repeat(200_000)} `)
  expect(performance.now() - start).toBeLessThan(500)
})
