/**
 * Whom a list needs.
 */
import type { Envelope, Reply } from '../protocol/smtp/index.ts'

export interface ListPorts {
  /** Milliseconds since the epoch. */
  clock: () => number
  /** 16 letters and digits by chance. */
  secret: () => string
  /** Hands a message over; resolved with 250 it is durable elsewhere. Rejects only for faults of ours. */
  send: (envelope: Envelope, raw: Uint8Array) => Promise<Reply>
  /** Whether the domain is hosted, and so signed for, here. Rejects when that cannot be asked. */
  isHosted: (domain: string) => Promise<boolean>
  /** Our name in Authentication-Results. */
  authservId: string
  hostname: string
  /** Of our web server, without a slash at the end. */
  webUrl?: string | undefined
  log: (event: string, facts: Record<string, unknown>) => void
}
