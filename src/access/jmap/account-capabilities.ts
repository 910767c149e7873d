/**
 * What an account's capabilities say about it, for one's own account and for those that others share.
 *
 * Standards: RFC 8621 §1.3 (mail), RFC 9404 §3.1 (blob).
 */
import type { StoreLimits } from '../../mailbox/index.ts'
import type { JsonObject } from '../../protocol/jmap/index.ts'
import { digestAlgorithms } from './blob-data/blob-get.ts'
import { lookupTypes } from './blob-data/blob-lookup.ts'
import { maxDataSources } from './blob-data/blob-upload.ts'
import { emailSortProperties } from './email/query.ts'
import type { JmapLimits } from './limits.ts'

export function mailOptions(store: StoreLimits, limits: JmapLimits): JsonObject {
  return {
    maxMailboxesPerEmail: store.maxMailboxesPerEmail,
    maxMailboxDepth: store.maxMailboxDepth,
    maxSizeMailboxName: store.maxMailboxNameSize,
    maxSizeAttachmentsPerEmail: limits.maxSizeAttachmentsPerEmail,
    emailQuerySortOptions: [...emailSortProperties],
    mayCreateTopLevelMailbox: true,
  }
}

export function blobOptions(limits: JmapLimits): JsonObject {
  return {
    maxSizeBlobSet: limits.maxSizeUpload,
    maxDataSources,
    supportedTypeNames: [...lookupTypes],
    supportedDigestAlgorithms: [...digestAlgorithms],
  }
}
