import * as fc from 'fast-check'
import { fromLatin1 } from '../../src/format/index.ts'

/** Pieces that messages are made of, right and wrong: what a parser trips over is how they are put together. */
const PIECES = [
  '\r\n',
  '\r\n',
  '\r\n\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  '\t',
  '--a',
  '\r\n--a\r\n',
  '\r\n--a\r\n',
  '\r\n--a--\r\n',
  '\r\n--b\r\n',
  '\r\n--b--\r\n',
  'Content-Type: multipart/mixed; boundary=a\r\n\r\n',
  'Content-Type: multipart/alternative; boundary="b"\r\n\r\n',
  'Content-Type: multipart/digest; boundary=a\r\n\r\n',
  'Content-Type: message/rfc822\r\n\r\n',
  'Content-Type: message/global\r\n',
  'Content-Type: text/html; charset=x\r\n\r\n',
  "Content-Type: image/png; name*0*=utf-8''%C3; name*1*=%BC\r\n\r\n",
  'Content-Disposition: attachment; filename="=?utf-8?Q?=C3=BC?="\r\n',
  'Content-Transfer-Encoding: base64\r\n',
  'Content-Transfer-Encoding: quoted-printable\r\n',
  'Content-ID: <x@y>\r\n',
  'Content-Language: en, de\r\n',
  'From: "A, B" <a@b.example>, g: c@d, <e>;\r\n',
  'To: ((a)\r\n',
  'Subject: =?utf-8?B?w7w=?= =?x?q?y?=\r\n',
  'Date: Mon, 23 Nov 2026 03:21:00 +0100\r\n',
  'Message-ID: <1@x> <2\r\n',
  ':',
  ';',
  '=',
  '=C3=BC=\r\n',
  'QUJD',
  'x: y',
  '<p>&amp;</p><style>',
  '> quoted\r\n',
  '\xc3\xbc',
  '\xff',
  'text',
  '"',
  '\\',
  '(',
  '{5}',
]

/** Octets that look like a message, often a broken one. */
export function mimeBytes(): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    {
      weight: 9,
      arbitrary: fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map((pieces) => fromLatin1(pieces.join(''))),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  )
}
