/**
 * What a message is known by to the spam filter: words of its text and subject, names and domains of its author, what was
 * found out about its origin, where its links lead, what is attached. A token is a bucket number, so that counts take a
 * fixed space and no word of anybody's mail is kept.
 *
 * Limits: characters of text, words in all. Security: reads what strangers write; never throws.
 */
import {
  decodeHeaderText,
  type Header,
  latin1,
  parseAddressList,
  parseAuthenticationResults,
  parseHeader,
  parseMessage,
} from '../../format/index.ts'
import { readMessageText } from '../search/message-text.ts'

/** A power of two. Two words that share a bucket blur each other: with some ten thousand words in use few do. */
export const bucketCount = 65_536

const textLimits = { octets: 64 * 1024, characters: 20_000 }
const mostTokens = 1_500
const link = /https?:\/\/([\w.-]{3,80})/gi

/** Buckets of the message's tokens, each once. */
export function tokensOf(raw: Uint8Array): Uint16Array {
  const { header } = parseHeader(raw)
  const buckets = new Set<number>()
  const add = (kind: string, text: string) => {
    if (buckets.size < mostTokens) buckets.add(bucketOf(`${kind}:${text}`))
  }
  addOrigin(header, add)
  for (const word of words(decodeHeaderText(header.first('Subject') ?? ''))) add('subject', word)
  const { texts, attachmentNames } = readMessageText(
    (start, end) => raw.subarray(start, end),
    parseMessage(raw),
    textLimits,
  )
  for (const name of attachmentNames) add('file', name.slice(name.lastIndexOf('.') + 1).toLowerCase())
  // As they stand in the source: most links are in markup, which the text below is without.
  for (const [, host] of latin1(raw, 0, Math.min(raw.length, textLimits.octets)).matchAll(link)) {
    add('link', (host as string).toLowerCase())
  }
  for (const text of texts) for (const word of words(text)) add('word', word)
  return Uint16Array.from(buckets)
}

type Add = (kind: string, text: string) => void

function addOrigin(header: Header, add: Add): void {
  for (const entry of parseAddressList(header.first('From') ?? '').slice(0, 3)) {
    for (const { name = '', address } of 'addresses' in entry ? entry.addresses.slice(0, 3) : [entry]) {
      add('from', address.toLowerCase())
      add('domain', address.slice(address.lastIndexOf('@') + 1).toLowerCase())
      for (const word of words(name)) add('name', word)
    }
  }
  const list = header.first('List-Id')
  if (list !== undefined) add('list', list.replace(/^.*</s, '').replace(/>.*$/s, '').trim().toLowerCase())
  // Ours is the first: those of others that claim to be ours were taken out on arrival (RFC 8601 §5).
  const found = parseAuthenticationResults(header.first('Authentication-Results') ?? '')
  for (const { method, result } of found?.results.slice(0, 10) ?? []) add('authentication', `${method}=${result}`)
  const client = /\[(\d+\.\d+\.\d+)\.\d+\]/.exec(header.first('Received') ?? '')?.[1]
  if (client !== undefined) add('network', client)
}

/** A run of letters and digits; scripts without spaces between words give their pairs of characters. */
const run = /[\p{L}\p{M}\p{N}$€£%'’]{2,40}/gu
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u

function* words(text: string): Generator<string> {
  for (const [found] of text.toLowerCase().matchAll(run)) {
    if (!unspaced.test(found)) {
      if (found.length > 2) yield found
      continue
    }
    const characters = Array.from(found)
    for (let at = 0; at + 1 < characters.length; at++) yield `${characters[at]}${characters[at + 1]}`
  }
}

/** FNV-1a of the UTF-16 code units, folded to the number of buckets. */
function bucketOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) {
    hash ^= text.charCodeAt(at)
    hash = Math.imul(hash, 0x01000193)
  }
  return ((hash >>> 16) ^ hash) & (bucketCount - 1)
}
