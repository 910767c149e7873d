import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CommandReader, bad, type ReaderEvent, type ReaderOptions } from '../../../src/protocol/imap/index.ts'
import { fromLatin1, latin1 } from '../../../src/format/index.ts'
import { chunkSizes, chunked } from '../../chunked.ts'

const options: ReaderOptions = { line: 200, literals: 3, discard: 100, pending: 10_000, admit: () => undefined }

const refuse = () => bad('No')

function events(input: string, size: number, overrides: Partial<ReaderOptions> = {}): unknown[] {
  const reader = new CommandReader({ ...options, ...overrides })
  const seen: unknown[] = []
  for (const chunk of chunked(fromLatin1(input), size)) {
    reader.receive(chunk)
    for (let event = reader.next(); event !== undefined; event = reader.next()) seen.push(plain(event))
  }
  return seen
}

function plain(event: ReaderEvent): unknown {
  if (event.type === 'command') {
    const { tag, name, text, literals } = event.command
    return [tag, name, text, literals.map((literal) => latin1(literal))]
  }
  if (event.type === 'error') return [event.tag, event.error.render().trim(), event.close]
  return event.type === 'line' ? event.line : '+'
}

describe.each(chunkSizes)('commands in chunks of %s', (size) => {
  it.each<[string, string, unknown[]]>([
    ['an empty line is passed over', '\r\n\r\n', []],
    ['no tag', ' NOOP\r\n', [['*', 'BAD A command starts with a tag', false]]],
    ['a plus in the tag', 'a+ NOOP\r\n', [['*', 'BAD A command starts with a tag', false]]],
    ['no name', 'a1\r\n', [['a1', 'BAD Missing command name', false]]],
    ['UID alone', 'a1 UID\r\n', [['a1', 'BAD UID needs a command', false]]],
    ['NUL', 'a1 NOOP \0\r\n', [['a1', 'BAD NUL is not allowed in a command', false]]],
    [
      'too long',
      `a1 NOOP ${'x'.repeat(3000)}\r\na2 NOOP\r\n`,
      [
        ['a1', 'BAD [TOOBIG] Command line too long', false],
        ['a2', 'NOOP', [''], []],
      ],
    ],
    [
      'too long in sum',
      `a1 X {1+}\r\ny${'x'.repeat(250)}\r\na2 NOOP\r\n`,
      [
        ['a1', 'BAD [TOOBIG] Command line too long', false],
        ['a2', 'NOOP', [''], []],
      ],
    ],
    [
      'too long, and its literal is passed over',
      `a1 X ${'x'.repeat(3000)}{9+}\r\nb NOOP\r\n.\r\nc NOOP\r\n`,
      [
        ['a1', 'BAD [TOOBIG] Command line too long', false],
        ['c', 'NOOP', [''], []],
      ],
    ],
    [
      'too many literals',
      'a X {1+}\r\n.{1+}\r\n.{1+}\r\n.{1+}\r\n.\r\nb NOOP\r\n',
      [
        ['a', 'BAD Too many literals', false],
        ['b', 'NOOP', [''], []],
      ],
    ],
  ])('%s', (_, input, expected) => {
    expect(events(input, size)).toEqual(expected)
  })

  it('takes lines that end with LF alone', () => {
    expect(events('a NOOP\nb NOOP\n', size)).toEqual([
      ['a', 'NOOP', [''], []],
      ['b', 'NOOP', [''], []],
    ])
  })

  it('upper-cases names and keeps UID in front', () => {
    expect(events('a uid fetch 1 (flags)\r\n', size)).toEqual([['a', 'UID FETCH', [' 1 (flags)'], []]])
  })

  it('asks for a synchronising literal and not for a non-synchronising one (RFC 7888)', () => {
    expect(events('a LOGIN {3}\r\njoe {4+}\r\npass\r\n', size)).toEqual([
      '+',
      ['a', 'LOGIN', [' {3}', ' {4+}', ''], ['joe', 'pass']],
    ])
  })

  it('takes a literal of no octets', () => {
    expect(events('a X {0}\r\n {0+}\r\n\r\n', size)).toEqual(['+', ['a', 'X', [' {0}', ' {0+}', ''], ['', '']]])
  })

  it('takes line ends inside a literal as content', () => {
    expect(events('a X {9+}\r\nb NOOP\r\n.\r\n', size)).toEqual([['a', 'X', [' {9+}', ''], ['b NOOP\r\n.']]])
  })

  it('reads on after refusing a synchronising literal: the client does not send it', () => {
    expect(events('a X {5}\r\nb NOOP\r\n', size, { admit: refuse })).toEqual([
      ['a', 'BAD No', false],
      ['b', 'NOOP', [''], []],
    ])
  })

  it('passes over a refused non-synchronising literal', () => {
    expect(events('a X {8+}\r\nb NOOP\r\n more\r\nc NOOP\r\n', size, { admit: refuse })).toEqual([
      ['a', 'BAD No', false],
      ['c', 'NOOP', [''], []],
    ])
  })

  it('gives up on a refused literal too large to pass over', () => {
    expect(events('a X {101+}\r\nb NOOP\r\n', size, { admit: refuse })).toEqual([['*', 'BYE No', true]])
  })
})

