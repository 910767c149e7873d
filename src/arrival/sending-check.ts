/**
 * What a user of ours sends out: in whose name, how much, and to whom it would only come back.
 *
 * Standards: RFC 6409 §6.1 (submission rights), §8.1 (From), RFC 3463 (5.7.1, 4.7.0, 5.1.1).
 */
import { flattenAddresses, type Header, parseAddressList } from '../format/index.ts'
import type { Recipient, Reply } from '../protocol/smtp/index.ts'
import { ownsAddress, type RoutePlan } from '../routing/index.ts'
import type { Origin } from './origin.ts'
import type { ArrivalPorts } from './ports.ts'
import { refuseDirect } from './refuse-direct.ts'

/** More authors than any honest message has are not looked up: it is refused. */
const mostAuthors = 10

/** The refusal of a message in somebody else's name; undefined when it may go. Of mail by SMTP: JMAP asks for itself. */
export async function checkAuthors(
  origin: Origin,
  header: Header,
  ports: Pick<ArrivalPorts, 'directory'>,
): Promise<Reply | undefined> {
  const { kind, accountId } = origin
  if (kind !== 'submission' || accountId === undefined) return undefined
  // Who resends a message speaks in the fields on top of it, and leaves its author alone (RFC 5322 §3.6.6).
  const field = header.has('Resent-From') ? 'Resent-From' : 'From'
  const authors = flattenAddresses(parseAddressList(header.first(field) ?? ''))
  if (authors.length > mostAuthors) return { code: 550, enhanced: '5.7.1', text: 'The message has too many authors' }
  for (const { address } of authors) {
    // No address is nobody's name.
    if (address === '' || (await ownsAddress(address, accountId, ports.directory))) continue
    const text = `${field}: <${address}> does not belong to you: use an address of your own`
    return { code: 550, enhanced: '5.7.1', text }
  }
  return undefined
}

/** The plan without what the account does not send to, and the language of its people; or the refusal of the message. */
export async function withinSending(
  plan: RoutePlan<Recipient>,
  origin: Origin,
  committed: boolean,
  ports: Pick<ArrivalPorts, 'sending'>,
): Promise<{ plan: RoutePlan<Recipient>; language?: string | undefined } | { refusal: Reply }> {
  const { sending } = ports
  const { accountId } = origin
  const leaving = plan.deliveries.filter(
    ({ destination }) => destination.kind === 'relay' && destination.via.length === 0 && destination.ways === undefined,
  )
  if (sending === undefined || accountId === undefined || leaving.length === 0) return { plan }
  const outside = leaving.map(({ destination }) => destination.address)
  const { refusal, refused, language } = await sending.check(accountId, outside, committed)
  if (refusal !== undefined) return { refusal }
  if (refused.length === 0) return { plan, language }
  const replies = new Map(refused.map(({ address, reply }) => [address, reply]))
  const of = (address: string) => (replies.has(address) ? refusalOf(replies.get(address)) : undefined)
  return { plan: refuseDirect(plan, of), language }
}

function refusalOf(reply: Reply | undefined): { code: number; enhanced: string; text: string } {
  const { code = 550, enhanced = '5.1.1', text = 'Mail to this address came back' } = reply ?? {}
  return { code, enhanced, text: typeof text === 'string' ? text : text.join(' ') }
}
