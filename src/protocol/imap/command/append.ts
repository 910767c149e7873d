/**
 * `APPEND`: messages put into a mailbox. `REPLACE`: one put in the place of another.
 *
 * Standards: RFC 9051 §6.3.12, RFC 3502 (MULTIAPPEND), RFC 3516 §4.4 (literal8), RFC 4469 (CATENATE), RFC 6855 §4
 * (UTF8), RFC 8508 (REPLACE).
 * Limits: messages per command by the reader's literal count, their size by its `admit`; parts of one message.
 */
import { parseDateTime } from '../date-time.ts'
import type { Decoder } from '../decoder.ts'
import { bad } from '../error.ts'
import { parseImapUrl, type ImapUrl } from '../imap-url.ts'

export interface AppendMessage {
  flags: string[]
  /** INTERNALDATE in milliseconds. */
  receivedAt?: number
  /** The message, or with CATENATE its pieces in order. */
  content: Uint8Array | CatenatePart[]
}

/** A piece as sent, or one that is here already; `url` is how the client wrote it. */
export type CatenatePart = Uint8Array | { url: string; of: ImapUrl | undefined }

export interface AppendCommand {
  name: 'APPEND'
  mailbox: string
  messages: AppendMessage[]
}

export interface ReplaceCommand {
  name: 'REPLACE'
  uid: boolean
  /** Which message goes: a sequence number or a UID, or the last there is. */
  number: number | '*'
  mailbox: string
  message: AppendMessage
}

const maxParts = 200

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

export function parseReplace(decoder: Decoder, uid: boolean): ReplaceCommand {
  decoder.expectSp()
  const number = decoder.special('*') ? '*' : decoder.expectNzNumber()
  decoder.expectSp()
  const mailbox = decoder.expectMailbox()
  decoder.expectSp()
  return { name: 'REPLACE', uid, number, mailbox, message: parseMessage(decoder) }
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
  const content = parseContent(decoder)
  return { flags: flags ?? [], ...(receivedAt !== undefined && { receivedAt }), content }
}

function parseContent(decoder: Decoder): AppendMessage['content'] {
  if (decoder.word('CATENATE')) {
    decoder.expectSp()
    const parts = decoder.expectList(() => parsePart(decoder))
    if (parts.length === 0) throw bad('CATENATE needs at least one part')
    if (parts.length > maxParts) throw bad('Too many parts', 'TOOBIG')
    return parts
  }
  // Clients of RFC 6855 say that a message has a UTF-8 header; RFC 9755 has dropped that, since it needs no saying.
  if (decoder.word('UTF8')) {
    decoder.expectSp()
    decoder.expectSpecial('(')
    const bytes = expectLiteral(decoder)
    decoder.expectSpecial(')')
    return bytes
  }
  return expectLiteral(decoder)
}

function parsePart(decoder: Decoder): CatenatePart {
  if (decoder.word('TEXT')) {
    decoder.expectSp()
    return expectLiteral(decoder)
  }
  if (!decoder.word('URL')) throw bad('Expected TEXT or URL')
  decoder.expectSp()
  const url = decoder.expectAstring('a URL')
  return { url, of: parseImapUrl(url) }
}

function expectLiteral(decoder: Decoder): Uint8Array {
  const bytes = decoder.literal()
  if (bytes === undefined) throw bad('Expected a message literal')
  return bytes
}
