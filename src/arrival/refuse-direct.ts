/**
 * Takes out of a plan what a sender asked for and does not get, and leaves what an alias sends to the same place.
 */
import { splitAddress } from '../format/index.ts'
import type { Recipient } from '../protocol/smtp/index.ts'
import { canonicalAddress, canonicalDomain, type Refusal, type RoutePlan } from '../routing/index.ts'

/** `refusalOf`: for an address outside, as the envelope names it; undefined where mail may go. */
export function refuseDirect(
  plan: RoutePlan<Recipient>,
  refusalOf: (address: string) => Refusal | undefined,
): RoutePlan<Recipient> {
  const deliveries: RoutePlan<Recipient>['deliveries'] = []
  const refused = [...plan.refused]
  for (const delivery of plan.deliveries) {
    const { destination, recipients } = delivery
    const isDirect = destination.kind === 'relay' && destination.via.length === 0 && destination.ways === undefined
    const reply = isDirect ? refusalOf(destination.address) : undefined
    if (reply === undefined) {
      deliveries.push(delivery)
      continue
    }
    const forwarded: Recipient[] = []
    for (const recipient of recipients) {
      if (isForwarded(recipient, destination.domain)) forwarded.push(recipient)
      else refused.push({ recipient, reply })
    }
    const alias = forwarded[0]
    if (alias === undefined) continue
    const via = [canonicalAddress(alias.address) ?? alias.address]
    deliveries.push({ destination: { ...destination, via }, recipients: forwarded })
  }
  return { ...plan, deliveries, refused }
}

/** An alias has a domain of ours. Whatever else comes to a domain outside was asked for by that name. */
function isForwarded({ address }: Recipient, outside: string): boolean {
  const parts = splitAddress(address)
  return parts !== undefined && canonicalDomain(parts.domain) !== outside
}
