/**
 * Submissions that are to go later: each recipient's copy waits in the queue of its domain, ours or another's, where the
 * operator sees it and may drop it.
 *
 * Standards: RFC 4865 §4, §5.
 */
import { leaveToQueue } from '../delivery/index.ts'
import { splitAddress } from '../format/index.ts'
import type { Envelope, Recipient, Reply } from '../protocol/smtp/index.ts'
import { canonicalDomain, type RoutePlan } from '../routing/index.ts'
import type { ArrivalPorts } from './ports.ts'

/** When the message may go on: milliseconds since the epoch; undefined: now. */
export function releaseTime({ hold }: Envelope, now: number): number | undefined {
  if (hold === undefined) return undefined
  const release = 'until' in hold ? hold.until : now + hold.seconds * 1_000
  return release > now ? release : undefined
}

/**
 * Queues the message for its time. Where recipients lead is asked again then; one who is refused now is reported at once,
 * or refuses the message when there is no other. Rejects when a queue does.
 */
export async function holdBack(
  plan: Pick<RoutePlan<Recipient>, 'refused'>,
  message: { envelope: Envelope; raw: Uint8Array },
  release: number,
  ports: ArrivalPorts,
): Promise<Reply> {
  const { envelope, raw } = message
  const refused = new Set(plan.refused.map(({ recipient }) => recipient))
  const held = envelope.recipients.filter((recipient) => !refused.has(recipient))
  const [first] = plan.refused
  if (held.length === 0 && first !== undefined) return first.reply
  const groups = new Map<string, Recipient[]>()
  for (const recipient of held) {
    const domain = canonicalDomain(splitAddress(recipient.address)?.domain ?? '') ?? ports.hostname
    groups.set(domain, [...(groups.get(domain) ?? []), recipient])
  }
  for (const [domain, recipients] of groups) {
    await ports.queue(domain).enqueue({ domain, envelope: { ...envelope, recipients }, raw, notBefore: release })
  }
  await leaveToQueue(
    plan.refused.map(({ recipient, reply }) => ({
      recipient,
      via: [],
      reply,
      status: reply.code < 500 ? 'deferred' : 'bounced',
    })),
    message,
    ports,
    ports.hostname,
  )
  const time = new Date(release).toISOString().replace(/\.\d+/, '')
  return {
    code: 250,
    enhanced: '2.0.0',
    text: `Message held until ${time} as ${envelope.transactionId ?? ''}`.trimEnd(),
  }
}
