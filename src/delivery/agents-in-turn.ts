/**
 * Several agents for one job, the next one for those whom the one before did not reach.
 *
 * Who is refused for good is not tried elsewhere. A message that may have arrived waits: to send it by another way at once
 * is to send it twice.
 *
 * Standards: RFC 5321 §4.2.1, RFC 1047 (duplicates).
 * Limits: no agent is begun when the first ones took minutes: the queue tries again, and its event must end some time.
 */
import { replyText } from '../protocol/smtp/index.ts'
import type { DeliveryAgent, DeliveryJob, FailedAgent, RecipientOutcome } from '../queue/index.ts'
import { uniform } from './dial.ts'

export interface NamedAgent {
  readonly name: string
  /** Undefined: the settings know none of that name. */
  readonly agent: DeliveryAgent | undefined
}

const beginWithin = 4 * 60_000

/** One outcome for each recipient: the one that counts, and in it whoever failed before. */
export async function deliverInTurn(
  agents: readonly NamedAgent[],
  job: DeliveryJob,
  clock: () => number,
  signal?: AbortSignal,
): Promise<RecipientOutcome[]> {
  const begun = clock()
  const results = new Map(job.envelope.recipients.map(({ address }) => [address, [] as RecipientOutcome[]]))
  for (const [index, { name, agent }] of agents.entries()) {
    const recipients = job.envelope.recipients.filter(({ address }) => isOpen(results.get(address)?.at(-1)))
    if (recipients.length === 0 || (index > 0 && (signal?.aborted === true || clock() - begun > beginWithin))) break
    const part: DeliveryJob = { ...job, envelope: { ...job.envelope, recipients } }
    const outcomes = agent === undefined ? unknownAgent(part, name, clock()) : await agent.deliver(part, signal)
    for (const outcome of outcomes) results.get(outcome.recipient)?.push({ ...outcome, agent: name })
  }
  return [...results.values()].flatMap((outcomes) => settled(outcomes) ?? [])
}

function isOpen(outcome: RecipientOutcome | undefined): boolean {
  if (outcome === undefined) return true
  return outcome.status === 'deferred' ? outcome.inDoubt !== true : outcome.unfit === true
}

/** The last one, unless that agent could not carry what an earlier one may still deliver. */
function settled(outcomes: readonly RecipientOutcome[]): RecipientOutcome | undefined {
  const last = outcomes.at(-1)
  if (last === undefined || outcomes.length === 1) return last
  const counts = last.unfit === true ? (outcomes.findLast(({ status }) => status === 'deferred') ?? last) : last
  const earlier = outcomes.flatMap((one) => (one === counts ? [] : [failed(one)]))
  const site = outcomes.every((one) => one.unfit === true || one.site === true)
  return { ...counts, earlier, ...(counts.status === 'deferred' ? { site } : {}) }
}

function failed({ agent = '', reply, diagnostic, enhanced, status }: RecipientOutcome): FailedAgent {
  return { agent, answer: reply === undefined ? (diagnostic ?? `${status} ${enhanced}`) : replyText(reply) }
}

function unknownAgent(job: DeliveryJob, name: string, at: number): RecipientOutcome[] {
  const diagnostic = `A route leads to "${name}", which the settings do not have`
  return uniform(job, { status: 'deferred', enhanced: '4.3.5', diagnostic, at })
}
