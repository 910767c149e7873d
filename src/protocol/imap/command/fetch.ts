/**
 * `FETCH`: which data of which messages.
 *
 * Standards: RFC 9051 §6.4.5 (FETCH), RFC 3501 §6.4.5 (RFC822 items, macros), RFC 3516 (BINARY), RFC 7162 §3.1.4
 * (MODSEQ, CHANGEDSINCE, VANISHED), RFC 8474 §5 (EMAILID, THREADID), RFC 8970 (PREVIEW), RFC 9394 §3.3
 * (PARTIAL), RFC 8514 (SAVEDATE).
 * Limits: items and header names per command, since each is repeated for every message.
 */
import { Decoder } from '../decoder.ts'
import { astring } from '../encoder.ts'
import { bad } from '../error.ts'
import type { SequenceSet } from '../sequence-set.ts'
import { parsePartialResult, type PartialResult } from './partial.ts'

/** What of a part: nothing for its body, else one of the specifiers. */
export interface Section {
  /** Part numbers from outside in; empty for the message itself. */
  part: number[]
  specifier?: 'HEADER' | 'HEADER.FIELDS' | 'HEADER.FIELDS.NOT' | 'TEXT' | 'MIME'
  /** For HEADER.FIELDS and .NOT, as sent. */
  fields?: string[]
}

/** `<offset.length>` in octets. */
export interface Partial {
  offset: number
  length: number
}

export type SimpleFetchItem =
  | 'FLAGS'
  | 'UID'
  | 'INTERNALDATE'
  | 'RFC822.SIZE'
  | 'ENVELOPE'
  | 'BODY'
  | 'BODYSTRUCTURE'
  | 'MODSEQ'
  | 'EMAILID'
  | 'THREADID'
  | 'PREVIEW'
  | 'SAVEDATE'

export type FetchItem =
  | { item: SimpleFetchItem }
  /** `label` is how the answer names it: `BODY[1.MIME]<0>`, `RFC822.TEXT`. */
  | { item: 'SECTION'; section: Section; peek: boolean; partial?: Partial; label: string }
  | { item: 'BINARY'; section: Section; peek: boolean; partial?: Partial; label: string }
  | { item: 'BINARY.SIZE'; section: Section; label: string }

export interface FetchCommand {
  name: 'FETCH'
  uid: boolean
  set: SequenceSet
  items: FetchItem[]
  changedSince?: number
  /** Tell which of the UIDs named have gone since then (RFC 7162 §3.2.6). */
  vanished?: boolean
  /** Only these of the messages named; with UIDs only. */
  partial?: PartialResult
}

const simpleItems: ReadonlySet<string> = new Set<SimpleFetchItem>([
  'FLAGS',
  'UID',
  'INTERNALDATE',
  'RFC822.SIZE',
  'ENVELOPE',
  'BODYSTRUCTURE',
  'MODSEQ',
  'EMAILID',
  'THREADID',
  'SAVEDATE',
])

const macros: Record<string, SimpleFetchItem[]> = {
  ALL: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE'],
  FAST: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE'],
  FULL: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE', 'BODY'],
}

const maxItems = 128
const maxFields = 256

export function parseFetch(decoder: Decoder, uid: boolean): FetchCommand {
  decoder.expectSp()
  const set = decoder.expectSequenceSet()
  decoder.expectSp()
  const items = parseItems(decoder)
  const command: FetchCommand = { name: 'FETCH', uid, set, items }
  if (!decoder.sp()) return command
  decoder.expectList(() => parseModifier(decoder, command))
  if (command.vanished && (!uid || command.changedSince === undefined)) {
    throw bad('VANISHED goes with UID FETCH and CHANGEDSINCE')
  }
  return command
}

function parseModifier(decoder: Decoder, command: FetchCommand): void {
  if (decoder.word('CHANGEDSINCE')) {
    decoder.expectSp()
    command.changedSince = decoder.expectModSeq()
  } else if (decoder.word('VANISHED')) command.vanished = true
  else if (decoder.word('PARTIAL')) {
    // RFC 9394 §3.3: a range of sequence numbers would be a range of a range.
    if (!command.uid) throw bad('PARTIAL goes with UID FETCH only')
    decoder.expectSp()
    command.partial = parsePartialResult(decoder)
  } else throw bad('Unknown FETCH modifier')
}

function parseItems(decoder: Decoder): FetchItem[] {
  for (const [macro, names] of Object.entries(macros)) {
    if (decoder.word(macro)) return names.map((item) => ({ item }))
  }
  const items = decoder.expectItemOrList(() => parseItem(decoder))
  if (items.length > maxItems) throw bad('Too many FETCH items', 'TOOBIG')
  return items
}

/** `fetch-att *(SP fetch-att) ")"`, the parenthesis before it being read: for responses that nobody asks for one by one. */
export function parseFetchAttributes(decoder: Decoder): FetchItem[] {
  const items: FetchItem[] = []
  do items.push(parseItem(decoder))
  while (decoder.sp())
  decoder.expectSpecial(')')
  if (items.length > maxItems) throw bad('Too many FETCH items', 'TOOBIG')
  return items
}

