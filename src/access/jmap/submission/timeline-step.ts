/**
 * The trace of a message as its sender may see it: what happened to each recipient that the sender wrote to.
 *
 * Security: the trace also names where aliases lead, and what their servers said. That is for the administrator: of such a
 * place the sender learns how it went there, with the status codes, and not what it is called.
 */
import { normaliseAddress } from '../../../format/index.ts'
import { formatUtcDate, type Json, type JsonObject } from '../../../protocol/jmap/index.ts'
import type { TraceEvent, TracePlace } from '../../../trace/index.ts'

type Attempt = Extract<TraceEvent, { attempts: number }>
type Placed = Extract<TraceEvent, { place: TracePlace }>

/** Places by their address, with the recipients that led there through aliases. */
type Aliases = ReadonlyMap<string, ReadonlySet<string>>

/** In order of time. `recipients`: as the sender wrote them. */
export function timelineSteps(events: readonly TraceEvent[], recipients: readonly string[]): JsonObject[] {
  const own = new Map(recipients.map((address) => [keyOf(address), address]))
  const aliases = aliasesIn(events)
  return events.flatMap((event): JsonObject[] => {
    switch (event.type) {
      case 'arrived':
        return [step(event, event.reply.startsWith('2') ? 'accepted' : 'refused', null, { reply: event.reply })]
      case 'placed':
        return placedSteps(event, own)
      case 'attempt':
        return attemptSteps(event, own, aliases)
      case 'reported':
        // `failed x@y`: the report itself says to whom.
        return [
          step(event, 'reported', null, {
            actions: [...new Set(event.actions.map((text) => text.split(' ')[0] ?? ''))],
          }),
        ]
      default:
        return []
    }
  })
}

function aliasesIn(events: readonly TraceEvent[]): Aliases {
  const aliases = new Map<string, Set<string>>()
  for (const event of events) {
    if (event.type !== 'placed' || event.address === undefined) continue
    const key = keyOf(event.address)
    aliases.set(key, (aliases.get(key) ?? new Set()).add(keyOf(event.recipient)))
  }
  return aliases
}

const placedTypes = { delivered: 'delivered', queued: 'queued', deferred: 'deferred', bounced: 'failed' } as const

function placedSteps(event: Placed, own: ReadonlyMap<string, string>): JsonObject[] {
  const recipient = own.get(keyOf(event.recipient))
  if (recipient === undefined) return []
  const reply = event.address === undefined ? event.reply : codesOf(event.reply)
  return [step(event, placedTypes[event.status], recipient, { reply: reply ?? null })]
}

/** One for the recipient itself, and one for each alias that leads to it. */
function attemptSteps(event: Attempt, own: ReadonlyMap<string, string>, aliases: Aliases): JsonObject[] {
  const key = keyOf(event.recipient)
  const { attempts: attempt, tls = null, verifiedBy = null } = event
  const type =
    event.status === 'bounced'
      ? 'failed'
      : event.status === 'delivered' && event.final !== true
        ? 'handedOver'
        : event.status
  const steps: JsonObject[] = []
  const recipient = own.get(key)
  if (recipient !== undefined) {
    const { host = null, reply = null, cause = null } = event
    steps.push(step(event, type, recipient, { attempt, host, tls, verifiedBy, reply, cause }))
  }
  for (const alias of aliases.get(key) ?? []) {
    const through = own.get(alias)
    if (through === undefined || alias === key) continue
    const reply = codesOf(event.reply) ?? null
    steps.push(step(event, type, through, { attempt, host: null, tls, verifiedBy, reply, cause: null }))
  }
  return steps
}

function step({ at }: TraceEvent, type: string, recipient: string | null, facts: Record<string, Json>): JsonObject {
  return { at: formatUtcDate(at), type, recipient, ...facts }
}

/** `550 5.1.1`, without the words, which often name the address. */
function codesOf(reply: string | undefined): string | undefined {
  return /^[2-5]\d\d(?:[ -][245]\.\d{1,3}\.\d{1,3}\b)?/.exec(reply ?? '')?.[0].replace('-', ' ')
}

/** The queue may have changed the case of what the sender wrote. */
function keyOf(address: string): string {
  return normaliseAddress(address).toLowerCase()
}
