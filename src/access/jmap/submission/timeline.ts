/**
 * SubmissionTimeline/get: how messages that were submitted here fared, step by step, while the trace is kept. An extension of
 * ours, described in docs/jmap-timeline.md.
 *
 * Like SearchSnippet/get it has no state: what happens on the way changes nothing in the account, whose EmailSubmission tells
 * what came of it.
 *
 * Standards: RFC 8620 §1.8 (vendor extensions), §3.6.2 (errors).
 * Limits: submissions at once, since each day of the trace is walked through.
 */
import { formatSubmissionId, type Submission } from '../../../mailbox/index.ts'
import {
  Arguments,
  checkAccount,
  refuseTooMany,
  timelineCapability,
  type Method,
} from '../../../protocol/jmap/index.ts'
import type { OwnContext } from '../context.ts'
import type { JmapEnvelope } from './envelope.ts'
import { findSubmission } from './submission.ts'
import type { TimelinePort } from './timeline-port.ts'
import { timelineSteps } from './timeline-step.ts'

export function submissionTimelineGet(context: OwnContext, timeline: TimelinePort): Method {
  return {
    capability: timelineCapability,
    async run(values) {
      const args = new Arguments(values, ['accountId', 'submissionIds'])
      checkAccount(args, context.account.id)
      const ids = [...new Set(args.expectIds('submissionIds'))]
      refuseTooMany(ids.length, timeline.atOnce)
      const found = ids.flatMap((id) => findSubmission(context, id) ?? [])
      const tags = found.flatMap(({ tag }) => tag ?? [])
      const since = Math.min(...found.map(({ sendAt }) => sendAt))
      const events = tags.length === 0 ? undefined : await timeline.find(tags, since)
      const stepsOf = ({ tag, envelope }: Submission) => {
        const recipients = (envelope as JmapEnvelope).rcptTo.map(({ email }) => email)
        return timelineSteps(events?.get(tag ?? '') ?? [], recipients)
      }
      const list = found.map((submission) => ({
        submissionId: formatSubmissionId(submission.id),
        steps: stepsOf(submission),
      }))
      const known = new Set(list.map(({ submissionId }) => submissionId))
      const notFound = ids.filter((id) => !known.has(id))
      return { arguments: { accountId: context.account.id, list, notFound } }
    },
  }
}
