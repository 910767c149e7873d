import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type BlobNumber, type EmailId, parseBlobId } from '../../src/mailbox/index.ts'
import { message, newEmail, openStore, startTime } from './fixture.ts'

const mebibyte = 1024 * 1024

/** Bytes that no text codec would leave alone. */
function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = 0, state = 1; at < length; at++) bytes[at] = (state = (state * 48271) % 2147483647) & 255
  return bytes
}

function concat(...pieces: Uint8Array[]): Uint8Array {
  return new Uint8Array(pieces.flatMap((piece) => Array.from(piece)))
}

test.each([0, 1, 100, mebibyte - 1, mebibyte, mebibyte + 1, 2 * mebibyte + 1])(
  'a message with a body of %i octets comes back byte for byte, whole and in slices',
  (length) => {
    const { store, inbox, reopen } = openStore()
    const head = message({ subject: 'noise', body: '' })
    const raw = concat(head, noise(length))
    const [email] = store.add([{ raw, mailboxIds: [inbox] }])
    const again = reopen()
    expect(Buffer.compare(again.raw(email!.id)!, raw)).toBe(0)
    const edges = [
      0,
      1,
      email!.headerSize - 1,
      email!.headerSize,
      email!.headerSize + mebibyte,
      raw.length - 1,
      raw.length,
    ]
    for (const start of edges) {
      for (const end of [...edges, Infinity]) {
        const slice = again.slice(email!.id, start, end)
        expect(
          Buffer.compare(slice!, raw.slice(Math.min(start, raw.length), Math.max(start, Math.min(end, raw.length)))),
        ).toBe(0)
      }
    }
  },
)

test('any slice of any message is the slice of its bytes', () => {
  const { store, inbox } = openStore()
  const raw = concat(message({ body: '' }), noise(5000))
  const [email] = store.add([{ raw, mailboxIds: [inbox] }])
  fc.assert(
    fc.property(fc.integer({ min: -10, max: 6000 }), fc.integer({ min: -10, max: 6000 }), (start, end) => {
      const expected = raw.slice(Math.max(0, start), Math.max(0, start, end))
      expect(store.slice(email!.id, start, end)).toEqual(expected)
    }),
  )
})

test('a message without a header end, or of no octets at all, is kept too', () => {
  const { store, inbox } = openStore()
  for (const raw of [new Uint8Array(), noise(300), new TextEncoder().encode('Subject: cut')]) {
    const [email] = store.add([{ raw, mailboxIds: [inbox] }])
    expect(store.raw(email!.id)).toEqual(raw)
  }
})

test('a part has its transfer encoding undone', () => {
  const { store, inbox } = openStore()
  const raw = message({
    more: 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b',
    body: '--b\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC/w==\r\n--b--',
  })
  const [email] = store.add([{ raw, mailboxIds: [inbox] }])
  const blob = store.blob({ kind: 'part', email: email!.id, part: 2 })
  expect(blob).toEqual({ bytes: new Uint8Array([0, 1, 2, 255]), type: 'image/png', size: 4 })
  expect(store.blob({ kind: 'part', email: email!.id, part: 3 })).toBeUndefined()
  expect(store.blob({ kind: 'part', email: 999 as EmailId, part: 0 })).toBeUndefined()
})

test('uploads live for a day; messages are not uploads nor the other way round', () => {
  const { store, inbox, clock } = openStore()
  const upload = store.putUpload(noise(10), 'image/png')
  const [email] = store.add([newEmail(inbox)])
  expect(upload.expiresAt).toBe(startTime + 86_400_000)
  expect(store.blob({ kind: 'upload', blob: upload.blob })).toMatchObject({ type: 'image/png', size: 10 })
  expect(store.blob({ kind: 'message', blob: upload.blob })).toBeUndefined()
  expect(store.blob({ kind: 'upload', blob: email!.blob })).toBeUndefined()
  expect(store.blob(parseBlobId(`G${email!.blob}`)!)?.type).toBe('message/rfc822')
  clock.now = upload.expiresAt
  expect(store.blob({ kind: 'upload', blob: upload.blob })).toBeUndefined()
  store.sweep()
  expect(store.blobSize(upload.blob)).toBeUndefined()
})

test('sweeping the newest upload does not set the counter back', () => {
  const { store, clock, reopen } = openStore()
  const upload = store.putUpload(noise(10), 'image/png')
  clock.now = upload.expiresAt
  store.sweep()
  expect(reopen().state).toBe(store.state)
})

test('an unlikely media type is not believed', () => {
  const { store } = openStore()
  for (const type of ['', 'text', 'text/html\r\nX: y', 'a b/c']) {
    expect(store.putUpload(noise(1), type).type).toBe('application/octet-stream')
  }
  expect(store.putUpload(noise(1), 'text/plain; charset=utf-8').type).toBe('text/plain; charset=utf-8')
})

test('uploads are limited in size and in sum: the oldest make way (RFC 8620 §6)', () => {
  const { store } = openStore({ limits: { maxUploadTotal: 100, maxMessageSize: 80 } })
  expect(() => store.putUpload(noise(81), 'a/b')).toThrow(expect.objectContaining({ type: 'tooLarge' }))
  const sizes = [40, 40, 20, 10, 80]
  const blobs: BlobNumber[] = []
  const kept = sizes.map((size) => {
    blobs.push(store.putUpload(noise(size), 'a/b').blob)
    return blobs.map((blob) => store.blob({ kind: 'upload', blob })?.size).filter((each) => each !== undefined)
  })
  expect(kept).toEqual([[40], [40, 40], [40, 40, 20], [40, 20, 10], [10, 80]])
})

test('bytes that several emails share go with the last of them', () => {
  const { sql, store, inbox } = openStore()
  const raw = concat(message({ body: '' }), noise(mebibyte + 500_000))
  const [email] = store.add([{ raw, mailboxIds: [inbox] }])
  const first = store.copy(inbox, [email!.id], inbox).destination[0]!
  const second = store.copy(inbox, [email!.id], inbox).destination[0]!
  store.destroy([email!.id, first as number as EmailId])
  expect(Buffer.compare(store.raw(second as number as EmailId)!, raw)).toBe(0)
  store.expunge(inbox, [second])
  expect(store.blobSize(email!.blob)).toBeUndefined()
  expect(sql.exec('SELECT count(*) AS n FROM blob_chunk').one().n).toBe(0)
})
