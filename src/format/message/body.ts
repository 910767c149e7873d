import { decodeTransferEncoding } from '../text/transfer.ts'
import type { StoredPart } from './part.ts'

/** The body of a part with its transfer encoding undone: for an identity encoding a view, not a copy. */
export function decodeBody(raw: Uint8Array, part: StoredPart): Uint8Array {
  return decodeTransferEncoding(raw.subarray(part.bodyStart, part.bodyEnd), part.encoding)
}
