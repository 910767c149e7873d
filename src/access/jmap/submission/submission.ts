/**
 * EmailSubmission/get, /changes, /query and /queryChanges.
 *
 * Standards: RFC 8621 §7, §7.1 to §7.4.
 */
import {
  formatEmailId,
  formatIdentityId,
  formatSubmissionId,
  formatThreadId,
  parseSubmissionId,
  type Submission,
  type SubmissionId,
} from '../../../mailbox/index.ts'
import {
  formatUtcDate,
  isId,
  MethodError,
  parseUtcDate,
  submissionCapability,
  type Comparator,
  type Json,
  type Method,
} from '../../../protocol/jmap/index.ts'
import type { OwnContext } from '../context.ts'
import { changesMethod } from '../standard/changes.ts'
import { testOf, type ConditionReaders } from '../standard/condition.ts'
import { eachOf, getMethod, type PropertyReaders } from '../standard/get.ts'
import { queryChangesMethod, queryMethod, type Compare, type QueryType } from '../standard/query.ts'

export const submissionProperties: PropertyReaders<Submission> = {
  id: (submission) => formatSubmissionId(submission.id),
  identityId: (submission) => formatIdentityId(submission.identityId),
  emailId: (submission) => formatEmailId(submission.emailId),
  threadId: (submission) => formatThreadId(submission.threadId),
  envelope: (submission) => submission.envelope as Json,
  sendAt: (submission) => formatUtcDate(submission.sendAt),
  undoStatus: (submission) => submission.undoStatus,
  deliveryStatus: (submission) => submission.deliveryStatus as Json,
  dsnBlobIds: (submission) => [...submission.dsnBlobIds],
  mdnBlobIds: (submission) => [...submission.mdnBlobIds],
}

export function submissionGet(context: OwnContext): Method {
  return getMethod<Submission>(context, {
    capability: submissionCapability,
    properties: submissionProperties,
    findMany: eachOf((id) => findSubmission(context, id)),
    all: () => context.store.submissions(),
  })
}

export function findSubmission(context: OwnContext, id: string): Submission | undefined {
  const number = parseSubmissionId(id)
  return number === undefined ? undefined : context.store.submission(number)
}

export function submissionChanges(context: OwnContext): Method {
  return changesMethod(context, {
    capability: submissionCapability,
    type: 'EmailSubmission',
    formatId: (id) => formatSubmissionId(id as SubmissionId),
  })
}

type Test = (submission: Submission) => boolean

function oneOf(value: Json, id: (submission: Submission) => string): Test | undefined {
  if (!Array.isArray(value) || !value.every(isId)) return undefined
  const wanted = new Set<Json>(value)
  return (submission) => wanted.has(id(submission))
}

const conditions: ConditionReaders<Test> = {
  identityIds: (value) => oneOf(value, (submission) => formatIdentityId(submission.identityId)),
  emailIds: (value) => oneOf(value, (submission) => formatEmailId(submission.emailId)),
  threadIds: (value) => oneOf(value, (submission) => formatThreadId(submission.threadId)),
  undoStatus: (value) => (typeof value === 'string' ? (submission) => submission.undoStatus === value : undefined),
  before: (value) => {
    const time = parseUtcDate(value)
    return time === undefined ? undefined : (submission) => submission.sendAt < time
  },
  after: (value) => {
    const time = parseUtcDate(value)
    return time === undefined ? undefined : (submission) => submission.sendAt >= time
  },
}

/** RFC 8621 §7.3 names `sentAt`; the property it means is `sendAt`. */
const sortValues: Readonly<Record<string, (submission: Submission) => number>> = {
  emailId: (submission) => submission.emailId,
  threadId: (submission) => submission.threadId,
  sentAt: (submission) => submission.sendAt,
  sendAt: (submission) => submission.sendAt,
}

function compare({ property, isAscending, extra }: Comparator): Compare<Submission> {
  const value = Object.hasOwn(sortValues, property) ? sortValues[property] : undefined
  if (value === undefined || Object.keys(extra).length > 0) {
    throw new MethodError('unsupportedSort', `Submissions are not sorted by ${JSON.stringify(property)}.`)
  }
  const direction = isAscending ? 1 : -1
  return (a, b) => direction * (value(a) - value(b))
}

function queryType(context: OwnContext): QueryType<Submission> {
  return {
    capability: submissionCapability,
    type: 'EmailSubmission',
    all: () => context.store.submissions(),
    id: (submission) => formatSubmissionId(submission.id),
    formatId: (id) => formatSubmissionId(id as SubmissionId),
    condition: (value) => testOf(conditions, value),
    compare,
    tieBreak: (a, b) => a.id - b.id,
  }
}

export function submissionQuery(context: OwnContext): Method {
  return queryMethod(context, queryType(context))
}

export function submissionQueryChanges(context: OwnContext): Method {
  return queryChangesMethod(context, queryType(context))
}
