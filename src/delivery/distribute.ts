/**
 * Brings a routed message to its places: into mailboxes now, into queues for elsewhere.
 *
 * Standards: RFC 5321 §4.4 (Return-Path at final delivery), §6.3 (loops), RFC 3461 §5.2.7 (DSN parameters and aliases).
 * Limits: mailboxes and queues at once by message size, since each delivery is a copy of the message in memory.
 */
import {
  deliveredTo,
  deliveredToField,
  type Header,
  parseHeader,
  prependFields,
  returnPathField,
} from '../format/index.ts'
import type { Envelope, Recipient, Reply } from '../protocol/smtp/index.ts'
import {
  canonicalAddress,
  type Destination,
  type MailboxDestination,
  type RelayDestination,
  type RoutePlan,
} from '../routing/index.ts'
import { nameSubmitted, onwardRecipient } from './onward-recipient.ts'
import type { DeliveryPorts, MailboxDelivery, MailboxOutcome } from './ports.ts'

/** One place and what became of the message there. */
export interface Place {
  destination: Destination
  /** Recipients of the envelope that this place serves. */
  recipients: Recipient[]
  /** The recipient as it goes on from here, with the DSN parameters that an alias leaves it. */
  onward: Recipient
  /** `queued`: durable in the destination's queue. */
  status: 'delivered' | 'queued' | 'deferred' | 'bounced'
  reply?: Reply
  /** Of `queued`: the entry's id there. */
  entry?: string
}

export interface Distribution {
  places: Place[]
  /** Recipients that an alias turned into several places, and that therefore have no single outcome. */
  expanded: ReadonlySet<Recipient>
  /** A webhook could not be told, and nothing else was done: all recipients are to come again as they came, rules and all. */
  putOff?: Reply
}

/** Octets of copies in memory at once. */
const copyBudget = 16 * 1024 * 1024
const mostAtOnce = 8
/** More of them: those that share an object share its commit. */
const mostQueuesAtOnce = 64

const loop: Reply = { code: 554, enhanced: '5.4.6', text: 'The message has been here before: mail loop' }
const trouble: Reply = {
  code: 451,
  enhanced: '4.3.0',
  text: 'The message cannot be stored now; please try again later',
}

export interface Known {
  /** Of `raw`, or of what is below the fields that we put on top. */
  header?: Header
  /** Why mailboxes are to file it as junk. */
  junk?: string | undefined
  /** Made by ourselves. */
  internal?: boolean
  /** The message as this alias sends it on to others' hosts; without it `raw`. */
  passedOn?: ((alias: string) => Promise<Uint8Array>) | undefined
}

/** Never rejects: a place that fails is `deferred`. */
export async function distribute(
  envelope: Envelope,
  raw: Uint8Array,
  plan: Pick<RoutePlan<Recipient>, 'deliveries' | 'dead'>,
  ports: DeliveryPorts,
  { header = parseHeader(raw).header, junk, internal = false, passedOn }: Known = {},
): Promise<Distribution> {
  const visited = new Set(deliveredTo(header).map((address) => canonicalAddress(address) ?? address))
  const expanded = expandedRecipients(plan)
  const places = plan.deliveries.map(({ destination, recipients }): Place => {
    const onward = onwardRecipient(destination, recipients, expanded)
    if (envelope.submission !== undefined || envelope.watch !== undefined) {
      nameSubmitted(onward, destination, recipients)
    }
    const looped = loops(destination, visited)
    return { destination, recipients, onward, status: looped ? 'bounced' : 'deferred', reply: looped ? loop : trouble }
  })
  const open = places.filter(({ status }) => status === 'deferred')
  const [events, others] = parted(
    open,
    ({ destination }) => destination.kind === 'relay' && destination.isEvent === true,
  )
  await enqueueEvents(envelope, raw, events, ports)
  // Before anything else is done: what is put off as a whole comes again as a whole, webhooks and all.
  if (events.some(({ status }) => status !== 'queued')) return { places: [], expanded: new Set(), putOff: trouble }
  await enqueueRelays(envelope, raw, others, ports, passedOn)
  const mailboxes = open.filter(({ destination }) => destination.kind === 'mailbox')
  const marks = { ...(junk === undefined ? {} : { junk }), ...(internal ? { internal: true as const } : {}) }
  const atOnce = atOnceOf(raw, mostAtOnce)
  for (let start = 0; start < mailboxes.length; start += atOnce) {
    const group = mailboxes.slice(start, start + atOnce)
    await Promise.all(group.map((place) => deliver(envelope, raw, place, marks, ports)))
  }
  return { places, expanded }
}

async function deliver(
  envelope: Envelope,
  raw: Uint8Array,
  place: Place,
  marks: Pick<MailboxDelivery, 'junk' | 'internal'>,
  ports: DeliveryPorts,
): Promise<void> {
  const destination = place.destination as MailboxDestination
  const fields = [
    returnPathField(envelope.reversePath),
    deliveredToField(destination.address),
    ...viaFields(destination.via),
  ]
  const delivery = {
    raw: prependFields(raw, fields),
    reversePath: envelope.reversePath,
    recipient: destination.address,
    ...(destination.detail === undefined ? {} : { detail: destination.detail }),
    ...(destination.mask === undefined ? {} : { mask: destination.mask }),
    ...(destination.list === undefined ? {} : { list: destination.list }),
    ...destination.marks,
    ...marks,
  }
  let outcome: MailboxOutcome | undefined
  try {
    outcome = (await ports.mailbox(destination.accountId).deliver([delivery]))[0]
  } catch {
    return
  }
  if (outcome === undefined) return
  place.status = outcome.status
  if (outcome.status === 'delivered') delete place.reply
  else place.reply = outcome.reply
}