function parseItem(decoder: Decoder): FetchItem {
  // `[` is an atom character (RFC 9051 §9), `]` is not: an item name ends where its section begins.
  for (const name of ['BODY.PEEK[', 'BODY[', 'BINARY.PEEK[', 'BINARY.SIZE[', 'BINARY[']) {
    if (decoder.prefix(name)) return parseSectionItem(decoder, name.slice(0, -1))
  }
  const name = decoder.expectAtom('a FETCH item').toUpperCase()
  if (simpleItems.has(name)) return { item: name as SimpleFetchItem }
  switch (name) {
    case 'BODY':
      return { item: 'BODY' }
    case 'PREVIEW':
      return parsePreview(decoder)
    case 'RFC822':
      return { item: 'SECTION', section: { part: [] }, peek: false, label: 'RFC822' }
    case 'RFC822.HEADER':
      return { item: 'SECTION', section: { part: [], specifier: 'HEADER' }, peek: true, label: 'RFC822.HEADER' }
    case 'RFC822.TEXT':
      return { item: 'SECTION', section: { part: [], specifier: 'TEXT' }, peek: false, label: 'RFC822.TEXT' }
    default:
      throw bad('Unknown FETCH item')
  }
}

/** `PREVIEW [SP "(" preview-mod ")"]` (RFC 8970 §3.2). Previews are made at delivery, so LAZY changes nothing. */
function parsePreview(decoder: Decoder): FetchItem {
  if (decoder.prefix(' (')) {
    if (!decoder.word('LAZY')) throw bad('Unknown PREVIEW modifier')
    decoder.expectSpecial(')')
  }
  return { item: 'PREVIEW' }
}

function parseSectionItem(decoder: Decoder, name: string): FetchItem {
  const binary = name.startsWith('BINARY')
  const section = parseSection(decoder, binary)
  decoder.expectSpecial(']')
  const sectionLabel = `[${formatSection(section)}]`
  if (name === 'BINARY.SIZE') return { item: 'BINARY.SIZE', section, label: `BINARY.SIZE${sectionLabel}` }
  const partial = parsePartial(decoder)
  return {
    item: binary ? 'BINARY' : 'SECTION',
    section,
    peek: name.endsWith('.PEEK'),
    ...(partial && { partial }),
    label: `${binary ? 'BINARY' : 'BODY'}${sectionLabel}${partial ? `<${partial.offset}>` : ''}`,
  }
}

/** A section by itself, as in an IMAP URL (RFC 5092 §11): `1.2`, `HEADER`, empty for the whole message. */
export function parseSectionText(text: string): Section {
  const decoder = new Decoder({ text: [text], literals: [] }, { utf8: false, sequenceSet: 0 })
  const section = text === '' ? { part: [] } : parseSection(decoder, false)
  decoder.expectEnd()
  return section
}

function parseSection(decoder: Decoder, binary: boolean): Section {
  const part: number[] = []
  while (/\d/.test(decoder.peek() ?? '')) {
    part.push(decoder.expectNzNumber())
    if (part.length > 100) throw bad('Part number too deep')
    if (!decoder.special('.')) return { part }
  }
  if (part.length === 0 && decoder.peek() === ']') return { part }
  if (binary) throw bad('BINARY takes part numbers only')
  const specifier = decoder.expectAtom('a section').toUpperCase()
  switch (specifier) {
    case 'HEADER':
    case 'TEXT':
      return { part, specifier }
    case 'MIME':
      if (part.length === 0) throw bad('MIME needs a part number')
      return { part, specifier }
    case 'HEADER.FIELDS':
    case 'HEADER.FIELDS.NOT': {
      decoder.expectSp()
      const fields = decoder.expectList(() => decoder.expectAstring('a header field name'))
      if (fields.length === 0) throw bad('The header list must not be empty')
      if (fields.length > maxFields) throw bad('Too many header fields', 'TOOBIG')
      return { part, specifier, fields }
    }
    default:
      throw bad('Unknown section')
  }
}

function parsePartial(decoder: Decoder): Partial | undefined {
  if (!decoder.special('<')) return undefined
  const offset = decoder.expectNumber(Number.MAX_SAFE_INTEGER)
  decoder.expectSpecial('.')
  const length = decoder.expectNumber(Number.MAX_SAFE_INTEGER)
  if (length === 0) throw bad('A partial fetch of zero octets')
  decoder.expectSpecial('>')
  return { offset, length }
}

/** The inside of the brackets. */
export function formatSection({ part, specifier, fields }: Section): string {
  const path = part.join('.')
  if (specifier === undefined) return path
  const list = fields ? ` (${fields.map(astring).join(' ')})` : ''
  return `${path}${path === '' ? '' : '.'}${specifier}${list}`
}
