/**
 * The steps of a timeline, from the trace as the sender may see it.
 */
import { formatUtcDate, type Json, type JsonObject } from '../../../protocol/jmap/index.ts'
import { senderView, type SenderStep, type TraceEvent } from '../../../trace/index.ts'

type Attempt = Extract<SenderStep, { type: 'attempt' }>

/** In order of time. `recipients`: as the sender wrote them. */
export function timelineSteps(events: readonly TraceEvent[], recipients: readonly string[]): JsonObject[] {
  return senderView(events, recipients).map((event) => {
    switch (event.type) {
      case 'arrived':
        return step(event, event.reply.startsWith('2') ? 'accepted' : 'refused', null, { reply: event.reply })
      case 'placed':
        return step(event, placedTypes[event.status], event.recipient, { reply: event.reply ?? null })
      case 'attempt': {
        const { attempts: attempt, host = null, tls = null, verifiedBy = null, reply = null, cause = null } = event
        return step(event, typeOf(event), event.recipient, { attempt, host, tls, verifiedBy, reply, cause })
      }
      case 'reported':
        return step(event, 'reported', null, { actions: event.actions })
    }
  })
}

const placedTypes = { delivered: 'delivered', queued: 'queued', deferred: 'deferred', bounced: 'failed' } as const

function typeOf({ status, final }: Attempt): string {
  if (status === 'bounced') return 'failed'
  return status === 'delivered' && final !== true ? 'handedOver' : status
}

function step({ at }: SenderStep, type: string, recipient: string | null, facts: Record<string, Json>): JsonObject {
  return { at: formatUtcDate(at), type, recipient, ...facts }
}
