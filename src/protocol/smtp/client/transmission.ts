/**
 * How a message fits a peer: who can have it at all, and the parameters of MAIL and RCPT.
 *
 * Standards: RFC 1870 §6 (SIZE), RFC 6152 §3 and RFC 3030 §3 (BODY), RFC 6531 §3.2 and §3.4–3.5 (SMTPUTF8; 5.6.7, 5.6.9),
 * RFC 3461 §5 (DSN parameters go on to whom offers DSN), RFC 8689 §4.2.1 (REQUIRETLS; 5.7.30) and §5 (a report goes
 * without it where it must). Converting content to 7 bit is not done.
 * Security: an address that is no path never reaches the wire, whatever put it into the envelope.
 */
import { isAsciiText, parseHeader, prependFields, type SevenBit, toSevenBit } from '../../../format/index.ts'
import type { Envelope, Recipient } from '../envelope.ts'
import { parsePath } from '../path.ts'
import { encodeOriginalRecipient, encodeXtext } from '../xtext.ts'
import { announcedSize, type Capabilities } from './capabilities.ts'
import { contentNeeds } from './content-needs.ts'
import type { OutgoingMessage, RecipientOutcome } from './event.ts'
import { refused } from './outcome.ts'

export interface Transmission {
  /** BODY=, when it has to be said. */
  body: '8BITMIME' | 'BINARYMIME' | undefined
  smtputf8: boolean
  /** Content by BDAT: it is binary. */
  chunking: boolean
  /** The message as it goes to this peer. */
  content: Uint8Array
}

export interface Plan {
  transmission: Transmission
  /** By index: recipients that this peer cannot serve. */
  refused: Map<number, RecipientOutcome>
}

export function planTransmission(message: OutgoingMessage, capabilities: Capabilities): Plan {
  const { envelope } = message
  const { keywords } = capabilities
  const given = contentNeeds(message.content)
  const isBinary = envelope.body === 'BINARYMIME' && given.binary
  const converted = convertedFor(message.content, isBinary, given.eightBit, keywords)
  const content = tunnelled(converted?.ok ? converted.raw : message.content, envelope, keywords)
  const eightBit = given.eightBit && !converted?.ok
  const binary = isBinary && !converted?.ok
  const utf8Offered = keywords.has('SMTPUTF8')
  const international = [envelope.reversePath, ...envelope.recipients.map(({ address }) => address)].some(
    (address) => !isAsciiText(address),
  )
  const transmission: Transmission = {
    body: binary ? 'BINARYMIME' : eightBit && keywords.has('8BITMIME') ? '8BITMIME' : undefined,
    smtputf8: utf8Offered && (envelope.smtputf8 || international),
    chunking: binary,
    content,
  }
  const plan: Plan = { transmission, refused: new Map() }
  const forAll = refusalForAll()
  for (const [index, { address }] of envelope.recipients.entries()) {
    // What is wrong with the address says more than what is wrong for all: our own Received field may name it, too.
    const refusal = refusalFor(address) ?? forAll
    if (refusal !== undefined) plan.refused.set(index, refused(address, refusal[0], refusal[1]))
  }
  return plan

  function refusalForAll(): [string, string] | undefined {
    const limit = announcedSize(capabilities)
    if (!isSendable(envelope.reversePath, 'reverse')) return ['5.1.7', 'the sender address is malformed']
    if (!utf8Offered && !isAsciiText(envelope.reversePath))
      return ['5.6.7', 'the sender address is not ASCII and the server does not offer SMTPUTF8']
    if (!utf8Offered && envelope.smtputf8 && given.eightBitHeader)
      return ['5.6.9', 'the header is UTF-8 and the server does not offer SMTPUTF8']
    if (envelope.requireTls === true && envelope.reversePath !== '' && !keywords.has('REQUIRETLS'))
      return ['5.7.30', 'the message needs TLS all the way and the server does not offer REQUIRETLS']
    if (converted?.ok === false) {
      const kind = isBinary
        ? 'binary and the server does not offer BINARYMIME'
        : '8-bit and the server does not offer 8BITMIME'
      return ['5.6.3', `the message is ${kind}; it was not converted since ${converted.reason}`]
    }
    if (envelope.by?.mode === 'return') {
      const least = Number(/^[0-9]{1,9}$/.exec(keywords.get('DELIVERBY') ?? '')?.[0] ?? 0)
      if (!keywords.has('DELIVERBY'))
        return [
          '5.4.7',
          'the message is to be returned unless it arrives in time, and the server does not offer DELIVERBY',
        ]
      if (envelope.by.seconds <= 0 || envelope.by.seconds < least)
        return [
          '5.4.7',
          `the message has ${envelope.by.seconds} seconds left and the server wants ${Math.max(1, least)}`,
        ]
    }
    if (limit !== undefined && limit > 0 && content.length > limit)
      return ['5.3.4', `the message has ${content.length} octets and the server takes ${limit}`]
    return undefined
  }

  function refusalFor(address: string): [string, string] | undefined {
    if (!isSendable(address, 'forward')) return ['5.1.3', 'the recipient address is malformed']
    if (!utf8Offered && !isAsciiText(address))
      return ['5.6.7', 'the recipient address is not ASCII and the server does not offer SMTPUTF8']
    return undefined
  }
}