/**
 * One queue entry for each webhook. Nobody is told if it is never taken: the sender knows nothing of it. From the null
 * reverse-path, what cannot be delivered stays in the queue where the operator finds it; the sender stands in Return-Path.
 */
async function enqueueEvents(
  envelope: Envelope,
  raw: Uint8Array,
  places: readonly Place[],
  ports: DeliveryPorts,
): Promise<void> {
  const { smtputf8, body, transactionId, reversePath } = envelope
  for (const place of places) {
    const { domain, ways = [] } = place.destination as RelayDestination
    const recipients = place.recipients.map(({ address }): Recipient => ({ address, notify: ['NEVER'] }))
    const event: Envelope = { reversePath: '', smtputf8, body, recipients, ways }
    if (transactionId !== undefined) event.transactionId = transactionId
    try {
      const whole = prependFields(raw, [returnPathField(reversePath)])
      place.entry = (await ports.queue(domain).enqueue({ domain, envelope: event, raw: whole })).id
    } catch {
      return
    }
    place.status = 'queued'
    delete place.reply
  }
}

function parted<T>(list: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [list.filter(test), list.filter((item) => !test(item))]
}

/** One queue entry for all recipients of a domain that came the same way. */
async function enqueueRelays(
  envelope: Envelope,
  raw: Uint8Array,
  places: readonly Place[],
  ports: DeliveryPorts,
  passedOn: Known['passedOn'],
): Promise<void> {
  const groups = new Map<string, Place[]>()
  for (const place of places) {
    if (place.destination.kind !== 'relay') continue
    const { domain, via, ways } = place.destination
    const key = JSON.stringify([domain, via, ways])
    groups.set(key, [...(groups.get(key) ?? []), place])
  }
  const all = [...groups.values()]
  const atOnce = atOnceOf(raw, mostQueuesAtOnce)
  for (let start = 0; start < all.length; start += atOnce) {
    const some = all.slice(start, start + atOnce)
    await Promise.all(some.map((group) => enqueueRelay(envelope, raw, group, ports, passedOn)))
  }
}

async function enqueueRelay(
  envelope: Envelope,
  raw: Uint8Array,
  group: readonly Place[],
  ports: DeliveryPorts,
  passedOn: Known['passedOn'],
): Promise<void> {
  const destination = group[0]?.destination as RelayDestination
  const recipients = group.map(({ onward }) => onward)
  const { ways } = destination
  const alias = destination.via.at(-1)
  let entry: string
  try {
    const own = alias === undefined || passedOn === undefined ? raw : await passedOn(alias)
    const returned = alias === undefined ? undefined : await ports.returnPath?.(envelope.reversePath, alias)
    const queued = await ports.queue(destination.domain).enqueue({
      domain: destination.domain,
      envelope: {
        ...envelope,
        recipients,
        ...(ways === undefined ? {} : { ways }),
        ...(returned === undefined ? {} : { reversePath: returned }),
      },
      raw: throughAliases(own, destination.via),
    })
    entry = queued.id
  } catch {
    return
  }
  for (const place of group) {
    place.status = 'queued'
    place.entry = entry
    delete place.reply
  }
}

function atOnceOf(raw: Uint8Array, most: number): number {
  return Math.max(1, Math.min(most, Math.floor(copyBudget / Math.max(1, raw.length))))
}

/** The message as it goes on: an alias leaves its address behind, by which a loop through other hosts is recognised. */
export function throughAliases(raw: Uint8Array, via: readonly string[]): Uint8Array {
  return via.length === 0 ? raw : prependFields(raw, viaFields(via))
}

/** Innermost alias on top, like trace fields of successive hosts. */
function viaFields(via: readonly string[]): string[] {
  return via.map(deliveredToField).reverse()
}

function loops(destination: Destination, visited: ReadonlySet<string>): boolean {
  const passed = destination.kind === 'mailbox' ? [destination.address, ...destination.via] : destination.via
  return passed.some((address) => visited.has(canonicalAddress(address) ?? address))
}

function expandedRecipients(plan: Pick<RoutePlan<Recipient>, 'deliveries' | 'dead'>): Set<Recipient> {
  const once = new Set<Recipient>()
  const more = new Set<Recipient>()
  // A copy that a rule makes leaves the recipient one place.
  const all = [
    ...plan.deliveries.flatMap(({ destination, recipients }) => (destination.copy === true ? [] : recipients)),
    ...plan.dead.flatMap(({ recipient, copy }) => (copy === true ? [] : [recipient])),
  ]
  for (const recipient of all) (once.has(recipient) ? more : once).add(recipient)
  return more
}
