/**
 * Blobs by their JMAP ids: stored messages, uploads, parts of either.
 *
 * The store names messages, uploads and parts of its emails. A part of any other blob, as Email/parse gives out for an
 * attached or uploaded message, is `<blobId>-<index>`, with the index of `allParts`.
 *
 * Standards: RFC 8620 §6, RFC 8621 §4.1.4 (blobId of a part), §4.9 (Email/parse).
 * Limits: nesting, since every level parses a message anew.
 */
import { allParts, decodeBody, parseMessage } from '../../format/index.ts'
import { parseBlobId, type Blob, type Mail } from '../../mailbox/index.ts'
import type { Download } from './context.ts'

const maxBlobNesting = 4

/**
 * A blob to be read in pieces, of which nothing else is read or fetched, unless it has a transfer encoding. Undefined
 * and throws as `readBlob` within `reading`.
 */
export async function openBlob(store: Mail, blobId: string): Promise<Download | undefined> {
  const ref = parseBlobId(blobId)
  const extent = ref === undefined ? undefined : await store.reading(() => store.extent(ref))
  if (extent !== undefined) {
    const slice = (start: number, end: number) => store.reading(() => store.octets(extent, start, end))
    return { type: extent.type, size: extent.end - extent.start, slice }
  }
  const blob = await store.reading(() => readBlob(store, blobId))
  if (blob === undefined) return undefined
  const { bytes, type, size } = blob
  return { type, size, slice: async (start, end) => bytes.subarray(start, end) }
}

/** Undefined when the id is malformed or names nothing. */
export function readBlob(store: Mail, blobId: string, nesting = 0): Blob | undefined {
  const ref = parseBlobId(blobId)
  if (ref !== undefined) return store.blob(ref)
  const part = /^(.+)-(0|[1-9][0-9]{0,5})$/.exec(blobId)
  if (part === null || nesting >= maxBlobNesting) return undefined
  const outer = readBlob(store, part[1] as string, nesting + 1)
  return outer === undefined ? undefined : partOf(outer.bytes, Number(part[2]))
}

function partOf(raw: Uint8Array, index: number): Blob | undefined {
  const part = allParts(parseMessage(raw))[index]
  if (part === undefined || part.type === 'multipart') return undefined
  const bytes = decodeBody(raw, part)
  return { bytes, type: `${part.type}/${part.subtype}`, size: bytes.length }
}
