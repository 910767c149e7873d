/**
 * The Session object: what this endpoint can do, for whom, and where.
 *
 * Standards: RFC 8620 §2; RFC 8621 §1.3; RFC 8887 §3; RFC 9749 §3.
 */
import { collations, type MailStore } from '../../mailbox/index.ts'
import {
  blobCapability,
  coreCapability,
  mailCapability,
  mdnCapability,
  quotaCapability,
  submissionCapability,
  vacationCapability,
  vapidCapability,
  webSocketCapability,
  type Json,
  type JsonObject,
} from '../../protocol/jmap/index.ts'
import { digestAlgorithms } from './blob-data/blob-get.ts'
import { lookupTypes } from './blob-data/blob-lookup.ts'
import { maxDataSources } from './blob-data/blob-upload.ts'
import type { JmapAccount } from './context.ts'
import { emailSortProperties } from './email/query.ts'
import type { JmapLimits } from './limits.ts'

export const capabilities: ReadonlySet<string> = new Set([
  coreCapability,
  mailCapability,
  submissionCapability,
  vacationCapability,
  quotaCapability,
  blobCapability,
  mdnCapability,
])

/** What a request may list in `using`: those of accounts, and those of the connection. */
export const supported: ReadonlySet<string> = new Set([...capabilities, webSocketCapability, vapidCapability])

/**
 * `baseUrl` is the origin and perhaps a path, without a final slash. `pushKey` is the application server key, where there
 * is push by subscription.
 */
export function sessionObject(
  account: JmapAccount,
  store: MailStore,
  limits: JmapLimits,
  baseUrl: string,
  pushKey?: string,
): JsonObject {
  const base = `${baseUrl.replace(/\/+$/, '')}/jmap`
  const session: JsonObject = {
    capabilities: {
      ...each(() => ({})),
      [coreCapability]: core(limits),
      [webSocketCapability]: { url: `${base.replace(/^http/, 'ws')}/ws`, supportsPush: true },
      ...(pushKey === undefined ? {} : { [vapidCapability]: { applicationServerKey: pushKey } }),
    },
    accounts: {
      [account.id]: {
        name: account.address,
        isPersonal: true,
        isReadOnly: false,
        accountCapabilities: {
          ...each(() => ({})),
          [mailCapability]: mail(store, limits),
          [submissionCapability]: submission(limits),
          [blobCapability]: blob(limits),
        },
      },
    },
    primaryAccounts: primary(account.id),
    username: account.address,
    apiUrl: `${base}/api`,
    downloadUrl: `${base}/download/{accountId}/{blobId}/{name}?accept={type}`,
    uploadUrl: `${base}/upload/{accountId}`,
    eventSourceUrl: `${base}/eventsource?types={types}&closeafter={closeafter}&ping={ping}`,
  }
  return { ...session, state: sessionState(account, limits, pushKey) }
}

function each(value: () => Json): JsonObject {
  return Object.fromEntries(Array.from(capabilities, (name) => [name, value()]))
}

/** RFC 8620 §2: the core capability should not be present. */
function primary(accountId: string): JsonObject {
  const { [coreCapability]: _, ...rest } = each(() => accountId)
  return rest
}

/** Changes whenever anything of the Session object does: a digest of all that goes into it. */
export function sessionState(account: JmapAccount, limits: JmapLimits, pushKey?: string): string {
  const text = JSON.stringify([account, limits, [...supported], pushKey ?? null])
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

/** RFC 9404 §3.1. */
function blob(limits: JmapLimits): JsonObject {
  return {
    maxSizeBlobSet: limits.maxSizeUpload,
    maxDataSources,
    supportedTypeNames: [...lookupTypes],
    supportedDigestAlgorithms: [...digestAlgorithms],
  }
}

function submission(limits: JmapLimits): JsonObject {
  const { maxDelayedSend, maxSizeEmail } = limits
  return {
    maxDelayedSend,
    submissionExtensions: {
      SIZE: [String(maxSizeEmail)],
      DSN: [],
      SMTPUTF8: [],
      FUTURERELEASE: [String(maxDelayedSend)],
    },
  }
}
