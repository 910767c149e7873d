/**
 * The trace of a message as its sender may see it: what happened to each recipient that the sender wrote to.
 *
 * Security: the trace also names accounts, where aliases lead, what their servers said, and what rules did and copied. That is
 * for the administrator, and so are the programs that are told: of a place behind an alias the sender learns how it went there, with the status codes, and not what
 * it is called.
 */
import type { TraceEvent } from './event.ts'

type Of<Type extends TraceEvent['type']> = Extract<TraceEvent, { type: Type }>
type Attempt = Of<'attempt'>
type Placed = Exclude<Extract<TraceEvent, { place: unknown }>, { type: 'copied' }>
type Facts<Event, Name extends keyof Event> = Pick<Event, Name & keyof Event>

export type SenderStep =
  | Of<'arrived'>
  /** `queued` and `deferred`: it waits. */
  | ({ type: 'placed' } & Facts<Placed, 'id' | 'at' | 'recipient' | 'status' | 'reply'>)
  /** `host` and `cause` are unset where an alias leads there, and `reply` has no words. */
  | ({ type: 'attempt' } & Facts<
      Attempt,
      | 'id'
      | 'at'
      | 'recipient'
      | 'attempts'
      | 'status'
      | 'host'
      | 'tls'
      | 'verifiedBy'
      | 'final'
      | 'reply'
      | 'cause'
      | 'age'
    >)
  /** What reports were about: `failed`. */
  | { id: string; at: number; type: 'reported'; actions: string[] }

/** In the order given. `recipients`: as the sender wrote them, where more is known of them than the trace says. */
export function senderView(events: readonly TraceEvent[], recipients: readonly string[] = []): SenderStep[] {
  const own = new Map([...recipientsIn(events), ...recipients].map((address) => [keyOf(address), address]))
  const aliases = aliasesIn(events)
  return events.flatMap((event): SenderStep[] => {
    switch (event.type) {
      case 'arrived':
        return [event]
      case 'placed':
        return placed(event, own)
      case 'attempt':
        return attempts(event, own, aliases)
      case 'reported': {
        // `failed x@y`: the report itself says to whom.
        const actions = [...new Set(event.actions.map((text) => text.split(' ')[0] ?? ''))]
        return [{ id: event.id, at: event.at, type: 'reported', actions }]
      }
      default:
        return []
    }
  })
}

function recipientsIn(events: readonly TraceEvent[]): string[] {
  return events.flatMap((event) =>
    event.type === 'arrived' ? event.recipients : event.type === 'placed' ? [event.recipient] : [],
  )
}

/** Addresses with the recipients that led there through aliases. */
function aliasesIn(events: readonly TraceEvent[]): Map<string, Set<string>> {
  const aliases = new Map<string, Set<string>>()
  for (const event of events) {
    if (event.type !== 'placed' || event.address === undefined) continue
    const key = keyOf(event.address)
    aliases.set(key, (aliases.get(key) ?? new Set()).add(keyOf(event.recipient)))
  }
  return aliases
}

function placed({ id, at, recipient, address, status, reply }: Placed, own: ReadonlyMap<string, string>): SenderStep[] {
  const name = own.get(keyOf(recipient))
  if (name === undefined) return []
  const said = address === undefined || keyOf(address) === keyOf(recipient) ? reply : codesOf(reply)
  return [{ id, at, type: 'placed', recipient: name, status, ...(said === undefined ? {} : { reply: said }) }]
}

/** One for the recipient itself, and one for each alias that leads to it. */
function attempts(
  event: Attempt,
  own: ReadonlyMap<string, string>,
  aliases: ReadonlyMap<string, ReadonlySet<string>>,
): SenderStep[] {
  const { id, at, recipient, host, tls, verifiedBy, final, reply, cause, age, status } = event
  const key = keyOf(recipient)
  const open = {
    id,
    at,
    type: 'attempt',
    attempts: event.attempts,
    status,
    ...(tls === undefined ? {} : { tls }),
    ...(verifiedBy === undefined ? {} : { verifiedBy }),
    ...(final === undefined ? {} : { final }),
    age,
  } as const
  const steps: SenderStep[] = []
  const name = own.get(key)
  if (name !== undefined) {
    const more = { ...(host && { host }), ...(reply && { reply }), ...(cause && { cause }) }
    steps.push({ ...open, recipient: name, ...more })
  }
  const codes = codesOf(reply)
  for (const alias of aliases.get(key) ?? []) {
    const through = own.get(alias)
    if (through === undefined || alias === key) continue
    steps.push({ ...open, recipient: through, ...(codes === undefined ? {} : { reply: codes }) })
  }
  return steps
}

/** `550 5.1.1`, without the words, which often name the address. */
function codesOf(reply: string | undefined): string | undefined {
  return /^[2-5]\d\d(?:[ -][245]\.\d{1,3}\.\d{1,3}\b)?/.exec(reply ?? '')?.[0].replace('-', ' ')
}

/** Addresses compare without case: queues and servers change it. */
function keyOf(address: string): string {
  return address.toLowerCase()
}
