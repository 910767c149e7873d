/**
 * EmailSubmission/set: sending, and the implicit Email/set that follows it.
 *
 * A message is on its way once the submission port has accepted it, so every create stands for itself: nothing later in
 * the call takes it back. undoStatus is `final` from the start, or `pending` while the message is held for later.
 *
 * Standards: RFC 8621 §7.5.
 */
import { formatEmailId, formatSubmissionId, type Submission } from '../../../mailbox/index.ts'
import {
  MethodError,
  resolveId,
  SetError,
  setArguments,
  setOwn,
  submissionCapability,
  type Arguments,
  type CallContext,
  type JsonObject,
  type Method,
} from '../../../protocol/jmap/index.ts'
import { standardOf, type OwnContext } from '../context.ts'
import { runEmailSet } from '../email/set.ts'
import { readRecord } from '../standard/get.ts'
import { impliedCall } from '../standard/implied.ts'
import { isString, patchRecord } from '../standard/record.ts'
import { asSetError, attempt } from '../standard/change.ts'
import { expectResolved, SetOutcome } from '../standard/set.ts'
import { currentState, expectState } from '../standard/state.ts'
import { send } from './send.ts'
import { findSubmission, submissionProperties } from './submission.ts'

const followUps = ['onSuccessUpdateEmail', 'onSuccessDestroyEmail']

export function submissionSet(context: OwnContext): Method {
  return {
    capability: submissionCapability,
    async run(values, call) {
      const request = setArguments(values, standardOf(context, call), followUps)
      const followUp = readFollowUp(request.args)
      expectState(context, 'EmailSubmission', request.ifInState)
      const oldState = currentState(context)
      const outcome = new SetOutcome()
      /** The email id behind every submission that was created, updated or destroyed here. */
      const emails = new Map<string, string>()
      for (const [creationId, value] of request.create) {
        await createOne(context, call, creationId, value, outcome, emails)
      }
      try {
        context.store.transaction(() => changeExisting(context, call, request, outcome, emails))
      } catch (fault) {
        if (Object.keys(outcome.created).length === 0) throw fault
        // What was sent is sent (RFC 8620 §3.6.2): the client has to look.
        context.onFault('EmailSubmission/set', fault)
        throw new MethodError('serverPartialFail', 'Messages were sent, and then something went wrong.')
      }
      const result = outcome.toArguments(context.account.id, oldState, currentState(context))
      const implied = emailSetArguments(context, call, followUp, emails)
      if (implied === undefined) return { arguments: result }
      return {
        arguments: result,
        implied: [impliedCall(context, 'Email/set', () => runEmailSet(context, implied, call))],
      }
    },
  }
}

async function createOne(
  context: OwnContext,
  call: CallContext,
  creationId: string,
  value: JsonObject,
  outcome: SetOutcome,
  emails: Map<string, string>,
): Promise<void> {
  try {
    const submission = await send(context, call, value)
    const {
      identityId: _,
      emailId,
      ...created
    } = readRecord(submission, Object.keys(submissionProperties), submissionProperties)
    if ((value['envelope'] ?? null) !== null) delete created['envelope']
    const id = created['id'] as string
    call.createdIds.set(creationId, id)
    emails.set(id, emailId as string)
    setOwn(outcome.created, creationId, created)
  } catch (error) {
    setOwn(outcome.notCreated, creationId, refusal(context, error).toJSON())
  }
}

/** A fault with one message must not hide from the client that others have been sent. */
function refusal(context: OwnContext, error: unknown): SetError {
  try {
    return asSetError(error)
  } catch (fault) {
    context.onFault('EmailSubmission/set', fault)
    return new SetError('serverFail', 'The message could not be handed over; try again later.')
  }
}

function changeExisting(
  context: OwnContext,
  call: CallContext,
  request: ReturnType<typeof setArguments>,
  outcome: SetOutcome,
  emails: Map<string, string>,
): void {
  const destroyed = new Set(request.destroy.map((id) => resolveId(id, call.createdIds)))
  for (const [key, patch] of request.update) {
    attempt(outcome.notUpdated, key, () => {
      const submission = expectSubmission(context, expectResolved(key, call.createdIds))
      const id = formatSubmissionId(submission.id)
      if (destroyed.has(id)) throw new SetError('willDestroy')
      updateSubmission(context, submission, patch)
      outcome.updated[id] = null
      emails.set(id, formatEmailId(submission.emailId))
    })
  }
  for (const key of request.destroy) {
    attempt(outcome.notDestroyed, key, () => {
      const id = expectResolved(key, call.createdIds)
      const submission = expectSubmission(context, id)
      // RFC 8621 §7: the record's end is not the message's, and without its record a held message could not go.
      if (submission.undoStatus === 'pending')
        throw new SetError('forbidden', 'Cancel it first: it is still to be sent.')
      context.store.destroySubmission(submission.id)
      outcome.destroyed.push(id)
      emails.set(id, formatEmailId(submission.emailId))
    })
  }
}

/** Only undoStatus can be updated, and what is final stays so. */
function updateSubmission(context: OwnContext, submission: Submission, patch: JsonObject): void {
  const current = readRecord(submission, Object.keys(submissionProperties), submissionProperties)
  const { undoStatus } = patchRecord(current, patch, { undoStatus: isString }, {})
  if (undoStatus === undefined || undoStatus === submission.undoStatus) return
  if (undoStatus === 'canceled' && submission.undoStatus === 'pending' && !context.outbox.isLeaving(submission)) {
    context.store.updateSubmission(submission.id, { undoStatus })
    return
  }
  if (undoStatus === 'canceled') throw new SetError('cannotUnsend', 'The message has been handed over already.')
  throw new SetError('invalidProperties', undefined, { properties: ['undoStatus'] })
}

function expectSubmission(context: OwnContext, id: string): Submission {
  const submission = findSubmission(context, id)
  if (submission === undefined) throw new SetError('notFound')
  return submission
}

interface FollowUp {
  readonly update: readonly (readonly [id: string, patch: JsonObject])[]
  readonly destroy: readonly string[]
}

function readFollowUp(args: Arguments): FollowUp {
  return {
    update: Object.entries(args.objects('onSuccessUpdateEmail') ?? {}),
    destroy: args.ids('onSuccessDestroyEmail') ?? [],
  }
}

/** One Email/set for all follow-ups of what succeeded; undefined when nothing is left to do. */
function emailSetArguments(
  context: OwnContext,
  call: CallContext,
  followUp: FollowUp,
  emails: ReadonlyMap<string, string>,
): JsonObject | undefined {
  const emailOf = (key: string) => emails.get(resolveId(key, call.createdIds) ?? '')
  const update: JsonObject = {}
  for (const [key, patch] of followUp.update) {
    const emailId = emailOf(key)
    if (emailId !== undefined) update[emailId] = { ...(update[emailId] as JsonObject | undefined), ...patch }
  }
  const destroy = [...new Set(followUp.destroy.map(emailOf).filter((id) => id !== undefined))]
  if (Object.keys(update).length === 0 && destroy.length === 0) return undefined
  return { accountId: context.account.id, update, destroy }
}
