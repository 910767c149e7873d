/**
 * The commands of an authenticated session.
 *
 * Standards: RFC 1939 §5, §7; RFC 2449 §5 (CAPA); RFC 6856 §3 (LANG).
 */
import { Pop3Error } from './error.ts'

export type Pop3Command =
  | { readonly name: 'STAT' | 'NOOP' | 'RSET' | 'QUIT' | 'CAPA' }
  /** `message` undefined: all. */
  | { readonly name: 'LIST' | 'UIDL'; readonly message: number | undefined }
  | { readonly name: 'RETR' | 'DELE'; readonly message: number }
  | { readonly name: 'TOP'; readonly message: number; readonly lines: number }
  /** `tag` undefined: which languages are there. */
  | { readonly name: 'LANG'; readonly tag: string | undefined }

/** One line, without its end, taken apart. Throws `Pop3Error`; whether the message exists is the session's business. */
export function parseCommand(line: string): Pop3Command {
  const [keyword = '', ...given] = words(line)
  const name = keyword.toUpperCase()
  switch (name) {
    case 'STAT':
    case 'NOOP':
    case 'RSET':
    case 'QUIT':
    case 'CAPA':
      expectArguments(name, given, 0, 0)
      return { name }
    case 'LIST':
    case 'UIDL':
      expectArguments(name, given, 0, 1)
      return { name, message: given[0] === undefined ? undefined : messageNumber(given[0]) }
    case 'RETR':
    case 'DELE':
      expectArguments(name, given, 1, 1)
      return { name, message: messageNumber(given[0]) }
    case 'TOP':
      expectArguments(name, given, 2, 2)
      return { name, message: messageNumber(given[0]), lines: lineCount(given[1]) }
    case 'LANG':
      return parseLang(given)
    default:
      throw new Pop3Error('Unknown command')
  }
}

/** LANG is the same before and after the login (RFC 6856 §3). */
export function parseLang(given: readonly string[]): Extract<Pop3Command, { name: 'LANG' }> {
  expectArguments('LANG', given, 0, 1)
  return { name: 'LANG', tag: given[0] }
}

/** Words between single spaces (RFC 1939 §3); spaces at the end, which some clients send, do not count. */
export function words(line: string): string[] {
  return line.replace(/ +$/, '').split(' ')
}

export function expectArguments(name: string, given: readonly string[], least: number, most: number): void {
  if (given.length < least) throw new Pop3Error(`${name} needs ${least === 1 ? 'an argument' : 'arguments'}`)
  if (given.length > most) throw new Pop3Error(`Too many arguments for ${name}`)
}

/** Message-numbers are decimal and start at 1 (RFC 1939 §4). */
function messageNumber(text = ''): number {
  const number = decimal(text)
  if (number === undefined || number === 0) throw new Pop3Error('Not a message number')
  return number
}

/** A non-negative number of lines (RFC 1939 §7, TOP). */
function lineCount(text = ''): number {
  const number = decimal(text)
  if (number === undefined) throw new Pop3Error('Not a number of lines')
  return number
}

/** Fetchmail asks for 99999999 lines, others for 2147483647: ten digits are enough. */
function decimal(text: string): number | undefined {
  return /^[0-9]{1,10}$/.test(text) ? Number(text) : undefined
}
