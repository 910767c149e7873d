/**
 * What every blob store does, whatever it is made of.
 */
import { describe, expect, it } from 'vitest'
import { type BlobStore, emptyBlobStore } from '../../src/mailbox/index.ts'

const bytes = Uint8Array.from({ length: 100_000 }, (_, at) => (at * 31) & 255)

export function blobStoreContract(name: string, open: () => BlobStore): void {
  describe(`${name} as a blob store`, () => {
    it('gives back what was put, byte for byte', async () => {
      const blobs = open()
      await blobs.put('whole', bytes)
      expect(await blobs.get('whole')).toEqual(bytes)
      // A view into a larger buffer is stored as itself.
      await blobs.put('view', bytes.subarray(10, 20))
      expect(await blobs.get('view')).toEqual(bytes.slice(10, 20))
    })

    it.each([
      ['the beginning', 0, 10],
      ['the middle', 777, 50_000],
      ['the end', 99_990, 100_000],
      ['all', 0, 100_000],
      ['nothing', 5, 5],
    ])('gives a range: %s', async (what, start, end) => {
      const blobs = open()
      await blobs.put(`range ${what}`, bytes)
      expect(await blobs.get(`range ${what}`, { start, end })).toEqual(bytes.slice(start, end))
    })

    it('knows no object that was never put, or is deleted; deleting such is no error', async () => {
      const blobs = open()
      expect(await blobs.get('never')).toBeUndefined()
      await blobs.put('deleted', bytes)
      await blobs.delete(['deleted', 'never'])
      expect(await blobs.get('deleted')).toBeUndefined()
      expect(await blobs.get('deleted', { start: 0, end: 1 })).toBeUndefined()
      await blobs.delete([])
    })

    it('lists keys in order, behind the one given, and no other account', async () => {
      const blobs = open()
      await emptyBlobStore(blobs)
      for (const key of ['0000000002-b', '0000000001-a', '0000000010-c']) await blobs.put(key, bytes.subarray(0, 1))
      expect(await blobs.list('')).toEqual(['0000000001-a', '0000000002-b', '0000000010-c'])
      expect(await blobs.list('0000000002')).toEqual(['0000000002-b', '0000000010-c'])
      expect(await blobs.list('0000000010-c')).toEqual([])
      await emptyBlobStore(blobs)
      expect(await blobs.list('')).toEqual([])
    })
  })
}
