/**
 * The queue's way of handing over a report: it arrives like any other message, only from ourselves.
 */
import type { Envelope, Reply } from '../protocol/smtp/index.ts'
import { accept } from './accept.ts'
import type { ArrivalPorts } from './ports.ts'

/** Fits `QueuePorts.report`. */
export function reportThrough(ports: ArrivalPorts): (raw: Uint8Array, envelope: Envelope) => Promise<Reply> {
  return async (raw, envelope) => {
    const origin = { kind: 'internal', transactionId: ports.ids() } as const
    return (await accept({ envelope, raw, origin }, ports)).reply
  }
}
