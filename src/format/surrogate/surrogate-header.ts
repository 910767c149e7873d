/**
 * A header in ASCII, for readers who know no other: the header of a surrogate message.
 *
 * Standards: RFC 6858 §2 (what is kept, what is replaced, what is left out); RFC 6857 §3.1.4, §3.2.6 (parameters and
 * descriptions are encoded, where RFC 6858 would leave them out: with its name an attachment would lose its kind).
 * Limits: octets of fields written anew.
 * Security: fed by anyone. Nothing decoded can end a field, since all of it is composed anew.
 */
import { formatAddress, splitAddress } from '../address/parts.ts'
import { parseAddressList } from '../address/list.ts'
import type { Address } from '../address/address.ts'
import { concat, encodeUtf8, isAscii, isAsciiText } from '../bytes/bytes.ts'
import { ComposeError } from '../compose/composed-message.ts'
import { composeHeader } from '../compose/field.ts'
import { FieldWriter } from '../compose/field-writer.ts'
import { parameterWords } from '../compose/parameter.ts'
import { parseHeader, type HeaderField } from '../message/header.ts'
import { defaultLimits } from '../message/limits.ts'
import { decodeParameters, leadingToken, mediaType, parseParameters, type RawParameter } from '../message/parameter.ts'
import { unfold } from '../message/unfold.ts'
import { decodeHeaderText } from '../text/encoded-word.ts'

/** Octets of fields of one message that are written anew; the others are left out. Of real mail it is a few hundred. */
const rewritten = 32 * 1024

/** Where nobody is (RFC 6858 §2.1). */
const nobody = 'invalid@internationalized-address.invalid'

const addressFields = new Set(
  'bcc cc from reply-to resent-bcc resent-cc resent-from resent-sender resent-to sender to'.split(' '),
)
const textFields = new Set(['subject', 'comments', 'content-description'])

/** The headers of one message, in their order. */
export class SurrogateHeaders {
  #left = rewritten

  /** The same octets when there is nothing to do; else fields that need it are written anew, or left out. Never throws. */
  header(octets: Uint8Array): Uint8Array {
    if (isAscii(octets)) return octets
    const pieces: Uint8Array[] = []
    let at = 0
    for (const field of this.#left > 0 ? parseHeader(octets).header.fields : []) {
      const { start, end } = field
      if (start > at) pieces.push(withoutOthers(octets.subarray(at, start)))
      pieces.push(isAscii(octets, start, end) ? octets.subarray(start, end) : this.#field(field))
      at = end
    }
    pieces.push(withoutOthers(octets.subarray(at)))
    return concat(pieces)
  }

  #field(field: HeaderField): Uint8Array {
    this.#left -= field.end - field.start
    return this.#left >= 0 ? surrogateField(field) : new Uint8Array(0)
  }
}

/** Empty for a field that has no form in ASCII (RFC 6858 §2.4). */
function surrogateField({ name, value }: HeaderField): Uint8Array {
  try {
    const key = name.toLowerCase()
    if (addressFields.has(key)) return composeHeader([{ name, addresses: parseAddressList(value).map(known) }])
    if (textFields.has(key)) return composeHeader([{ name, text: decodeHeaderText(value) }])
    if (key === 'return-path') return composeHeader([{ name, raw: ` <${nobody}>` }])
    if (key === 'content-type' || key === 'content-disposition') return parameterField(name, unfold(value))
  } catch (error) {
    if (!(error instanceof ComposeError)) throw error
  }
  return new Uint8Array(0)
}

/** An address of which a reader of ASCII knows whose it is but not how to reach them (RFC 6858 §2.1). */
function known<Entry extends Address | { name: string; addresses: Address[] }>(entry: Entry): Entry {
  if ('addresses' in entry) return { ...entry, addresses: entry.addresses.map(known) }
  const { name, address } = entry
  const parts = splitAddress(address)
  // A domain has a form in ASCII that means the same; the composer writes it.
  const writable = parts === undefined ? isAsciiText(address) : isAsciiText(parts.localPart)
  if (writable && (parts !== undefined || address === '')) return entry
  const shown = parts === undefined ? address : formatAddress(parts)
  return { ...entry, name: name === undefined ? shown : `${name} (${shown})`, address: nobody }
}

/** Content-Type and Content-Disposition: parameters that are ASCII stay as they are. */
function parameterField(name: string, value: string): Uint8Array {
  const media = mediaType(value)
  const type = media === undefined ? leadingToken(value) : `${media.type}/${media.subtype}`
  if (type === '' || !isAsciiText(type)) return new Uint8Array(0)
  const words = [type]
  for (const parameter of parseParameters(value, media?.end ?? 0, defaultLimits)) {
    words.push(`${words.pop() ?? ''};`, ...surrogateParameter(parameter))
  }
  return encodeUtf8(new FieldWriter(name).words(words).toString())
}

function surrogateParameter(parameter: RawParameter): string[] {
  const { name, value } = parameter
  if (!isAsciiText(value)) {
    return Object.entries(decodeParameters([parameter])).flatMap(([key, text]) => parameterWords(key, text))
  }
  return [name.endsWith('*') ? `${name}=${value}` : `${name}="${value.replace(/["\\]/g, '\\$&')}"`]
}

/** What is no field, with the lines that go on with it: kept while it is ASCII. */
function withoutOthers(octets: Uint8Array): Uint8Array {
  if (isAscii(octets)) return octets
  const kept: Uint8Array[] = []
  for (let start = 0; start < octets.length;) {
    let end = start
    do {
      const lf = octets.indexOf(10, end)
      end = lf < 0 ? octets.length : lf + 1
    } while (octets[end] === 32 || octets[end] === 9)
    if (isAscii(octets, start, end)) kept.push(octets.subarray(start, end))
    start = end
  }
  return concat(kept)
}
