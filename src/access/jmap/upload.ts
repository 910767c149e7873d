/**
 * Keeps an upload, in one's own account or in one that somebody shares.
 *
 * Standards: RFC 8620 §6.1.
 */
import { formatBlobId, StoreError, type Mail } from '../../mailbox/index.ts'
import type { JmapResponse } from './context.ts'

/** `type` is the request's Content-Type. */
export async function uploadAnswer(
  store: Pick<Mail, 'incoming' | 'putUpload'>,
  accountId: string,
  bytes: Uint8Array,
  type: string,
): Promise<JmapResponse> {
  const incoming = store.incoming()
  try {
    const mediaType = type.trim().slice(0, 255) || 'application/octet-stream'
    const upload = store.putUpload(await incoming.upload(bytes), mediaType)
    const blobId = formatBlobId({ kind: 'upload', blob: upload.blob })
    const body = JSON.stringify({ accountId, blobId, type: upload.type, size: upload.size })
    // The RFC names no status; aerc and other users of go-jmap take 200 only.
    return { status: 200, contentType: 'application/json; charset=utf-8', body }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    return uploadRefusal(statuses[error.type] ?? 413, error.message)
  } finally {
    await incoming.settle()
  }
}

const statuses: Readonly<Record<string, number>> = { unavailable: 503, overQuota: 507, forbidden: 403 }

export function uploadRefusal(status: number, detail: string): JmapResponse {
  const body = JSON.stringify({ type: 'about:blank', status, detail })
  return { status, contentType: 'application/problem+json', body }
}
