/**
 * A whole message has arrived: route it, verify it, trace it, put it where it belongs, and only then say yes.
 *
 * Standards: RFC 5321 §4.4 (trace), §6.1 (responsibility), §6.3 (loops), RFC 6409 §8, RFC 3461 §5.2.
 * Security: fed by anyone; the message is data here, only its header is read and only to count and complete fields.
 */
import {
  countReceived,
  type Header,
  parseHeader,
  prependFields,
  type ReceivedFacts,
  receivedField,
} from '../format/index.ts'
import { deadTarget, distribute, type Leftover, leaveToQueue, placeLeft } from '../delivery/index.ts'
import { type Envelope, type Recipient, type Reply, SmtpError } from '../protocol/smtp/index.ts'
import { route, type RoutePlan } from '../routing/index.ts'
import { inspect, type Inspection } from './inspection.ts'
import { holdBack, releaseTime } from './hold-back.ts'
import { isSubmission, type Origin, withProtocol } from './origin.ts'
import type { ArrivalPorts } from './ports.ts'
import { fullAddress, mayRelay } from './recipient-check.ts'
import { checkAuthors, withinSending } from './sending-check.ts'
import { reportCopies } from './report-copies.ts'
import { sealing } from './seal.ts'
import { afterJudgement, atArrival } from './rule-facts.ts'
import { signed } from './sign.ts'
import { announceAccepted, announceDelivered, watching } from './watching.ts'
import { refuseDirect } from './refuse-direct.ts'
import { missingFields } from './submission-header.ts'
import { arrivalSteps, type Findings } from './trace-steps.ts'

export interface Arrival {
  envelope: Envelope
  /** As received, byte for byte. */
  raw: Uint8Array
  origin: Origin
  /**
   * Nobody is left to take a refusal, as when a message was held for later: what is refused goes to a queue, to be tried
   * again or reported to the sender.
   */
  committed?: boolean
}

/** `delivered`: recipients whose copies are all in mailboxes, as the envelope names them. */
export interface Acceptance {
  reply: Reply
  delivered?: string[]
}

const denied = { code: 550, enhanced: '5.7.1', text: 'Relaying denied: we do not take mail for this domain' } as const
const defaultMaxHops = 100

/**
 * Law: nothing is accepted and dropped. A 2xx means that every recipient's copy is durable in a mailbox or in a queue, be
 * it only to be reported as failed; a 4xx or 5xx means that nothing of it is ours. (A queue that fails half-way gives 451
 * after some copies are safe: the sender's next try doubles those, which is the lesser evil.) Never rejects.
 */
export async function accept(arrival: Arrival, ports: ArrivalPorts): Promise<Acceptance> {
  const findings: Findings = {}
  const acceptance = await answer(arrival, findings, ports)
  const { judgement } = findings
  if (judgement !== undefined) ports.onJudged?.(judgement, acceptance.reply)
  for (const domain of reportCopies(findings, acceptance.reply)) ports.onReport?.(domain, arrival.raw, judgement)
  ports.trace?.(arrivalSteps(arrival, findings, acceptance.reply, ports.clock()))
  return acceptance
}

async function answer(arrival: Arrival, findings: Findings, ports: ArrivalPorts): Promise<Acceptance> {
  try {
    return await take(arrival, findings, ports)
  } catch (cause) {
    if (cause instanceof SmtpError) return { reply: cause.reply }
    ports.log?.({ type: 'arrival-fault', transactionId: arrival.origin.transactionId, cause })
    return { reply: { code: 451, enhanced: '4.3.0', text: 'The message cannot be taken now; please try again later' } }
  }
}

async function take(arrival: Arrival, findings: Findings, ports: ArrivalPorts): Promise<Acceptance> {
  const { envelope, raw, origin } = arrival
  const recipients = envelope.recipients.map((recipient): Recipient => ({
    ...recipient,
    address: fullAddress(recipient.address, ports),
  }))
  if (recipients.length === 0) {
    return { reply: { code: 554, enhanced: '5.5.1', text: 'There are no recipients' } }
  }
  const { header } = parseHeader(raw)
  findings.header = header
  if (countReceived(header) >= (ports.maxHops ?? defaultMaxHops)) {
    return { reply: { code: 554, enhanced: '5.4.6', text: 'Too many hops: this message is in a loop' } }
  }
  const falseName = await checkAuthors(origin, header, ports)
  if (falseName !== undefined) return { reply: falseName }
  const question = atArrival(arrival, header, ports.verifier)
  let routed = await route(recipients, ports.directory, undefined, question)
  let inspection: Inspection | undefined
  if (routed.open === true) {
    inspection = await inspected(arrival, header, findings, ports)
    if (inspection.refusal !== undefined) return { reply: inspection.refusal }
    const known = afterJudgement(question, inspection.judgement)
    routed = await route(recipients, ports.directory, undefined, known)
  }
  findings.plan = routed
  const sending = await withinSending(withoutRelaying(routed, origin), origin, arrival.committed === true, ports)
  if ('refusal' in sending) return { reply: sending.refusal }
  const { plan, language } = sending
  const known = language === undefined ? arrival : { ...arrival, envelope: { ...envelope, language } }
  // Nobody's mail is not worth a question to the DNS.
  const bringing = (found: Inspection) => bring(known, recipients, header, plan, found, findings, ports)
  if (plan.deliveries.length === 0) return bringing(inspection ?? { raw, fields: [] })
  inspection ??= await inspected(arrival, header, findings, ports)
  return inspection.refusal === undefined ? bringing(inspection) : { reply: inspection.refusal }
}