/** A server that does not know priorities carries them on in the header (RFC 6758 §3). */
function tunnelled(content: Uint8Array, { priority = 0 }: Envelope, keywords: ReadonlyMap<string, string>): Uint8Array {
  if (priority === 0 || keywords.has('MT-PRIORITY') || parseHeader(content).header.has('MT-Priority')) return content
  return prependFields(content, [`MT-Priority: ${priority}\r\n`])
}

/** The content in 7 bits when the peer cannot take it as it is (RFC 6152 §3, RFC 3030 §3); undefined when it can. */
function convertedFor(
  content: Uint8Array,
  isBinary: boolean,
  isEightBit: boolean,
  keywords: ReadonlyMap<string, string>,
): SevenBit | undefined {
  const fits = isBinary
    ? keywords.has('BINARYMIME') && keywords.has('CHUNKING')
    : !isEightBit || keywords.has('8BITMIME')
  return fits ? undefined : toSevenBit(content)
}

/**
 * True when `<address>` is a path and nothing else: no brackets, no CRLF, no parameters hidden in it.
 * Reports go to addresses as long as other houses made them (SRS), so recipients may be as long as senders.
 */
function isSendable(address: string, direction: 'reverse' | 'forward'): boolean {
  if (direction === 'forward' && address === '') return false
  const text = `<${address}>`
  const path = parsePath(text, 'reverse') ?? parsePath(text, direction)
  return path !== undefined && path.rest === '' && path.address === address
}

export function mailCommand(envelope: Envelope, transmission: Transmission, capabilities: Capabilities): string {
  const { keywords } = capabilities
  let line = `MAIL FROM:<${envelope.reversePath}>`
  if (keywords.has('SIZE')) line += ` SIZE=${transmission.content.length}`
  if (transmission.body !== undefined) line += ` BODY=${transmission.body}`
  if (transmission.smtputf8) line += ' SMTPUTF8'
  if (envelope.requireTls === true && keywords.has('REQUIRETLS')) line += ' REQUIRETLS'
  if (envelope.priority !== undefined && keywords.has('MT-PRIORITY')) line += ` MT-PRIORITY=${envelope.priority}`
  if (envelope.by !== undefined && keywords.has('DELIVERBY')) {
    const { seconds, mode, trace } = envelope.by
    line += ` BY=${seconds};${mode === 'return' ? 'R' : 'N'}${trace ? 'T' : ''}`
  }
  if (keywords.has('DSN')) {
    if (envelope.ret !== undefined) line += ` RET=${envelope.ret}`
    const envid = envelope.envid === undefined ? '' : encodeXtext(envelope.envid)
    if (envid !== '' && envid.length <= 100 && isPrintable(envelope.envid)) line += ` ENVID=${envid}`
  }
  return line
}

export function rcptCommand(recipient: Recipient, capabilities: Capabilities): string {
  const { keywords } = capabilities
  let line = `RCPT TO:<${recipient.address}>`
  if (!keywords.has('DSN')) return line
  if (recipient.notify !== undefined && recipient.notify.length > 0) line += ` NOTIFY=${recipient.notify.join(',')}`
  const orcpt =
    recipient.orcpt === undefined ? undefined : encodeOriginalRecipient(recipient.orcpt, keywords.has('SMTPUTF8'))
  if (orcpt !== undefined && orcpt.length <= 500) line += ` ORCPT=${orcpt}`
  return line
}

function isPrintable(text: string | undefined): boolean {
  return text !== undefined && /^[\x20-\x7e]+$/.test(text)
}
