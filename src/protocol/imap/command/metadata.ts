/**
 * `GETMETADATA` and `SETMETADATA`: what clients keep at mailboxes.
 *
 * Standards: RFC 5464 §4.2–4.3, §5 (formal syntax).
 * Limits: entries per command.
 */
import { fromLatin1 } from '../../../format/index.ts'
import type { Decoder } from '../decoder.ts'
import { bad } from '../error.ts'

export interface GetMetadataCommand {
  name: 'GETMETADATA'
  /** `''` is the server. */
  mailbox: string
  /** Lower case. */
  entries: string[]
  depth: 0 | 1 | 'infinity'
  /** Octets above which a value is left out. */
  maxSize?: number
}

export interface SetMetadataCommand {
  name: 'SETMETADATA'
  mailbox: string
  /** null takes an entry away. */
  values: Map<string, Uint8Array | null>
}

const maxEntries = 1000

export function parseGetMetadata(decoder: Decoder): GetMetadataCommand {
  decoder.expectSp()
  const command: GetMetadataCommand = { name: 'GETMETADATA', mailbox: '', entries: [], depth: 0 }
  if (decoder.list(() => parseOption(decoder, command)) !== undefined) decoder.expectSp()
  command.mailbox = decoder.expectMailbox()
  decoder.expectSp()
  parseLateOptions(decoder, command)
  command.entries = parseEntries(decoder)
  return command
}

export function parseSetMetadata(decoder: Decoder): SetMetadataCommand {
  decoder.expectSp()
  const mailbox = decoder.expectMailbox()
  decoder.expectSp()
  const values = new Map<string, Uint8Array | null>()
  decoder.expectItemOrList(() => {
    const entry = expectEntry(decoder)
    if (!/^\/(?:private|shared)\/./.test(entry)) throw bad('An entry is /private/… or /shared/…')
    if (values.has(entry)) throw bad('An entry is set twice')
    decoder.expectSp()
    values.set(entry, expectValue(decoder))
    if (values.size > maxEntries) throw bad('Too many entries', 'TOOBIG')
  })
  return { name: 'SETMETADATA', mailbox, values }
}

/** One entry or a list of them. */
export function parseEntries(decoder: Decoder): string[] {
  const entries = decoder.expectItemOrList(() => expectEntry(decoder))
  if (entries.length > maxEntries) throw bad('Too many entries', 'TOOBIG')
  return [...new Set(entries)]
}

/** The examples of RFC 5464 §4.2 have the options behind the mailbox, and so have clients; its formal syntax in front. */
function parseLateOptions(decoder: Decoder, command: GetMetadataCommand): void {
  const first = optionNames.find((name) => decoder.prefix(`(${name} `))
  if (first === undefined) return
  parseOptionValue(decoder, command, first)
  while (decoder.sp()) parseOption(decoder, command)
  decoder.expectSpecial(')')
  decoder.expectSp()
}

const optionNames = ['MAXSIZE', 'DEPTH'] as const

function parseOption(decoder: Decoder, command: GetMetadataCommand): void {
  const option = optionNames.find((name) => decoder.word(name))
  if (option === undefined) throw bad('Unknown GETMETADATA option')
  decoder.expectSp()
  parseOptionValue(decoder, command, option)
}

function parseOptionValue(decoder: Decoder, command: GetMetadataCommand, option: 'MAXSIZE' | 'DEPTH'): void {
  if (option === 'MAXSIZE') {
    command.maxSize = decoder.expectNumber()
    return
  }
  const depth = decoder.expectAtom('a depth').toLowerCase()
  if (depth !== '0' && depth !== '1' && depth !== 'infinity') throw bad('The depth is 0, 1 or infinity')
  command.depth = depth === 'infinity' ? depth : depth === '1' ? 1 : 0
}

/** RFC 5464 §3.2: ASCII without wildcards, `/` before each part and none at the end; case does not count. */
function expectEntry(decoder: Decoder): string {
  const entry = decoder.expectAstring('an entry name').toLowerCase()
  if (!/^(?:\/[!-$&-)+-.0-~]+)+$/.test(entry) || entry.length > 1000) throw bad('Malformed entry name')
  return entry
}

function expectValue(decoder: Decoder): Uint8Array | null {
  const literal = decoder.literal()
  if (literal !== undefined) return literal
  const text = decoder.expectNstring()
  return text === null ? null : fromLatin1(text)
}
