import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concat, fromLatin1, readTnef } from '../../src/format/index.ts'
import { attribute, properties, property, tnef, utf16, winmail } from './tnef-bytes.ts'

describe('winmail.dat ([MS-OXTNEF] §2.1)', () => {
  test('gives subject and body in the code page of the message, and the names of attachments, those within messages too', () => {
    expect(readTnef(winmail())).toEqual({
      texts: ['Привет', 'plain words', 'markup words', 'Innerer Betreff'],
      attachmentNames: ['REPORT~1.PDF', 'Jahresübersicht 2026.pdf', 'tief im Inneren.xlsx'],
    })
  })

  test('truncated anywhere, it gives what came whole', () => {
    const whole = winmail()
    const { texts, attachmentNames } = readTnef(whole)
    for (let length = 0; length < whole.length; length++) {
      const part = readTnef(whole.subarray(0, length))
      expect(part.texts).toEqual(texts.slice(0, part.texts.length))
      expect(part.attachmentNames).toEqual(attachmentNames.slice(0, part.attachmentNames.length))
    }
  })

  test.each([
    ['nothing', new Uint8Array()],
    ['another file', fromLatin1('PK\x03\x04 and more')],
    [
      'an attribute longer than the file',
      tnef(concat([fromLatin1('\x01\x04\x80\x01\x00\xff\xff\xff\xff'), utf16('x')])),
    ],
    ['more properties than there are', tnef(attribute(1, 0x69003, fromLatin1('\xff\xff\xff\xff')))],
    ['more values than there are', tnef(attribute(1, 0x69003, fromLatin1('\x01\0\0\0\x03\x10\x37\0\xff\xff\xff\xff')))],
    ['a type that is none', tnef(attribute(1, 0x69003, fromLatin1('\x01\0\0\0\x99\0\x37\0abcd')))],
    ['an empty name', tnef(attribute(2, 0x18010, fromLatin1('\0')))],
  ])('%s holds nothing', (_, bytes) => expect(readTnef(bytes)).toEqual({ texts: [], attachmentNames: [] }))

  test('messages within one another end at a depth', () => {
    let bytes = tnef(attribute(1, 0x18004, fromLatin1('innermost')))
    for (let depth = 0; depth < 40; depth++) {
      bytes = tnef(attribute(2, 0x69005, properties(property(0x0d, 0x3701, concat([new Uint8Array(16), bytes])))))
    }
    expect(readTnef(bytes).texts).toEqual([])
  })

  test('whatever the octets, it never throws', () => {
    const start = winmail()
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: start.length }), (noise, at) => {
        expect(() => readTnef(concat([start.subarray(0, at), noise, start.subarray(at)]))).not.toThrow()
        expect(() => readTnef(concat([start.subarray(0, at), noise, start.subarray(at + noise.length)]))).not.toThrow()
      }),
      { numRuns: 500 },
    )
  })

  test('a thousand names are enough, and many properties take no longer than their octets', () => {
    const start = performance.now()
    expect(
      readTnef(tnef(...Array.from({ length: 50_000 }, (_, n) => attribute(2, 0x18010, fromLatin1(`file ${n}.txt\0`)))))
        .attachmentNames,
    ).toHaveLength(1000)
    expect(performance.now() - start).toBeLessThan(2000)
  })
})
