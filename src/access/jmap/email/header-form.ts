/**
 * Header fields as JMAP shows them: raw or in a parsed form, by property names such as `header:List-Post:asURLs:all`.
 *
 * Standards: RFC 8621 §4.1.2 (forms), §4.1.3 (property names), RFC 2369 (URLs).
 * Security: field values come from anyone's message.
 */
import {
  decodeHeaderText,
  decodeUtf8,
  flattenAddresses,
  fromLatin1,
  parseAddressList,
  parseDate,
  parseMessageIds,
  type Address,
  type Header,
} from '../../../format/index.ts'
import { formatJmapDate, type Json } from '../../../protocol/jmap/index.ts'

export type HeaderForm = 'Raw' | 'Text' | 'Addresses' | 'GroupedAddresses' | 'MessageIds' | 'Date' | 'URLs'

export interface HeaderProperty {
  /** As the client capitalised it. */
  readonly name: string
  readonly form: HeaderForm
  readonly all: boolean
}

const forms: readonly string[] = ['Raw', 'Text', 'Addresses', 'GroupedAddresses', 'MessageIds', 'Date', 'URLs']

/** Which parsed forms a field of RFC 5322 or RFC 2369 may have; any other field may have all of them. */
const formsOf: Readonly<Record<string, readonly HeaderForm[]>> = {
  ...named(['subject', 'comments', 'keywords'], ['Text']),
  ...named(
    ['from', 'sender', 'reply-to', 'to', 'cc', 'bcc'].flatMap((name) => [name, `resent-${name}`]),
    ['Addresses', 'GroupedAddresses'],
  ),
  ...named(['message-id', 'in-reply-to', 'references', 'resent-message-id'], ['MessageIds']),
  ...named(['date', 'resent-date'], ['Date']),
  ...named(['list-help', 'list-unsubscribe', 'list-subscribe', 'list-post', 'list-owner', 'list-archive'], ['URLs']),
  ...named(['return-path', 'received'], []),
}

function named(names: readonly string[], allowed: readonly HeaderForm[]): Record<string, readonly HeaderForm[]> {
  return Object.fromEntries(names.map((name) => [name, allowed]))
}

/** The convenience properties of RFC 8621 §4.1.3. */
export const convenienceProperties: Readonly<Record<string, HeaderProperty>> = {
  messageId: { name: 'Message-ID', form: 'MessageIds', all: false },
  inReplyTo: { name: 'In-Reply-To', form: 'MessageIds', all: false },
  references: { name: 'References', form: 'MessageIds', all: false },
  sender: { name: 'Sender', form: 'Addresses', all: false },
  from: { name: 'From', form: 'Addresses', all: false },
  to: { name: 'To', form: 'Addresses', all: false },
  cc: { name: 'Cc', form: 'Addresses', all: false },
  bcc: { name: 'Bcc', form: 'Addresses', all: false },
  replyTo: { name: 'Reply-To', form: 'Addresses', all: false },
  subject: { name: 'Subject', form: 'Text', all: false },
  sentAt: { name: 'Date', form: 'Date', all: false },
}

/** Undefined when the property is malformed or asks for a form that its field may not have. */
export function parseHeaderProperty(property: string): HeaderProperty | undefined {
  const [prefix, name, ...suffixes] = property.split(':')
  if (prefix !== 'header' || name === undefined || !/^[!-9;-~]+$/.test(name)) return undefined
  let form: HeaderForm = 'Raw'
  if (suffixes[0]?.startsWith('as')) {
    const asked = (suffixes.shift() as string).slice(2)
    if (!forms.includes(asked)) return undefined
    form = asked as HeaderForm
  }
  const all = suffixes[0] === 'all'
  if (suffixes.length > (all ? 1 : 0)) return undefined
  if (form !== 'Raw' && !(formsOf[name.toLowerCase()]?.includes(form) ?? true)) return undefined
  return { name, form, all }
}

/** The value of a header property: of the last field of that name, or of all (RFC 8621 §4.1.3). */
export function readHeaderProperty(header: Header, property: HeaderProperty): Json {
  const name = property.name.toLowerCase()
  const values = header.fields.filter((field) => field.name.toLowerCase() === name).map((field) => field.value)
  if (property.all) return values.map((value) => readForm(value, property.form))
  const last = values.at(-1)
  return last === undefined ? null : readForm(last, property.form)
}

/** `headers` of an Email or EmailBodyPart. */
export function readAllHeaders(header: Header): Json {
  return header.fields.map(({ name, value }) => ({ name, value: rawForm(value) }))
}

function readForm(value: string, form: HeaderForm): Json {
  switch (form) {
    case 'Raw':
      return rawForm(value)
    case 'Text':
      return decodeHeaderText(value).normalize('NFC')
    case 'Addresses':
      return flattenAddresses(parseAddressList(value)).map(emailAddress)
    case 'GroupedAddresses':
      return groupedAddresses(value)
    case 'MessageIds': {
      const ids = parseMessageIds(value)
      return ids.length === 0 ? null : ids
    }
    case 'Date': {
      const date = parseDate(value)
      return date === undefined ? null : formatJmapDate(date.time, date.zone)
    }
    case 'URLs':
      return urls(value)
  }
}

/** Octets as UTF-8 with replacement characters, NUL dropped (RFC 8621 §4.1.2.1). */
function rawForm(value: string): string {
  // the range is exactly "ASCII without NUL"
  return /^[\x01-\x7f]*$/.test(value) ? value : decodeUtf8(fromLatin1(value)).replaceAll('\0', '')
}

export function emailAddress(address: Address): { name: string | null; email: string } {
  return { name: address.name === undefined || address.name === '' ? null : address.name, email: address.address }
}

/** Neighbouring mailboxes outside any group share one nameless group (RFC 8621 §4.1.2.4). */
function groupedAddresses(value: string): Json {
  const groups: { name: string | null; addresses: { name: string | null; email: string }[] }[] = []
  for (const item of parseAddressList(value)) {
    if ('addresses' in item) {
      groups.push({ name: item.name, addresses: item.addresses.map(emailAddress) })
      continue
    }
    const open = groups.at(-1)
    if (open?.name === null) open.addresses.push(emailAddress(item))
    else groups.push({ name: null, addresses: [emailAddress(item)] })
  }
  return groups
}

/** The bracketed URLs in order, without comments and white space; null when there is none (RFC 2369 §2). */
function urls(value: string): Json {
  const found: string[] = []
  let comment = 0
  for (let at = 0; at < value.length; at++) {
    const char = value[at]
    if (char === '(') comment++
    else if (char === ')' && comment > 0) comment--
    else if (char === '<' && comment === 0) {
      const end = value.indexOf('>', at)
      if (end < 0) break
      found.push(rawForm(value.slice(at + 1, end).replace(/\s+/g, '')))
      at = end
    }
  }
  return found.length === 0 ? null : found
}
