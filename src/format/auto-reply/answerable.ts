/**
 * Whether a message may be answered by a machine that stands in for a person.
 *
 * Standards: RFC 3834 §2 (when not to respond), RFC 5230 §4.5 and §4.6 (the same for vacation notices), RFC 2369 and
 * RFC 2919 (fields of lists).
 * Security: fed by anyone. Whatever is in doubt is not answered: an answer too few is a discourtesy, one too many is a
 * loop or abuse of a stranger.
 */
import { flattenAddresses, parseAddressList } from '../address/list.ts'
import { splitAddress } from '../address/parts.ts'
import type { Header } from '../message/header.ts'

export type Answerable =
  /** The answer goes to the reverse-path, from `addressed`: the own address that the sender wrote to. */
  { readonly ok: true; readonly addressed: string } | { readonly ok: false; readonly reason: string }

/** Local parts of machines (RFC 3834 §2, RFC 5230 §4.6), and those that say themselves that nobody reads them. */
const machines =
  /^(?:owner-.*|.*-(?:owner|request|bounces?)|(?:mailer-?daemon|majordomo|listserv|bounces?|no-?reply|do-?not-?reply)(?:[+=-].*)?)$/i

/** Where the sender names whom the message is for (RFC 3834 §2). */
const destinations = ['To', 'Cc', 'Bcc', 'Resent-To', 'Resent-Cc', 'Resent-Bcc']

const no = (reason: string): Answerable => ({ ok: false, reason })

/** `owns` says whether an address is the answering person's own. */
export function answerable(header: Header, reversePath: string, owns: (address: string) => boolean): Answerable {
  const sender = splitAddress(reversePath)
  if (sender === undefined) return no('there is no sender to answer')
  if (machines.test(sender.localPart)) return no('the sender is a machine')
  if (owns(reversePath)) return no('the sender is the recipient')
  if (isAutomatic(header)) return no('the message was sent by a machine')
  if (header.fields.some(({ name }) => /^list-/i.test(name))) return no('the message came through a list')
  if (precedence(header) !== undefined) return no('the message is bulk mail')
  const addressed = destinations.flatMap((name) => addressesOf(header, name)).find(owns)
  return addressed === undefined ? no('no own address is among the recipients') : { ok: true, addressed }
}

function isAutomatic(header: Header): boolean {
  const submitted = header.all('Auto-Submitted').map((value) =>
    value
      .replace(/[;(].*$/s, '')
      .trim()
      .toLowerCase(),
  )
  if (submitted.some((value) => value !== 'no')) return true
  // QUIRK: Exchange marks its own automatic mail so, and asks others to leave it alone ([MS-OXCMAIL] 2.1.3.2.20).
  const suppressed = header.all('X-Auto-Response-Suppress').join(',')
  if (/\b(?:All|OOF|AutoReply)\b/i.test(suppressed)) return true
  return /^\s*multipart\/report\b/i.test(header.last('Content-Type') ?? '')
}

function precedence(header: Header): string | undefined {
  return header.all('Precedence').find((value) => /^\s*(?:bulk|junk|list)\b/i.test(value))
}

function addressesOf(header: Header, name: string): string[] {
  return header.all(name).flatMap((value) => flattenAddresses(parseAddressList(value)).map(({ address }) => address))
}
