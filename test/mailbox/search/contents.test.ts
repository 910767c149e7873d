import { describe, expect, test } from 'vitest'
import {
  decodeParts,
  decodeText,
  parseMessage,
  encodeBase64,
  encodeUtf8,
  partName,
  bodyParts,
} from '../../../src/format/index.ts'
import { winmail } from '../../format/tnef-bytes.ts'
import { message, openStore } from '../fixture.ts'

function opened(raw: Uint8Array) {
  const { store, inbox } = openStore()
  const [email] = store.add([{ raw, mailboxIds: [inbox] }])
  const finds = (text: string): boolean => store.query({ filter: { text } }).ids.length === 1
  return { store, email: email!, finds }
}

/** A multipart message of these parts, each with its header. */
function multipart(subtype: string, ...parts: readonly string[]): Uint8Array {
  const body = [...parts.map((part) => `--b\r\n${part}\r\n`), '--b--\r\n'].join('')
  return message({ body, more: `Content-Type: multipart/${subtype}; boundary=b` })
}

const enclosing = (inner: string, boundary: string): string =>
  [
    'From: =?utf-8?Q?Zo=C3=AB?= <zoe@inner.test>',
    `Subject: level ${boundary}`,
    `Content-Type: multipart/mixed; boundary=${boundary}`,
    '',
    `--${boundary}`,
    'Content-Type: message/rfc822',
    '',
    inner,
    `--${boundary}--`,
  ].join('\r\n')

const innermost = [
  'Subject: innermost subject',
  'Content-Type: multipart/mixed; boundary=i',
  '',
  '--i',
  'Content-Type: text/plain; charset=utf-8',
  '',
  'buried treasure',
  '--i',
  `Content-Disposition: attachment; filename*=utf-8''Schatzkarte.pdf`,
  'Content-Type: application/pdf',
  '',
  'pdf',
  '--i--',
].join('\r\n')

const base64 = (text: string): string => encodeBase64(encodeUtf8(text)).replace(/.{76}/g, '$&\r\n')

describe('enclosed messages are searched (RFC 2046 §5.2.1)', () => {
  const levels = enclosing(enclosing(enclosing(innermost, 'c'), 'd'), 'e')
  test.each([
    ['three levels', multipart('mixed', `Content-Type: message/rfc822\r\n\r\n${levels}`)],
    [
      'in base64, against the rule',
      multipart('mixed', `Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64(levels)}`),
    ],
    [
      'base64 within base64',
      multipart(
        'mixed',
        `Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64(
          `Subject: one\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64(levels)}`,
        )}`,
      ),
    ],
    [
      'message/global (RFC 6532 §3.7), which may be in an encoding',
      multipart('mixed', `Content-Type: message/global\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64(levels)}`),
    ],
    ['without a type in a digest (RFC 2046 §5.1.5)', multipart('digest', `\r\n${levels}`)],
  ])('%s', (_, raw) => {
    const { finds } = opened(raw)
    for (const text of ['"buried treasure"', 'schatzkarte.pdf', '"innermost subject"', 'zoe@inner.test', '"level d"']) {
      expect([text, finds(text)]).toEqual([text, true])
    }
    expect(finds('nowhere')).toBe(false)
  })

  test('base64 within base64 ends at a depth', () => {
    let text = 'Subject: too deep\r\n\r\nabyss'
    for (let depth = 0; depth < 12; depth++) {
      text = `Subject: depth ${depth}\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64(text)}`
    }
    const { finds } = opened(encodeUtf8(text))
    expect([finds('"depth 11"'), finds('"depth 4"'), finds('abyss')]).toEqual([true, true, false])
  })
})

const withWinmail = (fields: string): Uint8Array =>
  multipart(
    'mixed',
    'Content-Type: text/plain\r\n\r\nsee attachment',
    `${fields}\r\nContent-Transfer-Encoding: base64\r\n\r\n${encodeBase64(winmail())}`,
  )

describe('winmail.dat', () => {
  test.each([
    ['as application/ms-tnef', 'Content-Type: application/ms-tnef; name="winmail.dat"'],
    [
      'as application/vnd.ms-tnef',
      'Content-Type: application/vnd.ms-tnef\r\nContent-Disposition: attachment; filename=winmail.dat',
    ],
    ['by its name', 'Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=WINMAIL.DAT'],
  ])('%s is shown as an attachment, and found by what it holds', (_, fields) => {
    const { email, finds } = opened(withWinmail(fields))
    const { attachments, hasAttachment } = bodyParts(decodeParts(email.parts))
    expect(attachments.map((one) => partName(one)?.toLowerCase())).toEqual(['winmail.dat'])
    expect(hasAttachment).toBe(true)
    for (const text of ['winmail.dat', 'привет', '"markup words"', 'jahresubersicht', '"tief im inneren.xlsx"']) {
      expect([text, finds(text)]).toEqual([text, true])
    }
  })
})

const flowed = (body: string, more = ''): Uint8Array =>
  message({
    body,
    more: `Content-Type: text/plain; charset=utf-8; format=Flowed${more}\r\nContent-Transfer-Encoding: 8bit`,
  })

describe('format=flowed (RFC 3676)', () => {
  test.each([
    ['words over a flowed line', 'the quick \r\nbrown fox', '', '"quick brown"', 'the quick brown fox'],
    [
      'the two halves of a word (`delsp`)',
      'Donaudampf \r\nschiff',
      '; delsp=YES',
      'donaudampfschiff',
      'Donaudampfschiff',
    ],
    ['Chinese over a flowed line (`delsp`)', '今天天 \r\n气很好', '; DelSp=yes', '天气', '今天天气很好'],
    ['a stuffed line', ' From here\r\non', '', '"from here"', 'From here on'],
  ])('%s', (_, body, more, search, preview) => {
    const { email, finds } = opened(flowed(body, more))
    expect(finds(search)).toBe(true)
    expect(email.preview).toBe(preview)
  })

  test('a preview leaves out what is quoted at any depth, and the line that says whose it is', () => {
    const { email } = opened(flowed('On Monday, Ann \r\nwrote:\r\n>> old \r\n>> words\r\n> newer\r\n\r\nMy answer.'))
    expect(email.preview).toBe('My answer.')
  })

  test('a body value is the text as it was sent, soft line breaks and all (RFC 8621 §4.1.4)', () => {
    const raw = flowed('> the quick \r\n> brown fox\r\n-- \r\nAnn')
    expect(decodeText(raw, parseMessage(raw)).text.trimEnd()).toBe('> the quick \n> brown fox\n-- \nAnn')
  })
})
