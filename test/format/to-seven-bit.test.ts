/**
 * 8-bit messages for servers of 7 bits.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  allParts,
  decodeBody,
  encodeUtf8,
  fromLatin1,
  latin1,
  parseMessage,
  toSevenBit,
} from '../../src/format/index.ts'

function convert(raw: string): string {
  const converted = toSevenBit(encodeUtf8(raw))
  return converted.ok ? latin1(converted.raw) : converted.reason
}

function bodies(message: Uint8Array): string[] {
  return allParts(parseMessage(message))
    .filter(({ children }) => children.length === 0)
    .map((leaf) => latin1(decodeBody(message, leaf)))
}

const mime = 'MIME-Version: 1.0\r\n'
const mixed = (...parts: string[]) =>
  `${mime}Content-Type: multipart/mixed; boundary=b\r\n\r\n${parts.map((part) => `--b\r\n${part}\r\n`).join('')}--b--\r\n`

function binaryPart(type: string, body: Uint8Array): string {
  return `--=_b\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: binary\r\n\r\n${latin1(body)}\r\n`
}

describe('a message in 7 bits', () => {
  it('is the very same array when nothing is to be done', () => {
    const raw = fromLatin1('Content-Transfer-Encoding: 8bit\r\n\r\nplain\r\n')
    expect(toSevenBit(raw)).toEqual({ ok: true, raw })
    expect((toSevenBit(raw) as { raw: Uint8Array }).raw).toBe(raw)
  })

  it.each([
    [
      'text goes in quoted-printable',
      `Subject: x\r\n${mime}Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\ncafé = good\r\n`,
      `Subject: x\r\n${mime}Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\ncaf=C3=A9 =3D good\r\n`,
    ],
    [
      'text of few ASCII letters goes in base64',
      `${mime}Content-Type: text/plain; charset=utf-8\r\n\r\nпривет\r\n`,
      `${mime}Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n0L/RgNC40LLQtdGCDQo=\r\n`,
    ],
    [
      'of several parts only those that need it are touched, and the whole says so (RFC 2045 §6.4)',
      mixed(
        'Content-Type: text/plain\r\n\r\none',
        'Content-Type: image/x\r\nContent-Transfer-Encoding: binary\r\n\r\né',
      ).replace(mime, `${mime}Content-Transfer-Encoding: 8bit\r\n`),
      mixed(
        'Content-Type: text/plain\r\n\r\none',
        'Content-Type: image/x\r\nContent-Transfer-Encoding: base64\r\n\r\nw6k=',
      ).replace(mime, `${mime}Content-Transfer-Encoding: 7bit\r\n`),
    ],
    [
      'an enclosed message is not encoded; its parts are (RFC 2046 §5.2.1)',
      mixed('Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\nSubject: in\r\n\r\né'),
      mixed(
        'Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 7bit\r\n\r\nSubject: in\r\nContent-Transfer-Encoding: base64\r\n\r\nw6k=',
      ),
    ],
    [
      'text from before MIME is named (RFC 1428 §3)',
      'Subject: x\r\n\r\nvoilà, the text\r\n',
      `Subject: x\r\n${mime}Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nvoil=C3=A0, the text\r\n`,
    ],
    [
      'what was to be quoted-printable and is not is escaped',
      `${mime}Content-Transfer-Encoding: quoted-printable\r\n\r\na=3Dé\r\n`,
      `${mime}Content-Transfer-Encoding: quoted-printable\r\n\r\na=3D=C3=A9\r\n`,
    ],
  ])('%s', (_, raw, text) => {
    expect(convert(raw)).toBe(text)
  })

  it('names text that is not UTF-8 unknown-8bit (RFC 1428 §3)', () => {
    const converted = toSevenBit(fromLatin1('Subject: x\r\n\r\nvoil\xe0, the text\r\n'))
    expect(converted.ok && latin1(converted.raw)).toContain('charset=unknown-8bit\r\n')
  })

  it.each([
    [
      'is signed (RFC 1847 §2.1)',
      `${mime}Content-Type: multipart/signed; boundary=s; protocol="application/pgp-signature"\r\n\r\n--s\r\n\r\né\r\n--s--\r\n`,
      'it is signed and must not be changed',
    ],
    [
      'holds what is signed, however deep',
      mixed(
        `Content-Type: message/rfc822\r\n\r\nContent-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n\r\né\r\n--s--`,
      ),
      'it is signed and must not be changed',
    ],
    [
      'is encrypted (RFC 3156 §4)',
      `${mime}Content-Type: multipart/encrypted; boundary=s\r\n\r\n--s\r\n\r\né\r\n--s--\r\n`,
      'it is encrypted and must not be changed',
    ],
    ['has a header of UTF-8 (RFC 6532)', 'Subject: é\r\n\r\ntext\r\n', 'its header is 8-bit itself'],
    [
      'has letters between its parts',
      mixed('Content-Type: text/plain\r\n\r\none').replace('--b\r\n', 'é\r\n--b\r\n'),
      'it has 8-bit characters where no encoding is allowed',
    ],
    [
      'is a piece of another (RFC 2046 §5.2.2)',
      `${mime}Content-Type: message/partial; number=1; total=2; id=x\r\n\r\né\r\n`,
      'it has 8-bit characters where no encoding is allowed',
    ],
  ])('cannot be when the message %s', (_, raw, reason) => {
    expect(convert(raw)).toBe(reason)
  })

  it('leaves a signed part of ASCII alone, beside others that are converted', () => {
    const signed = 'Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n\r\nplain\r\n--s--'
    expect(convert(mixed(signed, 'Content-Type: text/plain\r\n\r\né'))).toContain(`${signed}\r\n--b`)
  })

  it('loses nothing of any part, whatever is in it', () => {
    const octets = fc.uint8Array({ maxLength: 300 })
    const type = fc.constantFrom('text/plain', 'image/x', 'application/octet-stream')
    fc.assert(
      fc.property(octets, octets, type, type, (first, second, one, two) => {
        const raw = fromLatin1(
          `${mime}Content-Type: multipart/mixed; boundary="=_b"\r\n\r\n${binaryPart(one, first)}${binaryPart(two, second)}--=_b--\r\n`,
        )
        const converted = toSevenBit(raw)
        if (!converted.ok) throw new Error(converted.reason)
        expect(bodies(converted.raw)).toEqual(bodies(raw))
        expect(converted.raw.every((octet) => octet > 0 && octet < 0x80)).toBe(true)
      }),
    )
  })
})
