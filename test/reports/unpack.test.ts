import { deflateRawSync, gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../src/format/index.ts'
import { unpack } from '../../src/reports/unpack.ts'

const text = encodeUtf8('<feedback>'.repeat(2_000))
const mebibyte = 1024 * 1024

/** A zip file whose sizes stand behind the data, as programs write it that do not know them before (APPNOTE 4.4.4). */
function streamedZip(content: Uint8Array): Uint8Array {
  const data = deflateRawSync(content)
  const head = Buffer.alloc(30)
  head.writeUInt32LE(0x04034b50, 0)
  head.writeUInt16LE(20, 4)
  head.writeUInt16LE(8, 6)
  head.writeUInt16LE(8, 8)
  head.writeUInt16LE(1, 26)
  const descriptor = Buffer.alloc(16)
  descriptor.writeUInt32LE(0x08074b50, 0)
  descriptor.writeUInt32LE(data.length, 8)
  descriptor.writeUInt32LE(content.length, 12)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  return Buffer.concat([head, Buffer.from('x'), data, descriptor, end])
}

describe('gives what is in', () => {
  test.each<[string, Uint8Array]>([
    ['a gzip file', gzipSync(text)],
    ['a zip file', zipSync({ 'report.xml': text })],
    ['a zip file without compression', zipSync({ 'report.xml': text }, { level: 0 })],
    ['a zip file with a folder first', zipSync({ 'a/': new Uint8Array(), 'a/report.xml': text })],
    ['a zip file with more behind it', zipSync({ 'report.xml': text, 'more.xml': encodeUtf8('more') })],
    ['a zip file that was streamed', streamedZip(text)],
    ['neither', text],
  ])('%s', (_, bytes) => expect(unpack(bytes, mebibyte)).toEqual(text))

  test('as much as is allowed, and not an octet more', () => {
    for (const bytes of [text, gzipSync(text), zipSync({ a: text })]) {
      expect(unpack(bytes, text.length)).toEqual(text)
      expect(unpack(bytes, text.length - 1)).toBeUndefined()
    }
  })
})

describe('gives nothing for', () => {
  const bomb = new Uint8Array(64 * mebibyte)

  test.each<[string, Uint8Array]>([
    ['a gzip file that grows without end', gzipSync(bomb)],
    ['a zip file that grows without end', zipSync({ a: bomb })],
    ['a gzip file that breaks off', gzipSync(text).subarray(0, -20)],
    ['a zip file that breaks off', zipSync({ a: text }).subarray(0, 60)],
    ['an empty zip file', zipSync({})],
    ['only the mark of gzip', Uint8Array.of(0x1f, 0x8b)],
    ['only the mark of zip', Uint8Array.of(0x50, 0x4b)],
  ])('%s', (_, bytes) => expect(unpack(bytes, mebibyte)).toBeUndefined())

  test('a zip file whose sizes lie', () => {
    const lying = zipSync({ a: bomb })
    new DataView(lying.buffer).setUint32(22, 10, true)
    expect(unpack(lying, mebibyte)).toBeUndefined()
  })
})

test('nothing makes it throw', () => {
  const noise = fc.uint8Array({ maxLength: 300 })
  for (const mark of [gzipSync(text), zipSync({ a: text })]) {
    fc.assert(
      fc.property(fc.nat(40), noise, (at, bytes) => void unpack(Buffer.concat([mark.subarray(0, at), bytes]), 1e5)),
    )
  }
})
