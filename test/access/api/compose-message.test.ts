import { describe, expect, it } from 'vitest'
import { composeMessage, type MessageFields } from '../../../src/access/api/index.ts'
import { ComposeError, decodeUtf8, parseMessage, type Part } from '../../../src/format/index.ts'

const plain: MessageFields = {
  from: { address: 'alice@a.test' },
  to: [{ address: 'bob@b.test', name: 'Bob Böse' }],
  cc: [],
  replyTo: [],
  subject: 'Hello',
  headers: [],
  files: [],
}
const image = { filename: 'a.png', type: 'image/png', bytes: new Uint8Array([1]), cid: 'a' }
const file = { filename: 'b.pdf', type: 'application/pdf', bytes: new Uint8Array([2]) }

function composed(fields: Partial<MessageFields>): Uint8Array {
  return composeMessage({ ...plain, ...fields }, { messageId: 'id@a.test', date: 0, seed: 'seed' })
}

/** None where it is refused. */
function linesOf(fields: Partial<MessageFields>): string[] {
  try {
    return decodeUtf8(composed(fields)).split(/\r\n|\r|\n/)
  } catch (error) {
    if (error instanceof ComposeError) return []
    throw error
  }
}

/** `mixed(alternative(plain html) pdf)` */
function shape({ type, subtype, children }: Part): string {
  return type === 'multipart' ? `${subtype}(${children.map(shape).join(' ')})` : subtype
}

describe('a composed message', () => {
  it.each([
    [{}, 'plain'],
    [{ text: 'x' }, 'plain'],
    [{ html: 'x' }, 'html'],
    [{ text: 'x', html: 'y' }, 'alternative(plain html)'],
    [{ html: 'y', files: [image] }, 'related(html png)'],
    [{ text: 'x', html: 'y', files: [image, file] }, 'mixed(alternative(plain related(html png)) pdf)'],
    [{ text: 'x', files: [file] }, 'mixed(plain pdf)'],
    // Without HTML there is nothing that could show it.
    [{ text: 'x', files: [image] }, 'mixed(plain png)'],
  ])('of %j is %s (RFC 2046 §5.1, RFC 2387)', (fields, expected) => {
    expect(shape(parseMessage(composed(fields)))).toBe(expected)
  })

  it('says who, when and what, and no more (RFC 5322 §3.6)', () => {
    const text = decodeUtf8(composed({ text: 'x', headers: [{ name: 'X-A', value: 'ä' }] }))
    expect(text.split('\r\n\r\n')[0]?.split('\r\n')).toEqual([
      'From: alice@a.test',
      'To: =?utf-8?Q?Bob_B=C3=B6se?= <bob@b.test>',
      'Subject: Hello',
      'Date: Thu, 1 Jan 1970 00:00:00 +0000',
      'Message-ID: <id@a.test>',
      'X-A: =?utf-8?B?w6Q=?=',
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
    ])
  })

  it('is the same for the same request', () => expect(composed({ text: 'x' })).toEqual(composed({ text: 'x' })))

  it.each([
    { from: { address: 'a@b.test\r\nBcc: x@y.test' } },
    { to: [{ address: 'b@b.test', name: 'x\r\nBcc: x@y.test' }] },
    { subject: 'x\r\nBcc: x@y.test' },
    { headers: [{ name: 'X-A', value: 'x\r\nBcc: x@y.test' }] },
  ])('takes no field in through %j', (fields) => {
    expect(linesOf(fields).filter((line) => line.startsWith('Bcc:'))).toEqual([])
  })
})
