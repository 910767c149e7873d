/**
 * What the trace is told of an arrival: what came, what its sender was told, and where each copy went.
 */
import type { Place } from '../delivery/index.ts'
import type { Header } from '../format/index.ts'
import { type Envelope, type Recipient, type Reply, replyText } from '../protocol/smtp/index.ts'
import { canonicalAddress, type RoutePlan } from '../routing/index.ts'
import { mostRecipients, type TraceEvent, type TraceStep } from '../trace/index.ts'
import type { Judgement } from './judgement.ts'
import type { Origin } from './origin.ts'

/** What accepting a message finds out on the way. */
export interface Findings {
  header?: Header
  /** What the header has got where it had no Message-ID. */
  freshMessageId?: string
  judgement?: Judgement
  places?: readonly Place[]
  plan?: RoutePlan<Recipient>
}

export function arrivalSteps(
  arrived: { envelope: Envelope; raw: Uint8Array; origin: Origin },
  { header, freshMessageId, judgement, places = [], plan }: Findings,
  reply: Reply,
  at: number,
): TraceEvent[] {
  const { envelope, raw, origin } = arrived
  const { kind, clientAddress, helo, tls, accountId, submission, transactionId: id } = origin
  const client = [judgement?.iprev?.status === 'pass' ? judgement.iprev.name : origin.clientName, clientAddress]
    .filter((fact) => fact !== undefined)
    .join(' ')
  const messageId = header?.has('Message-ID') === true ? idOf(header) : freshMessageId
  const event = (step: TraceStep): TraceEvent => ({ id, at, ...step })
  return [
    event({
      type: 'arrived',
      source: kind,
      ...(client === '' ? {} : { client }),
      ...(helo === undefined ? {} : { helo }),
      ...(tls === undefined ? {} : { tls: tls.version }),
      ...(accountId === undefined ? {} : { account: accountId }),
      ...(submission === undefined ? {} : { submission }),
      sender: envelope.reversePath,
      recipients: envelope.recipients.slice(0, mostRecipients).map(({ address }) => address),
      recipientCount: envelope.recipients.length,
      size: raw.length,
      ...(messageId === undefined || messageId === '' ? {} : { messageId }),
      ...(judgement === undefined ? {} : { verdict: verdictOf(judgement) }),
      reply: replyText(reply),
    }),
    ...(plan === undefined ? [] : rulings(plan).map(event)),
    ...(reply.code < 300 ? placements(places).map(event) : []),
  ]
}

function idOf(header: Header): string | undefined {
  return header.first('Message-ID')?.trim().replace(/^<|>$/g, '')
}

/** Which rules fit, and what they drop. */
function rulings({ fitting = [], discarded = [] }: RoutePlan<Recipient>): TraceStep[] {
  const steps = fitting.map(({ recipient, address, rules }, index): TraceStep => {
    const isLast = fitting.findLastIndex((other) => other.recipient === recipient) === index
    return {
      type: 'ruled',
      recipient: recipient.address,
      ...(address === canonicalAddress(recipient.address) ? {} : { address }),
      rules: [...rules],
      ...(isLast && discarded.includes(recipient) ? { dropped: true } : {}),
    }
  })
  return steps.slice(0, mostRecipients)
}

/** One for each recipient, though several may share a place. */
function placements(places: readonly Place[]): TraceStep[] {
  const all = places.flatMap((place) => place.recipients.map(({ address }) => placed(place, address)))
  return all.slice(0, mostRecipients)
}

function placed({ destination, status, reply, entry }: Place, recipient: string): TraceStep {
  const place =
    destination.kind === 'mailbox'
      ? ({ kind: 'mailbox', accountId: destination.accountId } as const)
      : ({ kind: 'queue', domain: destination.domain, ...(entry === undefined ? {} : { entry }) } as const)
  return {
    type: destination.copy === true || isEvent(destination) ? 'copied' : 'placed',
    recipient,
    ...(destination.address === recipient ? {} : { address: destination.address }),
    place,
    status,
    ...(reply === undefined ? {} : { reply: replyText(reply) }),
  }
}

/** What a webhook is told is no business of the sender's. */
function isEvent(destination: Place['destination']): boolean {
  return destination.kind === 'relay' && destination.isEvent === true
}

function verdictOf({ spf, dkim, dmarc, disposition }: Judgement): string {
  const signers = dkim.filter(({ status }) => status === 'pass').length
  const facts = [`dmarc=${dmarc.status}`, `dkim=${signers > 0 ? 'pass' : (dkim[0]?.status ?? 'none')}`]
  if (spf !== undefined) facts.push(`spf=${spf.status}`)
  if (disposition !== 'none') facts.push(disposition)
  return facts.join(' ')
}
