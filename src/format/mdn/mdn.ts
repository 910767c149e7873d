/**
 * A message disposition notification: what became of a message at its reader.
 *
 * Standards: RFC 8098 §3, RFC 9007 §2.
 */
import type { Address } from '../address/address.ts'

export const actionModes = ['manual-action', 'automatic-action'] as const
export const sendingModes = ['mdn-sent-manually', 'mdn-sent-automatically'] as const
export const dispositionTypes = ['deleted', 'dispatched', 'displayed', 'processed'] as const

export interface MessageDisposition {
  actionMode: (typeof actionModes)[number]
  sendingMode: (typeof sendingModes)[number]
  type: (typeof dispositionTypes)[number]
}

/** The machine's part (RFC 8098 §3.2). Values as they stand in the fields: recipients with their type. */
export interface DispositionFields {
  reportingUa?: string
  gateway?: string
  originalRecipient?: string
  finalRecipient?: string
  /** With angle brackets, as the field has it. */
  originalMessageId?: string
  disposition: MessageDisposition
  error?: string[]
  /** Further fields, by name. */
  extension?: Record<string, string>
}

/** What `composeMdn` needs. */
export interface DispositionNotification extends DispositionFields {
  from: Address
  to: readonly Address[]
  subject: string
  text: string
  /** ms since the epoch */
  date: number
  /** Without angle brackets. */
  messageId: string
  /** The message that the notification is about, when it is to go along. */
  original?: Uint8Array
}

/** What `parseMdn` finds. */
export interface ParsedMdn extends DispositionFields {
  subject: string
  text: string
  hasOriginal: boolean
}
