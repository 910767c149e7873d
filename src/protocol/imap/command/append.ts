/**
 * `APPEND`: messages put into a mailbox.
 *
 * Standards: RFC 9051 §6.3.12, RFC 3502 (MULTIAPPEND), RFC 3516 §4.4 (literal8).
 * Limits: messages per command by the reader's literal count, their size by its `admit`.
 */
import { parseDateTime } from '../date-time.ts'
import type { Decoder } from '../decoder.ts'
import { bad } from '../error.ts'

export interface AppendMessage {
  flags: string[]
  /** INTERNALDATE in milliseconds. */
  receivedAt?: number
  raw: Uint8Array
}

export interface AppendCommand {
  name: 'APPEND'
  mailbox: string
  messages: AppendMessage[]
}

export function parseAppend(decoder: Decoder): AppendCommand {
  decoder.expectSp()
  const mailbox = decoder.expectMailbox()
  const messages: AppendMessage[] = []
  do {
    decoder.expectSp()
    messages.push(parseMessage(decoder))
  } while (!decoder.blankTail)
  return { name: 'APPEND', mailbox, messages }
}

function parseMessage(decoder: Decoder): AppendMessage {
  const flags = decoder.list(() => decoder.expectFlag())
  if (flags !== undefined) decoder.expectSp()
  const date = decoder.quoted()
  let receivedAt: number | undefined
  if (date !== undefined) {
    receivedAt = parseDateTime(date)
    if (receivedAt === undefined) throw bad('Malformed date-time')
    decoder.expectSp()
  }
  const raw = decoder.literal()
  if (raw === undefined) throw bad('Expected a message literal')
  return { flags: flags ?? [], ...(receivedAt !== undefined && { receivedAt }), raw }
}
