import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromLatin1, latin1 } from '../../../src/format/index.ts'
import { LineReader } from '../../../src/protocol/pop3/index.ts'
import { chunked, chunkSizes } from '../../chunked.ts'

const limits = { line: 20, pending: 100 }

function lines(text: string, size = Infinity, reader = new LineReader(limits)): string[] {
  const seen: string[] = []
  for (const chunk of chunked(fromLatin1(text), size)) {
    reader.receive(chunk)
    for (let line = reader.next(); line !== undefined; line = reader.next()) {
      seen.push(line.type === 'line' ? line.text : line.type)
      if (line.type === 'too-long') return seen
    }
  }
  return seen
}

describe('lines', () => {
  it.each([
    ['end with CRLF', 'STAT\r\nLIST\r\n', ['STAT', 'LIST']],
    ['end with LF too', 'STAT\nLIST\n', ['STAT', 'LIST']],
    ['may be empty', '\r\n\n', ['', '']],
    ['keep a lone CR', 'A\rB\r\n', ['A\rB']],
    ['keep every octet', '\0\xff\r\n', ['\0\xff']],
    ['that are not finished wait', 'STAT', []],
    ['as long as allowed', `${'x'.repeat(20)}\r\n`, ['x'.repeat(20)]],
    ['one octet longer', `${'x'.repeat(21)}\r\n`, ['too-long']],
    ['that never end', 'x'.repeat(1000), ['too-long']],
  ])('%s, however they are cut', (_, text, expected) => {
    for (const size of chunkSizes) expect(lines(text, size)).toEqual(expected)
  })

  it('are the same for every way to cut them', () => {
    const unit = fc.constantFrom('\r', '\n', 'a', ' ', '\xe9')
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 60 }), (text) => {
        const whole = lines(text)
        for (const size of chunkSizes) expect(lines(text, size)).toEqual(whole)
      }),
    )
  })

  it('leave what is behind them to the session', () => {
    const reader = new LineReader(limits)
    reader.receive(fromLatin1('PASS x\r\nSTAT\r\nLI'))
    expect(reader.next()).toEqual({ type: 'line', text: 'PASS x' })
    expect(reader.snapshot(10)).toBe('STAT\r\nLI')
    expect(reader.snapshot(7)).toBeUndefined()
    expect(latin1(reader.takeRest())).toBe('STAT\r\nLI')
    expect(reader.empty).toBe(true)
    expect(reader.next()).toBeUndefined()
  })

  it('overrun when more wait than may', () => {
    const reader = new LineReader(limits)
    reader.receive(fromLatin1('NOOP\r\n'.repeat(16)))
    expect(reader.overrun).toBe(false)
    reader.receive(fromLatin1('NOOP\r\n'))
    expect(reader.overrun).toBe(true)
  })
})
