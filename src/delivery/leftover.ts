/**
 * What could not be finished now goes to a queue with its outcome: there it is tried again, or reported to the sender.
 *
 * Standards: RFC 3461 §5.2, RFC 5321 §6.1 (a message once accepted is delivered or reported).
 */
import type { Envelope, Recipient, Reply } from '../protocol/smtp/index.ts'
import type { RecipientOutcome } from '../queue/index.ts'
import { canonicalDomain } from '../routing/index.ts'
import { splitAddress } from '../format/index.ts'
import { type Place, throughAliases } from './distribute.ts'
import { originalRecipient } from './onward-recipient.ts'
import type { DeliveryPorts } from './ports.ts'

export interface Leftover {
  recipient: Recipient
  /** Aliases passed through, outermost first. */
  via: readonly string[]
  /** How a rule says that it goes there: it is not asked again. */
  ways?: readonly string[]
  status: RecipientOutcome['status']
  reply?: Reply
  success?: NonNullable<RecipientOutcome['success']>
  /** Of a success: queues of ours tell what becomes of it. */
  isOnward?: boolean
}

/** A place that does not have the message, or not yet. */
export function placeLeft({ onward, destination, reply }: Place, status: Leftover['status']): Leftover {
  const ways = destination.kind === 'relay' ? destination.ways : undefined
  return {
    recipient: onward,
    via: destination.via,
    status,
    ...(ways === undefined ? {} : { ways }),
    ...(reply === undefined ? {} : { reply }),
  }
}

/** A target of an alias that does not exist any more, to be reported under the address that the sender knows. */
export function deadTarget(target: { recipient: Recipient; address: string; via: string[]; reply: Reply }): Leftover {
  const { recipient, address, via, reply } = target
  const orcpt = recipient.orcpt ?? originalRecipient(recipient.address)
  return { recipient: { ...recipient, address, orcpt }, via, reply, status: reply.code < 500 ? 'deferred' : 'bounced' }
}

/**
 * Queues each leftover of the message for its own domain, together with those that came the same way. Rejects when a queue
 * refuses: then the message is not safe, and whoever gave it to us must keep it.
 */
export async function leaveToQueue(
  leftovers: readonly Leftover[],
  message: { envelope: Envelope; raw: Uint8Array },
  ports: Pick<DeliveryPorts, 'queue' | 'clock'>,
  hostname: string,
): Promise<void> {
  const groups = new Map<string, Leftover[]>()
  for (const leftover of leftovers) {
    const { via, ways } = leftover
    const key = JSON.stringify([queueDomainOf(leftover, hostname), via, ways])
    groups.set(key, [...(groups.get(key) ?? []), leftover])
  }
  const at = ports.clock()
  for (const group of groups.values()) {
    const [first] = group as [Leftover]
    const { via, ways } = first
    const domain = queueDomainOf(first, hostname)
    await ports.queue(domain).enqueue({
      domain,
      envelope: {
        ...message.envelope,
        recipients: group.map((leftover) => leftover.recipient),
        ...(ways === undefined ? {} : { ways }),
      },
      raw: throughAliases(message.raw, via),
      outcomes: group.map((leftover) => outcomeOf(leftover, at)),
    })
  }
}

/** As the queue is told. */
export function outcomeOf({ recipient, status, reply, success, isOnward }: Leftover, at: number): RecipientOutcome {
  const outcome: RecipientOutcome = { recipient: recipient.address, status, at }
  if (reply !== undefined) outcome.reply = reply
  if (success !== undefined) outcome.success = success
  if (isOnward === true) outcome.isOnward = true
  return outcome
}

/** Whose queue it is left to. */
export function queueDomainOf({ recipient }: Leftover, hostname: string): string {
  const parts = splitAddress(recipient.address)
  return (parts === undefined ? undefined : canonicalDomain(parts.domain)) ?? hostname
}
