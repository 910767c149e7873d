import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  formatStsPolicy,
  parseStsPolicy,
  stsAllows,
  stsPolicyLines,
  type StsPolicy,
  stsPolicyId,
  stsRecord,
  stsRecordId,
} from '../../../src/format/index.ts'

describe('the TXT record at _mta-sts (RFC 8461 §3.1)', () => {
  test.each<[string, string[], string]>([
    ["the RFC's example", ['v=STSv1; id=20160831085700Z;'], '20160831085700Z'],
    ['without a final semicolon', ['v=STSv1;id=1'], '1'],
    ['space and tab around semicolons', ['v=STSv1 \t; \tid=a1 ; '], 'a1'],
    ['extension fields', ['v=STSv1; x-1.a_b=c/d:e; id=42; y=z'], '42'],
    ['other TXT records beside it', ['v=spf1 -all', 'v=STSv1; id=7;', 'v=STSv2; id=8;'], '7'],
  ])('%s', (_, records, id) => expect(stsRecordId(records)).toBe(id))

  test.each<[string, string[]]>([
    ['none', []],
    ['two of them', ['v=STSv1; id=1;', 'v=STSv1; id=1;']],
    ['one good and one malformed, which counts as a second', ['v=STSv1; id=1;', 'v=STSv1; id;']],
    ['the version in small letters', ['v=stsv1; id=1;']],
    ['the version not in front', ['id=1; v=STSv1;']],
    ['no id', ['v=STSv1; a=b;']],
    ['an id of 33 characters', [`v=STSv1; id=${'a'.repeat(33)};`]],
    ['an id with a hyphen', ['v=STSv1; id=2016-08;']],
    ['two ids', ['v=STSv1; id=1; id=2;']],
    ['a field without a value', ['v=STSv1; id=1; x=;']],
    ['two semicolons', ['v=STSv1;; id=1;']],
    ['blank in front', [' v=STSv1; id=1;']],
    ['a line end behind', ['v=STSv1; id=1;\n']],
  ])('is none: %s', (_, records) => expect(stsRecordId(records)).toBeUndefined())

  test('the id of a policy of ours changes with it, and only with it', () => {
    const id = stsPolicyId(enforced)
    expect(stsRecordId([stsRecord(id)])).toBe(id)
    expect(stsPolicyId(structuredClone(enforced))).toBe(id)
    const others = [
      { ...enforced, mode: 'testing' as const },
      { ...enforced, mx: ['a.example'] },
      { ...enforced, maxAge: 1 },
    ]
    expect(new Set([id, ...others.map(stsPolicyId)]).size).toBe(4)
  })

  test('ours reads back', () => expect(stsRecordId([stsRecord('abc123')])).toBe('abc123'))
})

const example = 'version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\nmax_age: 604800\r\n'
const enforced: StsPolicy = { mode: 'enforce', mx: ['mail.example.com', '*.example.net'], maxAge: 604_800 }

describe('the policy file (RFC 8461 §3.2)', () => {
  test.each<[string, string, StsPolicy]>([
    ["the RFC's example", example, enforced],
    ['line feeds alone', example.replaceAll('\r', ''), enforced],
    ['no end of the last line', example.trimEnd(), enforced],
    ['blanks behind values and empty lines', example.replaceAll('\r\n', ' \t\r\n\r\n'), enforced],
    ['no blank behind the colon', example.replaceAll(': ', ':'), enforced],
    ['names in capitals', example.replace('mail.example.com', 'MAIL.Example.com'), enforced],
    ['unknown fields', `${example}x-new: some thing\n`, enforced],
    ['a field twice: the first counts', `${example}mode: none\nmax_age: 1\nversion: STSv2\n`, enforced],
    ['mode none without mx', 'version: STSv1\nmode: none\nmax_age: 1\n', { mode: 'none', mx: [], maxAge: 1 }],
    ['an age above a year is a year', example.replace('604800', '9999999999'), { ...enforced, maxAge: 31_557_600 }],
  ])('%s', (_, text, policy) => expect(parseStsPolicy(text)).toEqual({ ok: true, policy }))

  test.each<[string, string]>([
    ['empty', ''],
    ['a page of HTML', '<!doctype html>\n<p>Not found'],
    ['no version', example.replace('version: STSv1\r\n', '')],
    ['another version', example.replace('STSv1', 'STSv2')],
    ['no mode', example.replace('mode: enforce\r\n', '')],
    ['an unknown mode', example.replace('enforce', 'enforced')],
    ['a mode in capitals', example.replace('enforce', 'Enforce')],
    ['no mx', example.replaceAll(/mx: .*\r\n/g, '')],
    ['a wildcard inside', example.replace('*.example.net', 'mx.*.example.net')],
    ['a wildcard alone', example.replace('*.example.net', '*')],
    ['an mx that is a URL', example.replace('mail.example.com', 'https://mail.example.com/')],
    ['no max_age', example.replace('max_age: 604800\r\n', '')],
    ['a negative max_age', example.replace('604800', '-1')],
    ['a max_age of 11 digits', example.replace('604800', '12345678901')],
    ['a field name of 33 characters', `${example}${'a'.repeat(33)}: b\n`],
    ['more than 64 KB', `${example}${'x: y\n'.repeat(14_000)}`],
    ['101 names', example.replace('max_age', `${'mx: a.example\r\n'.repeat(100)}max_age`)],
  ])('is invalid: %s', (_, text) => expect(parseStsPolicy(text)).toMatchObject({ ok: false }))

  test('what we write reads back the same', () => {
    const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,5}[a-z0-9])?$/)
    const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'))
    const pattern = fc.tuple(fc.boolean(), name).map(([wild, text]) => (wild ? `*.${text}` : text))
    const policy = fc.record({
      mode: fc.constantFrom('enforce' as const, 'testing' as const, 'none' as const),
      mx: fc.array(pattern, { minLength: 1, maxLength: 5 }),
      maxAge: fc.nat(31_557_600),
    })
    fc.assert(
      fc.property(policy, (written) => {
        expect(parseStsPolicy(formatStsPolicy(written))).toEqual({ ok: true, policy: written })
      }),
    )
    expect(stsPolicyLines(enforced)).toEqual(example.trimEnd().split('\r\n'))
  })

  test('no text makes the parser throw', () => {
    const piece = fc.oneof(fc.string(), fc.constantFrom('version: STSv1', 'mode: testing', 'mx: a', 'max_age: 1', '\n'))
    fc.assert(fc.property(fc.array(piece), (pieces) => void parseStsPolicy(pieces.join(''))))
  })
})

describe('names of mail servers (RFC 8461 §4.1)', () => {
  test.each<[string, boolean]>([
    ['mail.example.com', true],
    ['mx1.example.net', true],
    ['example.net', false],
    ['a.b.example.net', false],
    ['.example.net', false],
    ['evilexample.net', false],
    ['mail.example.com.evil.test', false],
  ])('%s: %s', (host, allowed) => expect(stsAllows(enforced, host)).toBe(allowed))
})
