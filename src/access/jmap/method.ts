/**
 * Every method this endpoint knows, by name.
 *
 * Standards: RFC 9670 (accounts of others have the methods of mail, and no more).
 */
import { coreCapability, type Method } from '../../protocol/jmap/index.ts'
import type { JmapContext, OwnContext } from './context.ts'
import { blobGet } from './blob-data/blob-get.ts'
import { blobLookup } from './blob-data/blob-lookup.ts'
import { blobUpload } from './blob-data/blob-upload.ts'
import { blobCopy, emailCopy } from './copy.ts'
import { emailChanges, emailGet } from './email/get.ts'
import { emailImport } from './email/import.ts'
import { emailParse } from './email/parse.ts'
import { emailQuery, emailQueryChanges } from './email/query.ts'
import { emailSet } from './email/set.ts'
import { identityChanges, identityGet, identitySet } from './identity.ts'
import { mailboxChanges, mailboxGet } from './mailbox/mailbox.ts'
import { mailboxQuery, mailboxQueryChanges } from './mailbox/query.ts'
import { mailboxSet } from './mailbox/set.ts'
import { maskedEmailGet } from './masked-email/masked-email.ts'
import { maskedEmailSet } from './masked-email/set.ts'
import { principalChangesMethod, principalGet } from './principal/get.ts'
import { principalQuery, principalQueryChanges } from './principal/query.ts'
import { principalSet } from './principal/set.ts'
import { pushSubscriptionGet } from './push-subscription/get.ts'
import { pushSubscriptionSet } from './push-subscription/set.ts'
import { mdnParse } from './mdn/mdn-parse.ts'
import { mdnSend } from './mdn/mdn-send.ts'
import { searchSnippetGet } from './search-snippet.ts'
import {
  shareNotificationChanges,
  shareNotificationGet,
  shareNotificationQuery,
  shareNotificationQueryChanges,
  shareNotificationSet,
} from './share-notification/share-notification.ts'
import { submissionSet } from './submission/set.ts'
import { submissionChanges, submissionGet, submissionQuery, submissionQueryChanges } from './submission/submission.ts'
import type { TimelinePort } from './submission/timeline-port.ts'
import { submissionTimelineGet } from './submission/timeline.ts'
import { quotaChanges, quotaGet, quotaQuery, quotaQueryChanges } from './quota.ts'
import { reportLanguageGet, reportLanguageSet } from './report-language.ts'
import { threadChanges, threadGet } from './thread.ts'
import { vacationGet, vacationSet } from './vacation.ts'

/** RFC 8620 §4: the arguments come back as they are. */
const echo: Method = { capability: coreCapability, run: (args) => ({ arguments: args }) }

/** The methods of mail, whoever it belongs to. */
export function mailMethodsOf(context: JmapContext): ReadonlyMap<string, Method> {
  return new Map<string, Method>([
    ['Blob/upload', blobUpload(context)],
    ['Blob/get', blobGet(context)],
    ['Blob/lookup', blobLookup(context)],
    ['Mailbox/get', mailboxGet(context)],
    ['Mailbox/changes', mailboxChanges(context)],
    ['Mailbox/query', mailboxQuery(context)],
    ['Mailbox/queryChanges', mailboxQueryChanges(context)],
    ['Mailbox/set', mailboxSet(context)],
    ['Thread/get', threadGet(context)],
    ['Thread/changes', threadChanges(context)],
    ['Email/get', emailGet(context)],
    ['Email/changes', emailChanges(context)],
    ['Email/query', emailQuery(context)],
    ['Email/queryChanges', emailQueryChanges(context)],
    ['Email/set', emailSet(context)],
    ['Email/import', emailImport(context)],
    ['Email/parse', emailParse(context)],
    ['SearchSnippet/get', searchSnippetGet(context)],
    ['Quota/get', quotaGet(context)],
    ['Quota/changes', quotaChanges(context)],
    ['Quota/query', quotaQuery(context)],
    ['Quota/queryChanges', quotaQueryChanges(context)],
  ])
}

export function methodsOf(context: OwnContext): ReadonlyMap<string, Method> {
  const mail = mailMethodsOf(context)
  return new Map<string, Method>([
    ...mail,
    ['Core/echo', echo],
    ['PushSubscription/get', pushSubscriptionGet(context)],
    ['PushSubscription/set', pushSubscriptionSet(context)],
    ['Blob/copy', blobCopy(context, mail)],
    ['Email/copy', emailCopy(context, mail)],
    ['Identity/get', identityGet(context)],
    ['Identity/changes', identityChanges(context)],
    ['Identity/set', identitySet(context)],
    ['EmailSubmission/get', submissionGet(context)],
    ['EmailSubmission/changes', submissionChanges(context)],
    ['EmailSubmission/query', submissionQuery(context)],
    ['EmailSubmission/queryChanges', submissionQueryChanges(context)],
    ['EmailSubmission/set', submissionSet(context)],
    ['VacationResponse/get', vacationGet(context)],
    ['VacationResponse/set', vacationSet(context)],
    ['ReportLanguage/get', reportLanguageGet(context)],
    ['ReportLanguage/set', reportLanguageSet(context)],
    ['MDN/send', mdnSend(context)],
    ['MDN/parse', mdnParse(context)],
    ...(context.sharing === undefined ? [] : sharingMethodsOf(context)),
    ...(context.masks === undefined ? [] : maskMethodsOf(context)),
    ...(context.timeline === undefined ? [] : timelineMethodsOf(context, context.timeline)),
  ])
}

function timelineMethodsOf(context: OwnContext, timeline: TimelinePort): [name: string, Method][] {
  return [['SubmissionTimeline/get', submissionTimelineGet(context, timeline)]]
}

function maskMethodsOf(context: OwnContext): [name: string, Method][] {
  return [
    ['MaskedEmail/get', maskedEmailGet(context)],
    ['MaskedEmail/set', maskedEmailSet(context)],
  ]
}

function sharingMethodsOf(context: OwnContext): [name: string, Method][] {
  return [
    ['Principal/get', principalGet(context)],
    ['Principal/changes', principalChangesMethod(context)],
    ['Principal/set', principalSet(context)],
    ['Principal/query', principalQuery(context)],
    ['Principal/queryChanges', principalQueryChanges(context)],
    ['ShareNotification/get', shareNotificationGet(context)],
    ['ShareNotification/changes', shareNotificationChanges(context)],
    ['ShareNotification/set', shareNotificationSet(context)],
    ['ShareNotification/query', shareNotificationQuery(context)],
    ['ShareNotification/queryChanges', shareNotificationQueryChanges(context)],
  ]
}
