/**
 * What an email must be to be sent, and who it says sent it.
 *
 * Standards: RFC 8621 §7 and §7.5, RFC 5322 §3.6 (how often each field may occur), RFC 6409 §8 (what submission checks).
 */
import {
  flattenAddresses,
  parseAddressList,
  parseDate,
  parseHeader,
  splitAddress,
  type Header,
} from '../../../format/index.ts'
import { SetError } from '../../../protocol/jmap/index.ts'

/** The fields that may occur once, by the Email property that shows them. */
const single: Readonly<Record<string, string>> = {
  Date: 'sentAt',
  From: 'from',
  Sender: 'sender',
  'Reply-To': 'replyTo',
  To: 'to',
  Cc: 'cc',
  Bcc: 'bcc',
  'Message-ID': 'messageId',
  'In-Reply-To': 'inReplyTo',
  References: 'references',
  Subject: 'subject',
}

export interface Outgoing {
  readonly header: Header
  readonly from: readonly string[]
  readonly sender: string | undefined
}

/** Throws `invalidEmail` with every property that is wrong. */
export function checkOutgoing(raw: Uint8Array): Outgoing {
  const { header } = parseHeader(raw)
  const wrong = new Set<string>()
  for (const [name, property] of Object.entries(single)) if (header.all(name).length > 1) wrong.add(property)
  const date = header.last('Date')
  if (date === undefined || parseDate(date) === undefined) wrong.add('sentAt')
  const from = addressesIn(header, 'From')
  const sender = addressesIn(header, 'Sender')
  if (from.length === 0 || !from.every(isAddress)) wrong.add('from')
  if (header.has('Sender') && (sender.length !== 1 || !sender.every(isAddress))) wrong.add('sender')
  // RFC 5322 §3.6.2: several authors need one sender.
  if (from.length > 1 && sender.length === 0 && !wrong.has('from')) wrong.add('sender')
  for (const name of ['To', 'Cc', 'Bcc']) {
    if (!addressesIn(header, name).every(isAddress)) wrong.add(name.toLowerCase())
  }
  if (wrong.size > 0) {
    throw new SetError('invalidEmail', 'The email is not complete or not valid.', { properties: [...wrong] })
  }
  return { header, from, sender: sender[0] }
}

/** The addresses of all fields of that name. */
export function addressesIn(header: Header, name: string): string[] {
  return header.all(name).flatMap((value) => flattenAddresses(parseAddressList(value)).map(({ address }) => address))
}

export function isAddress(address: string): boolean {
  return splitAddress(address) !== undefined
}
