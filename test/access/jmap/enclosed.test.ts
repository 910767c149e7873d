import { describe, expect, it } from 'vitest'
import { decodeUtf8, encodeBase64, encodeUtf8 } from '../../../src/format/index.ts'
import { World } from './world.ts'

const base64 = (text: string): string => encodeBase64(encodeUtf8(text)).replace(/.{76}/g, '$&\n')

/** A message with one enclosed, in this type and encoding. */
function enclosing(level: number, type: string, encoding: string, inner: string): string {
  const body = encoding === 'base64' ? base64(inner) : inner
  return [
    'From: a@example.com',
    `Subject: level ${level}`,
    'Content-Type: multipart/mixed; boundary=b' + level,
    '',
    `--b${level}`,
    `Content-Type: ${type}`,
    `Content-Transfer-Encoding: ${encoding}`,
    '',
    body,
    `--b${level}--`,
    '',
  ].join('\n')
}

const innermost = [
  'Subject: innermost',
  'Content-Type: multipart/mixed; boundary=i',
  '',
  '--i',
  '',
  'words',
  '--i',
  'Content-Disposition: attachment; filename=deep.txt',
  '',
  'the deepest octets',
  '--i--',
  '',
].join('\n')

describe('messages within messages, each opened by its blobId (RFC 8621 §4.1.4, §4.9)', () => {
  it.each([
    ['as they are', 'message/rfc822', '7bit'],
    ['in base64, against RFC 2046 §5.2.1', 'message/rfc822', 'base64'],
    ['message/global in base64 (RFC 6532 §3.7)', 'message/global', 'base64'],
  ])('%s', async (_, type, encoding) => {
    const world = new World()
    const one = enclosing(1, type, encoding, enclosing(2, type, encoding, innermost))
    const id = world.deliver(enclosing(0, type, encoding, one))
    const { list } = await world.call('Email/get', { ids: [id], properties: ['attachments', 'hasAttachment'] })
    expect(list[0].attachments).toMatchObject([{ type }])
    expect(list[0].hasAttachment).toBe(true)
    let { blobId } = list[0].attachments[0]
    for (const subject of ['level 1', 'level 2', 'innermost']) {
      const { parsed } = await world.call('Email/parse', { blobIds: [blobId], properties: ['subject', 'attachments'] })
      expect(parsed[blobId].subject).toBe(subject)
      const [attachment] = parsed[blobId].attachments
      const octets = (await world.octets(attachment.blobId)) as Uint8Array
      expect(octets).toHaveLength(attachment.size)
      if (subject === 'innermost') {
        expect(attachment.name).toBe('deep.txt')
        expect(decodeUtf8(octets)).toBe('the deepest octets')
      } else expect(decodeUtf8(octets)).toContain('Subject: ')
      blobId = attachment.blobId
    }
    for (const text of ['"level 2"', 'innermost', 'deep.txt', '"the deepest octets"']) {
      expect((await world.call('Email/query', { filter: { text } })).ids).toEqual([id])
    }
  })
})