describe('the reader', () => {
  it('gives up when more waits than may', () => {
    const reader = new CommandReader({ ...options, pending: 10 })
    reader.receive(new Uint8Array(11).fill(65))
    expect(reader.next()).toMatchObject({ type: 'error', close: true })
    reader.receive(fromLatin1('a NOOP\r\n'))
    expect(reader.next()).toBeUndefined()
  })

  it('reads a large literal in small chunks in linear time', () => {
    const size = 8 * 1024 * 1024
    const reader = new CommandReader({ ...options, pending: 2 * size })
    reader.receive(fromLatin1(`a X {${size}+}\r\n`))
    const chunk = new Uint8Array(64).fill(88)
    for (let sent = 0; sent < size; sent += chunk.length) {
      reader.receive(chunk)
      expect(reader.next()).toBeUndefined()
    }
    reader.receive(fromLatin1('\r\n'))
    const event = reader.next()
    expect(event?.type === 'command' && event.command.literals[0]?.length).toBe(size)
  })

  it('goes on from a snapshot taken anywhere', () => {
    const input = 'a LOGIN {3+}\r\njoe {12+}\r\npass\r\nword\r\n "x"\r\nb NOOP\r\n'
    const whole = events(input, Infinity)
    for (let cut = 0; cut <= input.length; cut++) {
      const first = new CommandReader(options)
      const second = new CommandReader(options)
      const seen: unknown[] = []
      for (const [reader, part] of [
        [first, input.slice(0, cut)],
        [second, input.slice(cut)],
      ] as const) {
        if (reader === second) {
          const snapshot = first.snapshot(100)
          if (!first.empty) second.restore(structuredClone(snapshot as NonNullable<typeof snapshot>))
        }
        reader.receive(fromLatin1(part))
        for (let event = reader.next(); event !== undefined; event = reader.next()) seen.push(plain(event))
      }
      expect(seen, `cut at ${cut}`).toEqual(whole)
    }
  })

  it('has no snapshot of more than the limit', () => {
    const reader = new CommandReader(options)
    reader.receive(fromLatin1('a X 123456789'))
    expect(reader.next()).toBeUndefined()
    expect(reader.snapshot(5)).toBeUndefined()
    expect(reader.snapshot(50)).toMatchObject({ line: 'a X 123456789' })
  })

  it('never throws and never differs by chunking, whatever comes', () => {
    const piece = fc.oneof(
      fc.constantFrom('a ', 'NOOP', '\r\n', '\n', '{3}', '{3+}', '{200+}', '~{2+}', '"', ' ', '\0', 'UID ', '+', '*'),
      fc.string({ maxLength: 5 }),
    )
    const bytes = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('').replace(/[^\0-\xff]/g, '?'))
    fc.assert(
      fc.property(bytes, fc.integer({ min: 1, max: 9 }), (input, size) => {
        expect(events(input, size)).toEqual(events(input, Infinity))
      }),
    )
  })
})
