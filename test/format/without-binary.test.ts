/**
 * Binary parts made into text.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allParts, decodeBody, fromLatin1, latin1, parseMessage, withoutBinary } from '../../src/format/index.ts'

const convert = (raw: string): string => latin1(withoutBinary(fromLatin1(raw)))

function bodies(message: Uint8Array): string[] {
  return allParts(parseMessage(message))
    .filter(({ children }) => children.length === 0)
    .map((part) => latin1(decodeBody(message, part)))
}

describe('binary content as text', () => {
  it('leaves a message without NUL alone, the same octets in the same array', () => {
    const raw = fromLatin1('Content-Transfer-Encoding: binary\r\n\r\n\xff\n\r')
    expect(withoutBinary(raw)).toBe(raw)
  })

  it.each([
    [
      'a binary body',
      'Subject: x\r\ncontent-transfer-encoding: binary\r\nX-A: b\r\n\r\na\0b',
      'Subject: x\r\nContent-Transfer-Encoding: base64\r\nX-A: b\r\n\r\nYQBi\r\n',
    ],
    [
      'a body that does not say what it is',
      'Subject: x\r\n\r\na\0b',
      'Content-Transfer-Encoding: base64\r\nSubject: x\r\n\r\nYQBi\r\n',
    ],
    ['no header at all', '\r\na\0b', 'Content-Transfer-Encoding: base64\r\n\r\nYQBi\r\n'],
    [
      'one part of several',
      'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: binary\r\n\r\n\0\r\n--b--\r\n',
      'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nAA==\r\n--b--\r\n',
    ],
    [
      'a part of an enclosed message',
      'Content-Type: message/rfc822\r\n\r\nSubject: in\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\0',
      'Content-Type: message/rfc822\r\n\r\nSubject: in\r\nContent-Transfer-Encoding: base64\r\n\r\nAA==\r\n',
    ],
    [
      'an encoding given twice',
      'Content-Transfer-Encoding: binary\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\0',
      'Content-Transfer-Encoding: base64\r\n\r\nAA==\r\n',
    ],
  ])('encodes %s (RFC 3516 §4.4)', (_, raw, text) => {
    expect(convert(raw)).toBe(text)
  })

  it('breaks lines of 76 characters (RFC 2045 §6.8)', () => {
    const lines = convert(`Subject: x\r\n\r\n${'\0'.repeat(200)}`)
      .split('\r\n')
      .slice(3, -1)
    expect(lines.map((line) => line.length)).toEqual([76, 76, 76, 40])
  })

  it.each([
    ['a header', 'Subject: a\0b\r\n\r\ntext'],
    ['between parts', 'Content-Type: multipart/mixed; boundary=b\r\n\r\n\0\r\n--b\r\n\r\ntext\r\n--b--\r\n'],
    ['base64', 'Content-Transfer-Encoding: base64\r\n\r\nAA\0=='],
  ])('leaves NUL where nothing can encode it: in %s', (_, raw) => {
    expect(convert(raw)).toBe(raw)
  })

  it('loses nothing of any part', () => {
    const octets = fc.uint8Array({ maxLength: 200 }).map((bytes) => latin1(bytes))
    fc.assert(
      fc.property(octets, octets, (first, second) => {
        const head =
          'Content-Type: multipart/mixed; boundary="=_b"\r\n\r\n--=_b\r\nContent-Transfer-Encoding: binary\r\n\r\n'
        const raw = fromLatin1(`${head}${first}\0\r\n--=_b\r\n\r\n\0${second}\r\n--=_b--\r\n`)
        const text = withoutBinary(raw)
        expect(bodies(text)).toEqual(bodies(raw))
        expect(text.includes(0)).toBe(false)
      }),
    )
  })
})
