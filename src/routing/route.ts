/**
 * From all recipients of an envelope to the deliveries that serve them, each mailbox and each relay address once.
 *
 * Standards: RFC 5321 §3.3 (several recipients), §3.9 (aliases).
 */
import type { Directory, Refusal } from './directory.ts'
import { type Destination, resolve, type ResolveLimits } from './resolve.ts'

export interface RoutePlan<Recipient> {
  /** Each destination with the recipients it serves, in envelope order. */
  deliveries: { destination: Destination; recipients: Recipient[] }[]
  /** Recipients with nowhere to go; codes of 4xx may go somewhere later. */
  refused: { recipient: Recipient; reply: Refusal }[]
  /** Targets of aliases that do not exist any more, beside others that do. */
  dead: { recipient: Recipient; address: string; via: string[]; reply: Refusal }[]
}

/** Asks for one address after the other: envelopes are short, and a domain's answers come from one object anyway. */
export async function route<Recipient extends { address: string }>(
  recipients: readonly Recipient[],
  directory: Directory,
  limits?: ResolveLimits,
): Promise<RoutePlan<Recipient>> {
  const plan: RoutePlan<Recipient> = { deliveries: [], refused: [], dead: [] }
  const byPlace = new Map<string, RoutePlan<Recipient>['deliveries'][number]>()
  for (const recipient of recipients) {
    const resolution = await resolve(recipient.address, directory, limits)
    if (resolution.kind === 'reject') {
      plan.refused.push({ recipient, reply: resolution.reply })
      continue
    }
    for (const dead of resolution.dead) plan.dead.push({ recipient, ...dead })
    for (const destination of resolution.destinations) {
      const key = destination.kind === 'mailbox' ? `mailbox ${destination.accountId}` : `relay ${destination.address}`
      const known = byPlace.get(key)
      if (known === undefined) {
        const delivery = { destination, recipients: [recipient] }
        byPlace.set(key, delivery)
        plan.deliveries.push(delivery)
      } else if (!known.recipients.includes(recipient)) known.recipients.push(recipient)
    }
  }
  return plan
}
