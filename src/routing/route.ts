/**
 * From all recipients of an envelope to the deliveries that serve them, each mailbox and each relay address once.
 *
 * Standards: RFC 5321 §3.3 (several recipients), §3.9 (aliases).
 */
import type { Directory } from './directory.ts'
import type { Refusal } from './refusal.ts'
import type { DeadTarget, Destination } from './destination.ts'
import { resolve, type ResolveLimits } from './resolve.ts'
import { combined, type RuleQuestion } from './ruled-step.ts'
import type { Marks } from './rules/index.ts'

export interface RoutePlan<Recipient> {
  /** Each destination with the recipients it serves, in envelope order. */
  deliveries: { destination: Destination; recipients: Recipient[] }[]
  /** Recipients with nowhere to go; codes of 4xx may go somewhere later. */
  refused: { recipient: Recipient; reply: Refusal }[]
  /** Targets of aliases that do not exist any more, beside others that do. */
  dead: ({ recipient: Recipient } & DeadTarget)[]
  /** Recipients for whom a rule drops the message, and for whom there is nothing else to do. */
  discarded?: Recipient[]
  /** Where some of it goes depends on what rules do not know yet. */
  open?: boolean
  /** Rules that fit, and the address that they were asked about. */
  fitting?: { recipient: Recipient; address: string; rules: readonly string[] }[]
}

/** Asks for one address after the other: envelopes are short, and a domain's answers come from one object anyway. */
export async function route<Recipient extends { address: string; decided?: Marks }>(
  recipients: readonly Recipient[],
  directory: Directory,
  limits?: ResolveLimits,
  question?: RuleQuestion,
): Promise<RoutePlan<Recipient>> {
  const plan: RoutePlan<Recipient> = { deliveries: [], refused: [], dead: [] }
  const byPlace = new Map<string, RoutePlan<Recipient>['deliveries'][number]>()
  for (const recipient of recipients) {
    const { address, decided } = recipient
    // What rules have said once they are not asked again.
    const asked = decided === undefined ? question : undefined
    const resolution = await resolve(address, directory, limits, asked, decided)
    if (resolution.kind === 'reject') {
      plan.refused.push({ recipient, reply: resolution.reply })
      continue
    }
    if (resolution.open === true) plan.open = true
    if (resolution.discarded === true && resolution.destinations.every(({ copy }) => copy === true)) {
      plan.discarded = [...(plan.discarded ?? []), recipient]
    }
    for (const fitting of resolution.fitting ?? []) plan.fitting = [...(plan.fitting ?? []), { recipient, ...fitting }]
    for (const dead of resolution.dead) plan.dead.push({ recipient, ...dead })
    for (const destination of resolution.destinations) {
      const key = placeOf(destination)
      const known = byPlace.get(key)
      if (known === undefined) {
        const delivery = { destination, recipients: [recipient] }
        byPlace.set(key, delivery)
        plan.deliveries.push(delivery)
      } else share(known, destination, recipient)
    }
  }
  return plan
}

/** One more recipient leads there. A copy stands back behind what was asked for. */
function share<Recipient>(
  known: RoutePlan<Recipient>['deliveries'][number],
  destination: Destination,
  recipient: Recipient,
): void {
  if (known.recipients.includes(recipient) || (destination.copy === true && known.destination.copy !== true)) return
  if (known.destination.copy === true && destination.copy !== true) {
    known.destination = destination
    known.recipients = [recipient]
    return
  }
  known.recipients.push(recipient)
  if (known.destination.kind !== 'mailbox' || destination.kind !== 'mailbox') return
  const { marks } = known.destination
  if (marks !== undefined && destination.marks !== undefined) {
    known.destination = { ...known.destination, marks: combined(marks, destination.marks) }
  }
}

/** Mail to a list's members, and what comes back to it, are different things, though one object takes both. */
function placeOf(destination: Destination): string {
  if (destination.kind === 'relay') {
    return destination.isEvent === true ? `event ${destination.domain}` : `relay ${destination.address}`
  }
  const { accountId, list, detail = '' } = destination
  return list === undefined ? `mailbox ${accountId}` : `list ${accountId} ${list} ${detail}`
}