async function inspected(
  { envelope, raw, origin }: Arrival,
  header: Header,
  findings: Findings,
  ports: ArrivalPorts,
): Promise<Inspection> {
  const inspection = await inspect({ envelope, raw, origin }, header, ports)
  if (inspection.judgement !== undefined) findings.judgement = inspection.judgement
  return inspection
}

/** Brings a message that is welcome to its places. */
async function bring(
  arrival: Arrival,
  recipients: readonly Recipient[],
  header: Header,
  plan: RoutePlan<Recipient>,
  { raw, fields, junk, sealable, clientName }: Inspection,
  findings: Findings,
  ports: ArrivalPorts,
): Promise<Acceptance> {
  const { envelope } = arrival
  const origin = clientName === undefined ? arrival.origin : { ...arrival.origin, clientName }
  const now = ports.clock()
  // Mail of others is left as it is, and watched by nobody.
  const freshMessageId = isSubmission(origin) ? `${ports.ids()}@${ports.hostname}` : undefined
  const completed = freshMessageId === undefined ? [] : missingFields(header, now, freshMessageId)
  if (freshMessageId !== undefined) findings.freshMessageId = freshMessageId
  const priority = envelope.priority ?? (isSubmission(origin) ? tunnelledPriority(header) : undefined)
  const trace = received({ envelope, raw, origin }, recipients, now, ports, priority)
  const plain = prependFields(raw, [...fields, trace, ...completed])

  const departure = {
    envelope: { ...envelope, recipients: [...recipients] },
    origin,
    header,
    freshMessageId,
    size: raw.length,
  }
  const watch = await watching(departure, ports)
  const onward: Envelope = {
    ...envelope,
    ...(watch === undefined ? {} : { watch }),
    recipients: [...recipients],
    transactionId: origin.transactionId,
    ...(priority === undefined ? {} : { priority }),
  }
  const leaves = plan.deliveries.some(({ destination }) => destination.kind === 'relay')
  const traced = leaves && mayRelay(origin) ? await signed(plain, header, envelope.reversePath, ports) : plain
  const release = isSubmission(origin) ? releaseTime(envelope, now) : undefined
  delete onward.hold
  // Before any of it is anywhere: nobody is to hear of its end first, and where this fails the sender's next try doubles nothing.
  const hasPlaces = (release === undefined ? plan.deliveries : welcome(recipients, plan)).length > 0
  const isAnnounced = watch !== undefined && hasPlaces
  if (isAnnounced) await announceAccepted(watch, departure, ports)
  if (release !== undefined) {
    return { reply: await holdBack(plan, { envelope: onward, raw: traced }, release, ports) }
  }
  const { places, expanded, putOff } = await distribute(onward, traced, plan, ports, {
    header,
    junk,
    internal: origin.kind === 'internal',
    passedOn: sealing(traced, sealable, ports, (cause) => {
      ports.log?.({ type: 'arrival-fault', transactionId: origin.transactionId, cause })
    }),
  })
  findings.places = places

  const leftovers: Leftover[] = [
    ...plan.refused.map(({ recipient, reply }) => leftover(recipient, [], reply)),
    ...(putOff === undefined ? plan.dead.filter(({ copy }) => copy !== true).map(deadTarget) : []),
    ...(putOff === undefined ? [] : welcome(recipients, plan).map((recipient) => leftover(recipient, [], putOff))),
  ]
  for (const { address, reply, copy } of plan.dead) {
    // What a rule would copy there is no business of the sender's.
    if (copy !== true) continue
    const cause = new Error(`a rule wants a copy for ${address}: ${reply.text}`)
    ports.log?.({ type: 'arrival-fault', transactionId: origin.transactionId, cause })
  }
  // What a rule drops is done with.
  let taken = putOff === undefined ? (plan.discarded?.length ?? 0) : 0
  for (const place of places) {
    const { status } = place
    if (status === 'delivered' || status === 'queued') taken++
    else leftovers.push(placeLeft(place, status))
  }
  // What programs have heard is taken is taken, be it to be reported.
  if (taken === 0 && arrival.committed !== true && !isAnnounced) return { reply: refusalOf(leftovers) }
  if (!isAnnounced) await announceAccepted(watch, departure, ports)
  const message = { envelope: onward, raw: traced }
  await leaveToQueue(leftovers, message, ports, ports.hostname)
  const here = putOff === undefined ? wholly(recipients, plan, places) : []
  const told = watch?.webhooks.some(({ events }) => events.includes('delivered')) === true ? here : []
  const done = successes(recipients, places, expanded, here, told)
  try {
    await leaveToQueue(done, message, ports, ports.hostname)
  } catch (cause) {
    // A success report is a courtesy: not worth delivering the message twice, which is what a 451 would do.
    ports.log?.({ type: 'arrival-fault', transactionId: origin.transactionId, cause })
    await announceDelivered(onward, done, ports)
  }
  const delivered = here.flatMap((recipient) => envelope.recipients[recipients.indexOf(recipient)]?.address ?? [])
  return { reply: { code: 250, enhanced: '2.0.0', text: `Message taken as ${origin.transactionId}` }, delivered }
}

