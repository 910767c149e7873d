/**
 * The composer: header fields and a part tree in, a message out.
 *
 * Standards: RFC 5322, RFC 2045, RFC 2046, RFC 2183, RFC 2231, RFC 6532, RFC 8621 §4.6.
 * It chooses the transfer encodings so that a 7-bit path carries the message; only nested messages, which must not be
 * encoded (RFC 2046 §5.2.1), may need 8BITMIME.
 */
import { concat, encodeUtf8 } from '../bytes/bytes.ts'
import { ComposeError } from './composed-message.ts'
import type { ComposedField, ComposedMessage, ComposedPart, ComposeOptions } from './composed-message.ts'
import { encodeBinaryBody, encodeTextBody, identityBody, withFinalLineEnd } from './body-encoding.ts'
import type { BodyEncoding, EncodedBody } from './body-encoding.ts'
import { composeHeader, fieldText } from './field.ts'
import { FieldWriter } from './field-writer.ts'
import { parameterWords } from './parameter.ts'

const TOKEN = /^[A-Za-z0-9!#$&+.^_`{|}~-]{1,127}$/
/** RFC 2046 §5.1.1 allows 70 characters in a boundary; a counter and marks are added to the seed. */
const SEED = /^[A-Za-z0-9]{1,40}$/
/** A tree deeper than this is a mistake, and no parser would follow it. */
const DEPTH_LIMIT = 40

/**
 * The octets of the message, lines ended by CRLF. Deterministic: all that is unique comes in. A text that is the whole
 * body and does not end in a line end gets one. Throws ComposeError when a value has no valid form.
 */
export function compose(message: ComposedMessage, options: ComposeOptions): Uint8Array {
  if (!SEED.test(options.seed)) throw new ComposeError('the seed must be 1 to 40 letters or digits')
  for (const { name } of message.header) refuseMimeField(name)
  const composer = new Composer(options)
  const body = composer.part(message.body, 0)
  const isLeaf = !('children' in message.body.content)
  const octets = isLeaf ? withFinalLineEnd({ encoding: body.encoding, octets: body.octets }).octets : body.octets
  const header = composeHeader([...message.header, { name: 'MIME-Version', text: '1.0' }], options.smtputf8)
  return concat([header, body.header, CRLF, octets])
}

const CRLF = encodeUtf8('\r\n')

function refuseMimeField(name: string): void {
  if (/^(?:content-.*|mime-version)$/i.test(name)) throw new ComposeError(`${name} is written by the composer`)
}

interface EncodedPart extends EncodedBody {
  /** Content fields and further ones, without the empty line. */
  header: Uint8Array
}

class Composer {
  readonly #utf8: boolean
  #boundarySeed: string
  #boundaries = 0

  constructor({ seed, smtputf8 = false }: ComposeOptions) {
    this.#boundarySeed = seed
    this.#utf8 = smtputf8
  }

  part(part: ComposedPart, depth: number): EncodedPart {
    const [type, subtype, ...more] = part.type.toLowerCase().split('/')
    if (!TOKEN.test(type ?? '') || !TOKEN.test(subtype ?? '') || more.length > 0) {
      throw new ComposeError(`"${part.type}" is not a media type`)
    }
    if ((type === 'multipart') !== 'children' in part.content) {
      throw new ComposeError('a multipart has children, and nothing else has')
    }
    const parameters = { ...part.parameters }
    delete parameters['boundary']
    let body: EncodedBody
    if ('children' in part.content) {
      if (part.content.children.length === 0) throw new ComposeError('a multipart must have a child')
      if (depth >= DEPTH_LIMIT) throw new ComposeError('the parts are nested too deeply')
      const children = part.content.children.map((child) => this.part(child, depth + 1))
      parameters['boundary'] = this.#boundary(children)
      body = joinChildren(children, parameters['boundary'])
    } else if ('text' in part.content) {
      const charset = part.content.charset ?? 'utf-8'
      if (type === 'text') parameters['charset'] = charset
      body = encodeText(part.content.text, charset, type!)
    } else body = encodeBlob(part.content.bytes, type!, subtype!)
    return { ...body, header: encodeUtf8(this.#header(part, `${type}/${subtype}`, parameters, body.encoding)) }
  }

  /** A boundary that no child contains. Quoted-printable and base64 cannot contain `=_` at all. */
  #boundary(children: readonly EncodedPart[]): string {
    let boundary = `=_${this.#boundarySeed}_${++this.#boundaries}`
    while (children.some((child) => contains(child.octets, encodeUtf8(`--${boundary}`)))) {
      boundary = `=_${this.#boundarySeed}_${++this.#boundaries}`
    }
    return boundary
  }

  #header(part: ComposedPart, media: string, parameters: Record<string, string>, encoding: BodyEncoding): string {
    let text = structuredField('Content-Type', media, parameters, this.#utf8)
    if (encoding !== '7bit') text += `Content-Transfer-Encoding: ${encoding}\r\n`
    if (part.disposition) {
      const { type, parameters: values = {} } = part.disposition
      if (!TOKEN.test(type)) throw new ComposeError(`"${type}" is not a disposition`)
      text += structuredField('Content-Disposition', type, values, this.#utf8)
    }
    const fields: ComposedField[] = []
    if (part.contentId !== undefined) fields.push({ name: 'Content-ID', messageIds: [part.contentId] })
    if (part.description !== undefined) fields.push({ name: 'Content-Description', text: part.description })
    if (part.language) fields.push({ name: 'Content-Language', text: part.language.map(languageTag).join(', ') })
    if (part.location !== undefined) fields.push({ name: 'Content-Location', text: part.location })
    for (const field of part.header ?? []) {
      if (/^content-(?:type|transfer-encoding|disposition|id|description|language|location)$/i.test(field.name)) {
        refuseMimeField(field.name)
      }
      fields.push(field)
    }
    return text + fields.map((field) => fieldText(field, this.#utf8)).join('')
  }
}

function languageTag(tag: string): string {
  if (!/^[A-Za-z0-9-]{1,64}$/.test(tag)) throw new ComposeError(`"${tag}" is not a language tag`)
  return tag
}

function structuredField(
  name: string,
  value: string,
  parameters: Readonly<Record<string, string>>,
  utf8: boolean,
): string {
  const words = Object.entries(parameters).map(([key, text]) => parameterWords(key, text, utf8))
  const all = [[value], ...words]
  const writer = new FieldWriter(name)
  for (const [index, group] of all.entries()) {
    const last = group.length - 1
    writer.words(group.map((word, at) => (at === last && index < all.length - 1 ? `${word};` : word)))
  }
  return writer.toString()
}

function encodeText(text: string, charset: string, type: string): EncodedBody {
  const octets = encodeUtf8(text.toWellFormed().replace(/\r\n|\r|\n/g, '\r\n'))
  const isAscii = octets.length === text.replace(/\r\n|\r|\n/g, '\r\n').length
  if (!/^(?:utf-8|us-ascii)$/i.test(charset)) throw new ComposeError(`text cannot be written in ${charset}`)
  if (/^us-ascii$/i.test(charset) && !isAscii) throw new ComposeError('the text is not us-ascii')
  return type === 'message' ? identityBody(octets) : encodeTextBody(octets)
}

function encodeBlob(octets: Uint8Array, type: string, subtype: string): EncodedBody {
  if (type === 'message' || (type === 'text' && subtype === 'rfc822-headers')) return identityBody(octets)
  return type === 'text' ? encodeTextBody(octets) : encodeBinaryBody(octets)
}

function joinChildren(children: readonly EncodedPart[], boundary: string): EncodedBody {
  const pieces: Uint8Array[] = []
  for (const child of children) {
    pieces.push(encodeUtf8(`--${boundary}\r\n`), child.header, CRLF, child.octets, CRLF)
  }
  pieces.push(encodeUtf8(`--${boundary}--\r\n`))
  const encodings = children.map((child) => child.encoding)
  const encoding = encodings.includes('binary') ? 'binary' : encodings.includes('8bit') ? '8bit' : '7bit'
  return { encoding, octets: concat(pieces) }
}

function contains(octets: Uint8Array, wanted: Uint8Array): boolean {
  for (let at = octets.indexOf(wanted[0]!); at >= 0; at = octets.indexOf(wanted[0]!, at + 1)) {
    let matched = 1
    while (matched < wanted.length && octets[at + matched] === wanted[matched]) matched++
    if (matched === wanted.length) return true
  }
  return false
}
