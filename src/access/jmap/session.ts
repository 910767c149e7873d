/**
 * The Session object: what this endpoint can do, for whom, and where.
 *
 * Standards: RFC 8620 §2; RFC 8621 §1.3.
 */
import type { MailStore } from '../../mailbox/index.ts'
import { coreCapability, mailCapability, submissionCapability, type JsonObject } from '../../protocol/jmap/index.ts'
import type { JmapAccount } from './context.ts'
import { emailSortProperties } from './email/query.ts'
import type { JmapLimits } from './limits.ts'
import { collations } from './standard/query.ts'

export const capabilities: ReadonlySet<string> = new Set([coreCapability, mailCapability, submissionCapability])

/** `baseUrl` is the origin and perhaps a path, without a final slash. */
export function sessionObject(account: JmapAccount, store: MailStore, limits: JmapLimits, baseUrl: string): JsonObject {
  const base = `${baseUrl.replace(/\/+$/, '')}/jmap`
  const session: JsonObject = {
    capabilities: { [coreCapability]: core(limits), [mailCapability]: {}, [submissionCapability]: {} },
    accounts: {
      [account.id]: {
        name: account.address,
        isPersonal: true,
        isReadOnly: false,
        accountCapabilities: {
          [coreCapability]: {},
          [mailCapability]: mail(store, limits),
          [submissionCapability]: submission(limits),
        },
      },
    },
    primaryAccounts: {
      [coreCapability]: account.id,
      [mailCapability]: account.id,
      [submissionCapability]: account.id,
    },
    username: account.address,
    apiUrl: `${base}/api`,
    downloadUrl: `${base}/download/{accountId}/{blobId}/{name}?accept={type}`,
    uploadUrl: `${base}/upload/{accountId}`,
    eventSourceUrl: `${base}/eventsource?types={types}&closeafter={closeafter}&ping={ping}`,
  }
  return { ...session, state: sessionState(account, limits) }
}

/** Changes whenever anything of the Session object does: a digest of all that goes into it. */
export function sessionState(account: JmapAccount, limits: JmapLimits): string {
  const text = JSON.stringify([account, limits, [...capabilities]])
  // FNV-1a: an equality token, not a secret.
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return (hash >>> 0).toString(36)
}

function core(limits: JmapLimits): JsonObject {
  return {
    maxSizeUpload: limits.maxSizeUpload,
    maxConcurrentUpload: limits.maxConcurrentUpload,
    maxSizeRequest: limits.maxSizeRequest,
    maxConcurrentRequests: limits.maxConcurrentRequests,
    maxCallsInRequest: limits.maxCallsInRequest,
    maxObjectsInGet: limits.maxObjectsInGet,
    maxObjectsInSet: limits.maxObjectsInSet,
    collationAlgorithms: [...collations],
  }
}

function mail(store: MailStore, limits: JmapLimits): JsonObject {
  return {
    maxMailboxesPerEmail: store.limits.maxMailboxesPerEmail,
    maxMailboxDepth: store.limits.maxMailboxDepth,
    maxSizeMailboxName: store.limits.maxMailboxNameSize,
    maxSizeAttachmentsPerEmail: limits.maxSizeAttachmentsPerEmail,
    emailQuerySortOptions: [...emailSortProperties],
    mayCreateTopLevelMailbox: true,
  }
}

function submission(limits: JmapLimits): JsonObject {
  return { maxDelayedSend: 0, submissionExtensions: { SIZE: [String(limits.maxSizeEmail)], DSN: [], SMTPUTF8: [] } }
}
