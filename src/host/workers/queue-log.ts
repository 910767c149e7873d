/**
 * What a queue tells: a line of the log each, and a step of the message's trace where people will look for it.
 */
import type { QueueEvent } from '../../queue/index.ts'
import { webhookOf } from '../../routing/index.ts'
import type { TraceEvent } from '../../trace/index.ts'
import { describe, log } from './log.ts'

const warnings = new Set<QueueEvent['type']>(['frozen', 'discarded', 'interrupted', 'unannounced'])

export function queueLog(trace?: (events: TraceEvent[]) => void): (event: QueueEvent) => void {
  return (event) => {
    const { type, ...facts } = event
    if (type === 'fault') log('error', 'queue fault', { ...facts, cause: describe(event.cause) })
    // What was taken is told by whoever took it; a line that says so again is one in three.
    else if (type !== 'queued') log(warnings.has(type) ? 'warning' : 'info', `queue ${type}`, facts)
    const step = stepOf(event)
    if (step !== undefined) trace?.([step])
  }
}

/** Undefined for what concerns no message, or one from before traces were kept. */
function stepOf(event: QueueEvent): TraceEvent | undefined {
  const id = 'transactionId' in event ? event.transactionId : undefined
  if (id === undefined) return undefined
  const at = Date.now()
  switch (event.type) {
    case 'outcome': {
      const { recipient, domain, attempts, age } = event
      const { status, reply, cause, remoteMta, tls, success, agent, earlier } = event.outcome
      const webhook = webhookOf(domain)
      if (webhook !== undefined) {
        return {
          id,
          at,
          type: 'told',
          webhook,
          event: event.tells ?? 'message.received',
          recipient,
          attempts,
          status,
          ...(remoteMta === undefined ? {} : { host: remoteMta }),
          ...(cause === undefined ? {} : { cause }),
          age,
        }
      }
      return {
        id,
        at,
        type: 'attempt',
        recipient,
        domain,
        attempts,
        status,
        ...(remoteMta === undefined ? {} : { host: remoteMta }),
        ...(tls === undefined ? {} : { tls: [tls.version, tls.cipher].filter(Boolean).join(' ') }),
        ...(tls?.verifiedBy === undefined ? {} : { verifiedBy: tls.verifiedBy }),
        ...(success === 'final' ? { final: true as const } : {}),
        ...(reply === undefined ? {} : { reply }),
        ...(cause === undefined ? {} : { cause }),
        ...(agent === undefined ? {} : { agent }),
        ...(earlier === undefined ? {} : { earlier: earlier.map((one) => `${one.agent}: ${one.answer}`) }),
        age,
      }
    }
    case 'reported':
      return { id, at, type: 'reported', to: event.to, actions: event.actions }
    case 'frozen':
    case 'discarded':
    case 'unreported':
    case 'unannounced':
      return { id, at, type: event.type, recipients: event.recipients }
    default:
      return undefined
  }
}
