import { describe, expect, test } from 'vitest'
import { announcedLimit, announcedSize, parseCapabilities } from '../../../src/protocol/smtp/client/capabilities.ts'
import { contentNeeds } from '../../../src/protocol/smtp/client/content-needs.ts'
import { bytes } from './transcript.ts'

const offer = (...lines: string[]) => parseCapabilities({ code: 250, text: ['them.example hello', ...lines] }, true)

describe('an EHLO answer (RFC 5321 §4.1.1.1)', () => {
  test('name, keywords in any case, parameters', () => {
    const { name, keywords } = offer('pipelining', 'Size 1000', 'AUTH PLAIN  LOGIN', 'X-FOO')
    expect(name).toBe('them.example')
    expect([...keywords]).toEqual([
      ['PIPELINING', ''],
      ['SIZE', '1000'],
      ['AUTH', 'PLAIN  LOGIN'],
      ['X-FOO', ''],
    ])
  })

  test('AUTH= of old servers, after the proper line and alone', () => {
    expect(offer('AUTH PLAIN', 'AUTH=LOGIN').keywords.get('AUTH')).toBe('PLAIN')
    expect(offer('AUTH=LOGIN').keywords.get('AUTH')).toBe('LOGIN')
  })

  test('lines that are no keywords are passed over', () => {
    expect(offer('', ' ', '-X', '??', 'DSN').keywords.size).toBe(1)
  })

  test('after HELO there are none', () => {
    const plain = parseCapabilities({ code: 250, text: ['them.example', 'PIPELINING'] }, false)
    expect(plain.keywords.size).toBe(0)
    expect(plain.extended).toBe(false)
  })

  test('a reply of one line', () => {
    expect(parseCapabilities({ code: 250, text: 'them.example at your service' }, true).name).toBe('them.example')
  })

  test.each([
    ['SIZE 1000', 1000],
    ['SIZE', undefined],
    ['SIZE 0', 0],
    ['SIZE -1', undefined],
    ['SIZE 1e3', undefined],
    [`SIZE ${'9'.repeat(20)}`, undefined],
  ])('%s', (line, size) => {
    expect(announcedSize(offer(line))).toBe(size)
  })

  test.each([
    ['LIMITS RCPTMAX=20 MAILMAX=5', 20],
    ['LIMITS MAILMAX=5', undefined],
    ['LIMITS rcptmax=7', 7],
    ['LIMITS RCPTMAX=0', undefined],
    ['LIMITS RCPTMAX=1234567', undefined],
    ['LIMITS XRCPTMAX=5', undefined],
  ])('%s (RFC 9422)', (line, limit) => {
    expect(announcedLimit(offer(line), 'RCPTMAX')).toBe(limit)
  })
})

describe('what content demands', () => {
  const none = { eightBit: false, eightBitHeader: false, binary: false }
  test.each([
    ['', none],
    ['Subject: x\r\n\r\nbody\r\n', none],
    ['no line end', none],
    ['Subject: x\r\n\r\n\xe9\r\n', { ...none, eightBit: true }],
    ['Subject: \xe9\r\n\r\nx', { ...none, eightBit: true, eightBitHeader: true }],
    ['Subject: \xe9', { ...none, eightBit: true, eightBitHeader: true }],
    ['a\0b', { ...none, binary: true }],
    ['a\nb', { ...none, binary: true }],
    ['a\rb', { ...none, binary: true }],
    ['a\r', { ...none, binary: true }],
    ['x'.repeat(998), none],
    [`${'x'.repeat(999)}\r\n`, { ...none, binary: true }],
  ])('%j', (content, needs) => {
    expect(contentNeeds(bytes(content))).toEqual(needs)
  })
})
