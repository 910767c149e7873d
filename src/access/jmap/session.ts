/**
 * The Session object: what this endpoint can do, for whom, and where.
 *
 * Standards: RFC 8620 §2; RFC 8621 §1.3; RFC 8887 §3; RFC 9670 §1.4, §1.5; RFC 9749 §3.
 */
import { collations } from '../../mailbox/index.ts'
import {
  blobCapability,
  coreCapability,
  mailCapability,
  mailShareCapability,
  maskedEmailCapability,
  mdnCapability,
  ownerCapability,
  principalsCapability,
  quotaCapability,
  submissionCapability,
  reportLanguageCapability,
  timelineCapability,
  vacationCapability,
  vapidCapability,
  webSocketCapability,
  type Json,
  type JsonObject,
} from '../../protocol/jmap/index.ts'
import { blobOptions, mailOptions } from './account-capabilities.ts'
import type { OwnContext } from './context.ts'
import { digestOf } from './digest.ts'
import type { JmapLimits } from './limits.ts'
import { sharedAccountObject } from './sharing/shared-account.ts'

const ownCapabilities: readonly string[] = [
  coreCapability,
  mailCapability,
  submissionCapability,
  vacationCapability,
  quotaCapability,
  blobCapability,
  mdnCapability,
  reportLanguageCapability,
]
const sharingCapabilities: readonly string[] = [principalsCapability, mailShareCapability]

type Extensions = Pick<OwnContext, 'sharing' | 'masks' | 'timeline'>

/** Those of the account. */
function capabilitiesOf({ sharing, masks, timeline }: Extensions): readonly string[] {
  return [
    ...ownCapabilities,
    ...(sharing === undefined ? [] : sharingCapabilities),
    ...(masks === undefined ? [] : [maskedEmailCapability]),
    ...(timeline === undefined ? [] : [timelineCapability]),
  ]
}

/**
 * What a request may list in `using`: capabilities of accounts, and those of the connection. That of owners is no session
 * capability, but clients that list all they know of are not refused for it.
 */
export function supportedBy(context: Extensions): ReadonlySet<string> {
  const more = context.sharing === undefined ? [] : [ownerCapability]
  return new Set([...capabilitiesOf(context), ...more, webSocketCapability, vapidCapability])
}

/** `baseUrl` is the origin and perhaps a path, without a final slash. */
export function sessionObject(context: OwnContext, baseUrl: string): JsonObject {
  const { account, limits } = context
  const base = `${baseUrl.replace(/\/+$/, '')}/jmap`
  const pushKey = pushKeyOf(context)
  const names = capabilitiesOf(context)
  const session: JsonObject = {
    capabilities: {
      ...each(names, () => ({})),
      [coreCapability]: core(limits),
      [webSocketCapability]: { url: `${base.replace(/^http/, 'ws')}/ws`, supportsPush: true },
      ...(pushKey === undefined ? {} : { [vapidCapability]: { applicationServerKey: pushKey } }),
    },
    accounts: { [account.id]: ownAccountObject(context), ...sharedAccounts(context) },
    // RFC 8620 §2: the core capability should not be present.
    primaryAccounts: each(
      names.filter((name) => name !== coreCapability),
      () => account.id,
    ),
    username: account.address,
    apiUrl: `${base}/api`,
    downloadUrl: `${base}/download/{accountId}/{blobId}/{name}?accept={type}`,
    uploadUrl: `${base}/upload/{accountId}`,
    eventSourceUrl: `${base}/eventsource?types={types}&closeafter={closeafter}&ping={ping}`,
  }
  return { ...session, state: sessionState(context) }
}

/** The user's own account, as an Account object. */
export function ownAccountObject(context: OwnContext): JsonObject {
  const { account, store, limits, sharing, timeline } = context
  return {
    name: account.address,
    isPersonal: true,
    isReadOnly: false,
    accountCapabilities: {
      ...each(capabilitiesOf(context), () => ({})),
      [mailCapability]: mailOptions(store.limits, limits),
      [submissionCapability]: submission(limits),
      [blobCapability]: blobOptions(limits),
      ...(timeline === undefined
        ? {}
        : { [timelineCapability]: { maxSubmissionsInGet: timeline.atOnce, days: timeline.days } }),
      ...(sharing === undefined
        ? {}
        : {
            [principalsCapability]: { currentUserPrincipalId: account.id },
            [ownerCapability]: { accountIdForPrincipal: account.id, principalId: account.id },
          }),
    },
  }
}

/** RFC 9670 §1.4: only those where the user is subscribed to something. The others are found by their principals. */
function sharedAccounts({ account, store, limits, sharing }: OwnContext): JsonObject {
  if (sharing === undefined) return {}
  const subscribed = store.sharedAccounts.all().filter(({ isSubscribed }) => isSubscribed)
  return Object.fromEntries(
    subscribed.map((shared) => [shared.id, sharedAccountObject(shared, account.id, limits, store.limits)]),
  )
}

function each(names: readonly string[], value: () => Json): JsonObject {
  return Object.fromEntries(names.map((name) => [name, value()]))
}

function pushKeyOf({ push }: OwnContext): string | undefined {
  return push?.service.applicationServerKey
}

/** Changes whenever anything of the Session object does: a digest of all that goes into it. */
export function sessionState(context: OwnContext): string {
  const { account, limits } = context
  const shared = sharedAccounts(context)
  return digestOf(JSON.stringify([account, limits, [...supportedBy(context)], pushKeyOf(context) ?? null, shared]))
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

function submission(limits: JmapLimits): JsonObject {
  const { maxDelayedSend, maxSizeEmail } = limits
  return {
    maxDelayedSend,
    submissionExtensions: {
      SIZE: [String(maxSizeEmail)],
      DSN: [],
      SMTPUTF8: [],
      FUTURERELEASE: [String(maxDelayedSend)],
      REQUIRETLS: [],
      'MT-PRIORITY': [],
      DELIVERBY: [],
    },
  }
}
