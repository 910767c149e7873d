/**
 * Whom arrival needs beyond delivery's ports.
 */
import type { DeliveryPorts } from '../delivery/index.ts'

export interface ArrivalPorts extends DeliveryPorts {
  /** Our name in Received, Message-ID and replies. */
  hostname: string
  /** The domain of `<postmaster>` without one (RFC 5321 §4.5.1); without it such mail is refused. */
  postmasterDomain?: string
  /** A new unique id of letters and digits each time, for Message-IDs. */
  ids: () => string
  /** A message with so many Received fields is in a loop. Default 100, as RFC 5321 §6.3 asks. */
  maxHops?: number
  /** What broke inside: told to the operator, never to the peer. */
  log?: (event: { type: 'arrival-fault'; transactionId: string; cause: unknown }) => void
}
