/**
 * FETCH and UIDFETCH responses.
 *
 * Standards: RFC 9051 §7.5.2, §9 (msg-att); RFC 9586 §3.3, RFC 7162, RFC 8474, RFC 8970, RFC 8514, RFC 3516.
 */
import { body, envelope } from './body-structure.ts'
import type { Cursor } from './cursor.ts'

export interface Fetched {
  readonly kind: 'fetch'
  /** UIDFETCH: `number` is a UID. */
  readonly uidOnly: boolean
  readonly number: number
  readonly uid?: number
  readonly flags?: readonly string[]
  readonly modSeq?: number
  /** All items by the name they have in the answer. */
  readonly items: ReadonlyMap<string, string | undefined>
}

/** Behind the name of the response. */
export function fetched(cursor: Cursor, number: number, uidOnly: boolean): Fetched {
  const items = new Map<string, string | undefined>()
  let uid: number | undefined
  let flags: string[] | undefined
  let modSeq: number | undefined
  cursor.list(() => {
    const name = itemName(cursor)
    if (items.has(name) && !/\[|^RFC822($|\.[HT])/.test(name)) cursor.fail(`${name} twice`)
    cursor.sp()
    const start = cursor.at
    let value: string | undefined
    switch (name) {
      case 'UID':
        uid = cursor.nzNumber()
        break
      case 'FLAGS':
        flags = cursor.list(() => cursor.flag())
        if (new Set(flags.map((flag) => flag.toLowerCase())).size < flags.length) cursor.fail('a flag twice')
        break
      case 'MODSEQ':
        cursor.expect('(')
        modSeq = cursor.number64()
        if (modSeq === 0) cursor.fail('a mod-sequence of zero')
        cursor.expect(')')
        break
      case 'RFC822.SIZE':
        cursor.number64()
        break
      case 'INTERNALDATE':
        dateTime(cursor)
        break
      case 'SAVEDATE':
        if (!cursor.take('NIL')) dateTime(cursor)
        break
      case 'ENVELOPE':
        envelope(cursor)
        break
      case 'BODY':
      case 'BODYSTRUCTURE':
        body(cursor, name === 'BODYSTRUCTURE')
        break
      case 'EMAILID':
      case 'THREADID':
        if (name === 'EMAILID' || !cursor.take('NIL')) cursor.objectId()
        break
      case 'PREVIEW':
      case 'RFC822':
      case 'RFC822.HEADER':
      case 'RFC822.TEXT':
        value = cursor.nstring()
        break
      default:
        value = octets(cursor, name)
    }
    items.set(name, value ?? cursor.text.slice(start, cursor.at))
  }, false)
  return {
    kind: 'fetch',
    uidOnly,
    number,
    items,
    ...(uid !== undefined && { uid }),
    ...(flags !== undefined && { flags }),
    ...(modSeq !== undefined && { modSeq }),
  }
}

const section =
  /(?:BODY|BINARY|BINARY\.SIZE)\[(?:(?:[1-9]\d*(?:\.[1-9]\d*)*)(?:\.(?:HEADER|TEXT|MIME))?|HEADER|TEXT)?\](?:<\d+>)?/y
const sectionWithFields = /BODY\[(?:(?:[1-9]\d*(?:\.[1-9]\d*)*)\.)?HEADER\.FIELDS(?:\.NOT)? /y

/** As sent: `BODY[1.MIME]<0>`. */
function itemName(cursor: Cursor): string {
  const start = cursor.at
  for (const pattern of [section, sectionWithFields]) {
    pattern.lastIndex = start
    if (pattern.exec(cursor.text) === null) continue
    cursor.at = pattern.lastIndex
    if (pattern === sectionWithFields) {
      cursor.list(() => cursor.astring(), false)
      cursor.expect(']')
      if (cursor.take('<')) {
        cursor.number()
        cursor.expect('>')
      }
    }
    return cursor.text.slice(start, cursor.at)
  }
  return cursor.word()
}

function octets(cursor: Cursor, name: string): string | undefined {
  if (name.startsWith('BINARY.SIZE[')) {
    cursor.number64()
    return undefined
  }
  if (!name.startsWith('BODY[') && !name.startsWith('BINARY[')) return cursor.fail(`${name} is not a FETCH item`)
  if (cursor.take('NIL')) return undefined
  return cursor.tryString(name.startsWith('BINARY[')) ?? cursor.fail('expected a string')
}

const months = 'Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec'
const dateTimePattern = new RegExp(
  `^(?: [1-9]|[12]\\d|3[01])-(?:${months})-\\d{4} (?:[01]\\d|2[0-3]):[0-5]\\d:(?:[0-5]\\d|60) [+-]\\d{4}$`,
)

function dateTime(cursor: Cursor): void {
  if (!cursor.sees('"') || !dateTimePattern.test(cursor.string())) cursor.fail('expected a date-time')
}
