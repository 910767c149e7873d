/** Parts of a message by the names that links give them. */
import { describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../src/format/index.ts'
import { isPartName, partOf } from '../../src/webhooks/index.ts'

const attachment = (name: string) =>
  `--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="${name}"\r\n\r\nof ${name}\r\n`

const letter = (...names: string[]) =>
  encodeUtf8(
    [
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b',
      'Content-Type: multipart/alternative; boundary=c',
      '',
      '--c',
      'Content-Type: text/plain; charset=iso-8859-1',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      'Voil=E0',
      '--c',
      'Content-Type: text/html; charset=utf-8',
      '',
      '<p>Voilà</p>',
      '--c--',
      `${names.map(attachment).join('')}--b--`,
      '',
    ].join('\r\n'),
  )

const text = async (raw: Uint8Array, part: string) => new TextDecoder().decode((await partOf(raw, part))?.content)

test('text and HTML are UTF-8, whatever they were', async () => {
  const raw = letter()
  expect(await partOf(raw, 'text')).toMatchObject({ name: 'message.txt', type: 'text/plain; charset=utf-8' })
  expect(await text(raw, 'text')).toMatch(/^Voilà\s*$/)
  expect(await partOf(raw, 'html')).toMatchObject({ name: 'message.html', type: 'text/html; charset=utf-8' })
  expect(await text(raw, 'html')).toMatch(/^<p>Voilà<\/p>\s*$/)
})

test('attachments go by their place', async () => {
  const raw = letter('a.pdf', 'b.pdf')
  expect(await partOf(raw, '1')).toMatchObject({ name: 'b.pdf', type: 'application/pdf' })
  expect(await text(raw, '1')).toMatch(/^of b\.pdf\s*$/)
  expect(await partOf(raw, '2')).toBeUndefined()
})

test('there is nothing in a message without parts, or one that is made to be unreadable', async () => {
  expect(await partOf(encodeUtf8('Content-Type: image/png\r\n\r\n'), 'html')).toBeUndefined()
  const nested = Array.from(
    { length: 300 },
    (_, at) => `Content-Type: multipart/mixed; boundary=b${at}\r\n\r\n--b${at}\r\n`,
  )
  expect(await partOf(encodeUtf8(nested.join('')), '0')).toBeUndefined()
})

describe('a file name is a name and nothing else (RFC 6266 §4.3)', () => {
  test.each([
    ['order.pdf', 'order.pdf'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\\\Windows\\\\win.ini', 'win.ini'],
    ['.bashrc', 'bashrc'],
    ['..', 'attachment-0'],
    ['/', 'attachment-0'],
    ['a<b>:c|d?.txt', 'a_b__c_d_.txt'],
    ['in\u202Efdp.exe', 'infdp.exe'],
    ['name\u0007.txt', 'name.txt'],
    ['Rechnung für März.pdf', 'Rechnung für März.pdf'],
  ])('%j is %j', async (given, name) => {
    expect((await partOf(letter(given), '0'))?.name).toBe(name)
  })
})

test.each(['text', 'html', '0', '7', '12', '99999'])('%s may be a part', (part) => expect(isPartName(part)).toBe(true))
test.each(['', 'raw', '00', '-1', '1.2', '100000', 'toString', 'Text'])('%j is none', (part) =>
  expect(isPartName(part)).toBe(false),
)