function welcome(recipients: readonly Recipient[], { refused }: RoutePlan<Recipient>): Recipient[] {
  return recipients.filter((recipient) => !refused.some((one) => one.recipient === recipient))
}

/** Recipients all of whose copies are in mailboxes, or that rules have done away with. */
function wholly(
  recipients: readonly Recipient[],
  { dead, discarded = [] }: RoutePlan<Recipient>,
  places: Awaited<ReturnType<typeof distribute>>['places'],
): Recipient[] {
  return recipients.filter((recipient) => {
    if (dead.some((target) => target.recipient === recipient && !target.copy)) return false
    if (discarded.includes(recipient)) return true
    const mine = places.filter(({ recipients: theirs, destination }) => theirs.includes(recipient) && !destination.copy)
    if (mine.length === 0) return false
    return mine.every(({ status }) => status === 'delivered')
  })
}

/** What a sender of ours says in the header where it cannot say it in the envelope (RFC 6758 §3); nobody else is believed. */
function tunnelledPriority(header: Header): number | undefined {
  const value = header.first('MT-Priority')?.trim() ?? ''
  return /^-?[1-9]$/.test(value) ? Number(value) : undefined
}

function received(
  arrival: Arrival,
  recipients: readonly Recipient[],
  now: number,
  ports: ArrivalPorts,
  priority: number | undefined,
): string {
  const { origin, envelope } = arrival
  const facts: ReceivedFacts = { by: ports.hostname, id: origin.transactionId, time: now }
  if (origin.helo !== undefined) facts.helo = origin.helo
  if (origin.clientName !== undefined) facts.clientName = origin.clientName
  if (origin.clientAddress !== undefined) facts.clientAddress = origin.clientAddress
  const protocol = withProtocol(origin, envelope.smtputf8)
  if (protocol !== undefined) facts.protocol = protocol
  if (origin.tls !== undefined) facts.tls = origin.tls
  if (priority !== undefined) facts.priority = priority
  const only = recipients.length === 1 ? recipients[0] : undefined
  // With more than one, blind copies would be told (RFC 5321 §7.2).
  if (only !== undefined) facts.recipient = only.address
  return receivedField(facts)
}

/** Whoever may not relay gets nothing relayed, even when RCPT was not asked about; what an alias sends on is ours to send. */
function withoutRelaying(plan: RoutePlan<Recipient>, origin: Origin): RoutePlan<Recipient> {
  return mayRelay(origin) ? plan : refuseDirect(plan, () => denied)
}

function leftover(recipient: Recipient, via: readonly string[], reply: Reply): Leftover {
  return { recipient, via, reply, status: reply.code < 500 ? 'deferred' : 'bounced' }
}

/** Nothing was taken, so the sender keeps the message: for another try as long as that may help anyone. */
function refusalOf(leftovers: readonly Leftover[]): Reply {
  const later = leftovers.find(({ status }) => status === 'deferred')
  const reply = (later ?? leftovers[0])?.reply
  if (reply === undefined) return { code: 554, enhanced: '5.5.1', text: 'There are no valid recipients' }
  return reply
}

/**
 * Success that is ours to tell of: to senders who asked for a report, for mailboxes and for aliases of several addresses
 * (RFC 3461 §5.2.3, §5.2.7); and to programs, of recipients who have all of it (`told`, of those that are `here`).
 */
function successes(
  recipients: readonly Recipient[],
  places: Awaited<ReturnType<typeof distribute>>['places'],
  expanded: ReadonlySet<Recipient>,
  here: readonly Recipient[],
  told: readonly Recipient[],
): Leftover[] {
  const found: Leftover[] = []
  for (const recipient of recipients) {
    const isTold = told.includes(recipient)
    if (recipient.notify?.includes('SUCCESS') !== true && !isTold) continue
    const isOnward = !here.includes(recipient)
    const place = places.find(({ recipients: theirs, destination }) => theirs.includes(recipient) && !destination.copy)
    if (expanded.has(recipient)) {
      found.push({ recipient, via: [], status: 'delivered', success: 'expanded', isOnward })
    } else if (place === undefined && isTold) {
      // A rule has done away with it, which is no business of the sender's.
      found.push({ recipient, via: [], status: 'delivered', success: 'passed' })
    } else if (place?.status === 'delivered') {
      const reported: Recipient = { ...place.onward, ...recipient, address: place.onward.address }
      found.push({ recipient: reported, via: [], status: 'delivered', success: 'final' })
    }
  }
  return found
}
