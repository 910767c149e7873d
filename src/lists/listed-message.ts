/**
 * A post as it goes to a list's members: as it came, with the list's own fields on top.
 *
 * Body and signed fields are left alone, so that the author's signature goes on holding; a subject is not tagged and no footer is
 * put below. Where no signature would hold (`renamed`), the message comes from the list, in the name of its author: receivers
 * who obey the author's domain (DMARC) would refuse it otherwise.
 *
 * Standards: RFC 2369 (List-*), RFC 2919 (List-Id), RFC 8058 (one click), RFC 9989 §7.4 and RFC 7960 §4.1.3.3 (From).
 */
import {
  type Address,
  composeHeader,
  concat,
  flattenAddresses,
  formatAddress,
  type Header,
  isAsciiText,
  latin1,
  parseAddressList,
  parseHeader,
  splitAddress,
} from '../format/index.ts'
import type { ListSettings } from './list-settings.ts'

export interface ListedOptions {
  list: ListSettings
  /** It comes from the list, in its author's name. */
  renamed: boolean
  /** Of our web server, `https://mail.example.org`; without it there is no one-click unsubscription (RFC 8058 §3.1: HTTPS). */
  webUrl?: string | undefined
}

/** Other lists' fields would mislead; ours take their place (RFC 2369 §4). */
const listFields = new Set([
  'list-id',
  'list-help',
  'list-owner',
  'list-post',
  'list-subscribe',
  'list-unsubscribe',
  'list-unsubscribe-post',
  'list-archive',
  'precedence',
])
/** Whether the message has fields that are to give way: its author may have signed them. */
export function hasListFields(header: Header): boolean {
  return header.fields.some(({ name }) => listFields.has(name.toLowerCase()))
}

/** Promises about the one recipient it came for. */
const forOne = new Set(['return-path', 'disposition-notification-to', 'return-receipt-to', 'x-confirm-reading-to'])

export interface ListedMessage {
  /** The copy for a member, by its token. */
  copyFor: (token: string) => Uint8Array
  /** The header needs it (RFC 6532). */
  smtputf8: boolean
  body: '7BIT' | '8BITMIME'
}

export function listedMessage(raw: Uint8Array, { list, renamed, webUrl }: ListedOptions): ListedMessage {
  const { header, bodyStart } = parseHeader(raw, 0, { headerBytes: Infinity, headerFields: Infinity })
  const answers = answerFields(header, list, renamed)
  const taken = new Set([...listFields, ...forOne, ...answers.map(({ name }) => name.toLowerCase())])
  const rest = without(raw, header, taken)
  const smtputf8 = !isAsciiText(list.address) || !isAscii(raw.subarray(0, bodyStart))
  const { localPart, domain } = splitAddress(list.address) ?? { localPart: list.address, domain: '' }
  const below = (what: string) => formatAddress({ localPart: `${localPart}-${what}`, domain })
  const fixed = composeHeader(
    [
      ...answers,
      { name: 'List-Id', raw: ` ${phrase(list.name)}<${listIdOf(list.address)}>` },
      list.posting === 'owners'
        ? { name: 'List-Post', raw: ' NO' }
        : { name: 'List-Post', urls: [`mailto:${encodeURI(list.address)}`] },
      { name: 'List-Owner', urls: [`mailto:${encodeURI(below('owner'))}`] },
      { name: 'List-Help', urls: [`mailto:${encodeURI(below('owner'))}`] },
      { name: 'Precedence', raw: ' list' },
    ],
    smtputf8,
  )
  const copyFor = (token: string): Uint8Array => {
    const mail = `mailto:${encodeURI(below(`unsubscribe+${token}`))}`
    const web =
      webUrl?.startsWith('https:') !== true
        ? []
        : [`${webUrl}/lists/unsubscribe?list=${encodeURIComponent(list.address)}&token=${encodeURIComponent(token)}`]
    const own = composeHeader(
      [
        { name: 'List-Unsubscribe', urls: [...web, mail] },
        ...(web.length === 0 ? [] : [{ name: 'List-Unsubscribe-Post', raw: ' List-Unsubscribe=One-Click' }]),
      ],
      smtputf8,
    )
    return concat([own, fixed, ...rest])
  }
  return {
    copyFor,
    smtputf8,
    body: isAscii(raw) ? '7BIT' : '8BITMIME',
  }
}

/** RFC 2919 §3: the list's address without its @. */
export function listIdOf(address: string): string {
  return address.replace('@', '.')
}

function isAscii(octets: Uint8Array): boolean {
  return isAsciiText(latin1(octets))
}

/** From and Reply-To, where they change. */
function answerFields(
  header: Header,
  { address, name, answersTo }: ListSettings,
  renamed: boolean,
): { name: string; addresses: Address[] }[] {
  // What is no address cannot be answered to.
  const authors = flattenAddresses(parseAddressList(header.first('From') ?? '')).filter(
    ({ address: author }) => splitAddress(author) !== undefined,
  )
  const [author] = authors
  const list = { address, ...(name === '' ? {} : { name }) }
  const answers = answersTo === 'list' ? [{ name: 'Reply-To', addresses: [list] }] : []
  if (!renamed) return answers
  const who = author?.name ?? author?.address.replace('@', ' at ') ?? 'Somebody'
  const from = { name: 'From', addresses: [{ address, name: `${who} via ${name === '' ? address : name}` }] }
  if (answersTo === 'list' || header.has('Reply-To') || authors.length === 0) return [from, ...answers]
  return [from, { name: 'Reply-To', addresses: authors }]
}

function without(raw: Uint8Array, header: Header, names: ReadonlySet<string>): Uint8Array[] {
  const kept: Uint8Array[] = []
  let from = 0
  for (const { name, start, end } of header.fields) {
    if (!names.has(name.toLowerCase())) continue
    kept.push(raw.subarray(from, start))
    from = end
  }
  return [...kept, raw.subarray(from)]
}

/** RFC 2919 §2: a phrase may stand before it. What needs encoding is left out: it is for people, and they have the address. */
function phrase(name: string): string {
  return name === '' || !isAsciiText(name) ? '' : `"${name.replace(/["\\]/g, '')}" `
}
