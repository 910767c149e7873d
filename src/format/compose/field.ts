/**
 * Header fields from the forms of RFC 8621 §4.1.2 to octets.
 *
 * Standards: RFC 5322 §3.4 (addresses), §3.6.4 (identifiers), RFC 2369 (URLs), RFC 2047, RFC 6532.
 * Security: values come from clients. Nothing in them can end the field: text is encoded, all else is refused.
 */
import type { Address, AddressGroup } from '../address/address.ts'
import { formatAddress, splitAddress } from '../address/parts.ts'
import { encodeUtf8, isAsciiText } from '../bytes/bytes.ts'
import { formatDate } from '../message/date.ts'
import { ComposeError } from './composed-message.ts'
import type { ComposedField } from './composed-message.ts'
import { phraseWords, textWords } from './encode-word.ts'
import { FieldWriter, rawField } from './field-writer.ts'

/** The fields as octets, each ended by CRLF. Throws ComposeError for a value that has no valid form. */
export function composeHeader(fields: readonly ComposedField[], smtputf8 = false): Uint8Array {
  return encodeUtf8(fields.map((field) => fieldText(field, smtputf8)).join(''))
}

/** One field as text, with its CRLF. */
export function fieldText(field: ComposedField, smtputf8 = false): string {
  if ('raw' in field) return rawField(field.name, field.raw)
  const writer = new FieldWriter(field.name)
  if ('text' in field) writer.words(textWords(field.text, smtputf8))
  else if ('addresses' in field) writer.words(addressListWords(field.addresses, smtputf8))
  else if ('messageIds' in field) writer.words(field.messageIds.map((id) => bracketed(id, smtputf8)))
  else if ('urls' in field) writer.words(separated(field.urls.map((url) => [bracketed(url, smtputf8)])))
  else writer.words(dateWords(field.date, field.zone))
  return writer.toString()
}

function dateWords(date: number, zone = 0): string[] {
  if (!Number.isFinite(date) || Math.abs(date) > 8.64e15 - 8.64e7) throw new ComposeError('the date is out of range')
  if (!Number.isInteger(zone) || Math.abs(zone) >= 24 * 60) throw new ComposeError('the zone is out of range')
  return formatDate(date, zone).split(' ')
}

/** The words of several items with a comma at the end of each but the last. */
function separated(items: string[][]): string[] {
  return items.flatMap((words, index) =>
    index < items.length - 1 ? [...words.slice(0, -1), `${words.at(-1)!},`] : words,
  )
}

function addressListWords(list: readonly (Address | AddressGroup)[], smtputf8: boolean): string[] {
  return separated(
    list.map((entry) => ('addresses' in entry ? groupWords(entry, smtputf8) : mailboxWords(entry, smtputf8))),
  )
}

function groupWords({ name, addresses }: AddressGroup, smtputf8: boolean): string[] {
  const words = phraseWords(name, smtputf8)
  const members = separated(addresses.map((member) => mailboxWords(member, smtputf8)))
  const all = [...words.slice(0, -1), `${words.at(-1)!}:`, ...members]
  return [...all.slice(0, -1), `${all.at(-1)!};`]
}

function mailboxWords({ name, address }: Address, smtputf8: boolean): string[] {
  // A draft may name someone whose address is still to come.
  if (name && address === '') return [...phraseWords(name, smtputf8), '<>']
  const spec = headerAddress(address, smtputf8)
  return name ? [...phraseWords(name, smtputf8), `<${spec}>`] : [spec]
}

/** What a draft may hold as an address although it is none yet: no character that has a meaning in a list. */
const UNFINISHED = /^[^\p{Cc}\s()<>[\]\\,;:"]+$/u

/** An address as it stands in a field; an international domain as A-labels where UTF-8 may not be sent. */
function headerAddress(address: string, smtputf8: boolean): string {
  const parts = splitAddress(address)
  if (!parts && !UNFINISHED.test(address)) throw new ComposeError(`"${address}" is not an address`)
  const text = parts ? formatAddress(parts) : address
  if (smtputf8 || isAsciiText(text)) return text
  if (!parts || !isAsciiText(parts.localPart)) {
    throw new ComposeError(`"${address}" can only be written in a message sent with SMTPUTF8`)
  }
  const { localPart, domain } = parts
  if (!URL.canParse(`http://${domain}/`)) throw new ComposeError(`"${domain}" is not a domain name`)
  return formatAddress({ localPart, domain: new URL(`http://${domain}/`).hostname })
}

/** An identifier or URL in angle brackets. */
function bracketed(text: string, smtputf8: boolean): string {
  if (text === '' || /[\p{Cc}\s<>]/u.test(text)) throw new ComposeError(`"${text}" cannot stand in angle brackets`)
  if (!smtputf8 && !isAsciiText(text))
    throw new ComposeError(`"${text}" can only be written in a message sent with SMTPUTF8`)
  return `<${text}>`
}
