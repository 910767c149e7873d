/** Makes TNEF streams as Outlook does ([MS-OXTNEF] §2.1). */
import { concat, fromLatin1 } from '../../src/format/index.ts'

function number(value: number, octets: number): Uint8Array {
  return Uint8Array.from({ length: octets }, (_, at) => Math.floor(value / 2 ** (8 * at)) & 0xff)
}

/** An attribute of the message (level 1) or of an attachment (level 2); the identifier with its type. */
export function attribute(level: number, id: number, value: Uint8Array): Uint8Array {
  const sum = value.reduce((total, octet) => (total + octet) & 0xffff, 0)
  return concat([number(level, 1), number(id, 4), number(value.length, 4), value, number(sum, 2)])
}

export function tnef(...attributes: readonly Uint8Array[]): Uint8Array {
  return concat([number(0x223e9f78, 4), number(1, 2), ...attributes])
}

export function properties(...list: readonly Uint8Array[]): Uint8Array {
  return concat([number(list.length, 4), ...list])
}

/** A property of variable length with one value. */
export function property(type: number, id: number, value: Uint8Array, name: Uint8Array = new Uint8Array()): Uint8Array {
  const padding = new Uint8Array((4 - (value.length % 4)) % 4)
  return concat([number(type, 2), number(id, 2), name, number(1, 4), number(value.length, 4), value, padding])
}

/** A property of four octets. */
export function long(id: number): Uint8Array {
  return concat([number(0x03, 2), number(id, 2), number(7, 4)])
}

/** The name of a property above 8000h: a string. */
export function propertyName(text: string): Uint8Array {
  const value = utf16(text)
  const padding = new Uint8Array((4 - (value.length % 4)) % 4)
  return concat([new Uint8Array(16), number(1, 4), number(value.length, 4), value, padding])
}

export function utf16(text: string): Uint8Array {
  const units = Array.from({ length: text.length }, (_, at) => number(text.charCodeAt(at), 2))
  return concat([...units, new Uint8Array(2)])
}

/** A message with two attachments, one of them a message with an attachment of its own. */
export function winmail(): Uint8Array {
  const inner = tnef(
    attribute(1, 0x69003, properties(property(0x1f, 0x37, utf16('Innerer Betreff')))),
    attribute(2, 0x69005, properties(property(0x1f, 0x3707, utf16('tief im Inneren.xlsx')))),
  )
  return tnef(
    attribute(1, 0x69007, number(1251, 4)),
    attribute(1, 0x18004, fromLatin1('\xcf\xf0\xe8\xe2\xe5\xf2\0')),
    attribute(
      1,
      0x69003,
      properties(
        long(0x17),
        property(0x1f, 0x8005, utf16('custom'), propertyName('Keywords')),
        property(0x1e, 0x1000, fromLatin1('plain words\0')),
        property(0x102, 0x1013, fromLatin1('<p>markup <b>words</b></p>')),
      ),
    ),
    attribute(2, 0x69002, new Uint8Array(14)),
    attribute(2, 0x18010, fromLatin1('REPORT~1.PDF\0')),
    attribute(2, 0x6800f, fromLatin1('%PDF')),
    attribute(2, 0x69005, properties(long(0x3705), property(0x1f, 0x3707, utf16('Jahresübersicht 2026.pdf')))),
    attribute(2, 0x69002, new Uint8Array(14)),
    attribute(2, 0x69005, properties(property(0x0d, 0x3701, concat([new Uint8Array(16), inner])))),
  )
}
