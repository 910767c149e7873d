/**
 * RCPT: is there such a recipient, and may this client send to it?
 *
 * Standards: RFC 5321 §3.3, §4.5.1 (postmaster), §7.9 (relaying), RFC 3463 (5.1.1, 5.1.3, 5.7.1), RFC 6647 §2.4.
 * Security: asked by strangers, an address at a time; answers only what SMTP tells anyone.
 */
import type { Reply } from '../protocol/smtp/index.ts'
import { resolve } from '../routing/index.ts'
import { isSubmission, type Origin } from './origin.ts'
import type { ArrivalPorts } from './ports.ts'
import { atRecipient } from './rule-facts.ts'

export interface RecipientQuestion {
  /** Without angle brackets. */
  recipient: string
  reversePath: string
  origin: Origin
}

type CheckPorts = Pick<ArrivalPorts, 'directory' | 'postmasterDomain' | 'greylisting'>

/** 250 2.1.5, or the refusal to give in the dialogue, so that nobody ever gets a bounce for what we knew at once. */
export async function checkRecipient(asked: RecipientQuestion, ports: CheckPorts): Promise<Reply> {
  const { origin, reversePath } = asked
  const address = fullAddress(asked.recipient, ports)
  const question = atRecipient(origin, reversePath)
  const resolution = await resolve(address, ports.directory, undefined, question)
  if (resolution.kind === 'reject') return resolution.reply
  // The directory does not know the domain of the address itself; where an alias leads to is ours to decide.
  const foreign = resolution.destinations.some(
    (to) => to.kind === 'relay' && to.via.length === 0 && to.ways === undefined,
  )
  if (foreign && !mayRelay(origin)) {
    return { code: 550, enhanced: '5.7.1', text: 'Relaying denied: we do not take mail for this domain' }
  }
  const wait = isHelpDesk(address) ? 0 : await ports.greylisting?.wait({ ...asked, recipient: address })
  if (wait) return { code: 451, enhanced: '4.7.1', text: `Greylisted: please try again in ${wait} seconds` }
  return { code: 250, enhanced: '2.1.5', text: `<${address}> is welcome` }
}

/** Who can help those whom we refuse or put off is for everybody to reach (RFC 5321 §4.5.1, RFC 2142 §4). */
function isHelpDesk(address: string): boolean {
  return /^(?:postmaster|abuse)@/i.test(address)
}

/** Only for a user of ours, or for what we say ourselves. */
export function mayRelay(origin: Origin): boolean {
  return isSubmission(origin) || origin.kind === 'internal' || origin.kind === 'list'
}

/** `<postmaster>` stands for the one of our own domain (RFC 5321 §4.1.1.3). */
export function fullAddress(recipient: string, ports: Pick<ArrivalPorts, 'postmasterDomain'>): string {
  const bare = recipient.toLowerCase() === 'postmaster' && ports.postmasterDomain !== undefined
  return bare ? `postmaster@${ports.postmasterDomain}` : recipient
}
