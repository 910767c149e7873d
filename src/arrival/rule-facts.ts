/**
 * What rules may know of a message, and when: the envelope at RCPT, all but who sent it when it is here, and that when it is
 * verified.
 */
import type { Header } from '../format/index.ts'
import type { Envelope } from '../protocol/smtp/index.ts'
import { authenticationOf, type MessageFacts, type RuleQuestion, type RuleSource } from '../routing/index.ts'
import type { Judgement } from './judgement.ts'
import { isSubmission, type Origin } from './origin.ts'
import type { Verifier } from './verify.ts'

export function atRecipient(origin: Origin, reversePath: string): RuleQuestion {
  return { message: { sender: reversePath, ...sourceOf(origin) }, final: false }
}

/** `verifier`: will judge the message, unless it is one that nobody judges. */
export function atArrival(
  { envelope, raw, origin }: { envelope: Envelope; raw: Uint8Array; origin: Origin },
  header: Header,
  verifier: Pick<Verifier, 'trusts'> | undefined,
): RuleQuestion {
  const isJudged =
    verifier !== undefined && origin.kind !== 'internal' && !isSubmission(origin) && !verifier.trusts(origin)
  const message: MessageFacts = {
    sender: envelope.reversePath,
    ...sourceOf(origin),
    header,
    size: raw.length,
    ...(isJudged ? {} : { authentication: authenticationOf([]) }),
  }
  return { message, final: !isJudged }
}

/** Once it is judged, or could not be. */
export function afterJudgement({ message }: RuleQuestion, judgement: Judgement | undefined): RuleQuestion {
  return { message: { ...message, authentication: authenticationOf(judgement?.results ?? []) }, final: true }
}

function sourceOf(origin: Origin): { source: RuleSource } {
  if (isSubmission(origin)) return { source: 'submission' }
  if (origin.kind === 'list') return { source: 'internal' }
  return { source: origin.kind === 'email-routing' || origin.kind === 'internal' ? origin.kind : 'smtp' }
}
