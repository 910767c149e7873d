import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseCommand, Pop3Error } from '../../../src/protocol/pop3/index.ts'

describe('a command of the TRANSACTION state', () => {
  it.each([
    ['a bare keyword', 'STAT', { name: 'STAT' }],
    ['keywords in any case (RFC 1939 §3)', 'nOoP', { name: 'NOOP' }],
    ['RSET', 'RSET', { name: 'RSET' }],
    ['QUIT', 'quit', { name: 'QUIT' }],
    ['CAPA (RFC 2449 §5)', 'CAPA', { name: 'CAPA' }],
    ['LIST of all', 'LIST', { name: 'LIST', message: undefined }],
    ['LIST of one', 'LIST 2', { name: 'LIST', message: 2 }],
    ['UIDL of all', 'UIDL', { name: 'UIDL', message: undefined }],
    ['UIDL of one', 'UIDL 10', { name: 'UIDL', message: 10 }],
    ['RETR', 'RETR 1', { name: 'RETR', message: 1 }],
    ['DELE', 'DELE 1', { name: 'DELE', message: 1 }],
    ['TOP', 'TOP 1 10', { name: 'TOP', message: 1, lines: 10 }],
    ['TOP of the header only', 'TOP 1 0', { name: 'TOP', message: 1, lines: 0 }],
    ['TOP as fetchmail asks for a whole message', 'TOP 1 99999999', { name: 'TOP', message: 1, lines: 99_999_999 }],
    ['LANG of all (RFC 6856 §3)', 'LANG', { name: 'LANG', tag: undefined }],
    ['LANG of one', 'LANG en', { name: 'LANG', tag: 'en' }],
    ['leading zeros', 'RETR 007', { name: 'RETR', message: 7 }],
    ['spaces at the end, as some clients send', 'LIST  ', { name: 'LIST', message: undefined }],
  ])('%s', (_, line, command) => {
    expect(parseCommand(line)).toEqual(command)
  })

  it.each([
    ['nothing', ''],
    ['a space first', ' STAT'],
    ['two spaces between words (RFC 1939 §3: one)', 'RETR  1'],
    ['an unknown keyword', 'XYZZY'],
    ['LAST, which RFC 1939 dropped', 'LAST'],
    ['APOP, which is not offered', 'APOP alice c4c9334bac560ecc979e58001b3e22fb'],
    ['a login in the wrong state', 'USER alice'],
    ['UTF8 after the login (RFC 6856 §2.1)', 'UTF8'],
    ['an argument too many', 'STAT 1'],
    ['an argument too few', 'RETR'],
    ['DELE of all', 'DELE'],
    ['TOP without lines', 'TOP 1'],
    ['message-number 0 (they start at 1)', 'RETR 0'],
    ['a negative number', 'RETR -1'],
    ['a sign', 'RETR +1'],
    ['a fraction', 'RETR 1.5'],
    ['no number', 'RETR one'],
    ['digits of another script', 'RETR \u0661'],
    ['a number beyond all bounds', `RETR ${'9'.repeat(400)}`],
    ['a negative number of lines', 'TOP 1 -1'],
    ['a NUL', 'RETR 1\0'],
    ['a tab', 'RETR\t1'],
  ])('refuses %s', (_, line) => {
    expect(() => parseCommand(line)).toThrow(Pop3Error)
  })

  it('throws nothing but its own refusal, whatever comes, and the refusal is one line of at most 512 octets', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (line) => {
        try {
          parseCommand(line)
        } catch (error) {
          expect(error).toBeInstanceOf(Pop3Error)
          const text = (error as Pop3Error).render()
          expect(text).toMatch(/^-ERR [ -~]*\r\n$/)
          expect(text.length).toBeLessThanOrEqual(512)
        }
      }),
    )
  })

  it('takes back what it would write', () => {
    const number = fc.integer({ min: 1, max: 4_294_967_295 })
    fc.assert(
      fc.property(
        fc.oneof(
          fc.record({ name: fc.constantFrom('RETR', 'DELE', 'LIST', 'UIDL'), message: number }),
          fc.record({ name: fc.constant('TOP'), message: number, lines: fc.nat() }),
        ),
        (command) => {
          expect(parseCommand(Object.values(command).join(' '))).toEqual(command)
        },
      ),
    )
  })
})

describe('a refusal', () => {
  it('carries its response code (RFC 2449 §8)', () => {
    expect(new Pop3Error('Try again later', 'SYS/TEMP').render()).toBe('-ERR [SYS/TEMP] Try again later\r\n')
  })

  it('is one line of ASCII, whatever text it quotes', () => {
    expect(new Pop3Error('a\r\n+OK b\0é').render()).toBe('-ERR a??+OK b??\r\n')
  })
})
