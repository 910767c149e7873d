/**
 * What a server says, one response at a time: anything that the formal syntax of RFC 9051 and of the extensions here does
 * not allow throws.
 *
 * Standards: RFC 9051 §7, §9; RFC 3501 §7 (RECENT, LSUB, SEARCH); RFC 7162 §7, RFC 9586 (UIDFETCH), RFC 5256 §5,
 * RFC 4731, RFC 9394, RFC 7377, RFC 9208, RFC 5464, RFC 8474, RFC 8970, RFC 8514, RFC 3516, RFC 4314, RFC 2971.
 */
import { Cursor, type Ranges } from './cursor.ts'
import { data } from './data-response.ts'
import { fetched, type Fetched } from './fetch-response.ts'
import { code, type Code } from './response-code.ts'
import { esearch, found, threads, type ExtendedSearch } from './search-response.ts'

export type Status = 'OK' | 'NO' | 'BAD' | 'BYE' | 'PREAUTH'

export interface StatusResponse {
  readonly kind: 'status'
  /** Undefined for an untagged one. */
  readonly tag?: string
  readonly status: Status
  readonly code?: Code
}

export type Response =
  | { readonly kind: 'continue'; readonly text: string }
  | StatusResponse
  | Fetched
  | { readonly kind: 'exists' | 'recent' | 'expunge'; readonly number: number }
  | { readonly kind: 'vanished'; readonly earlier: boolean; readonly uids: Ranges }
  | { readonly kind: 'search' | 'sort'; readonly numbers: readonly number[] }
  | { readonly kind: 'thread'; readonly numbers: readonly number[] }
  | ExtendedSearch
  | { readonly kind: 'data'; readonly name: string }

/** `text` is one whole response without its last CRLF. */
export function parseResponse(text: string, utf8: boolean): Response {
  const cursor = new Cursor(text, utf8)
  const response = anyResponse(cursor)
  cursor.end()
  return response
}

function anyResponse(cursor: Cursor): Response {
  if (cursor.take('+')) {
    cursor.sp()
    return { kind: 'continue', text: cursor.atEnd ? '' : cursor.rest() }
  }
  if (cursor.take('* ')) return /^\d/.test(cursor.text.slice(cursor.at)) ? numbered(cursor) : untagged(cursor)
  const tag = /^[^(){ %*"\\+\x00-\x1f\x7f-\xff]+(?= )/.exec(cursor.text)?.[0]
  if (tag === undefined) return cursor.fail('expected a tag')
  cursor.at = tag.length + 1
  const status = cursor.word()
  if (status !== 'OK' && status !== 'NO' && status !== 'BAD') return cursor.fail('expected OK, NO or BAD')
  return { kind: 'status', tag, status, ...code(cursor) }
}

function numbered(cursor: Cursor): Response {
  const number = cursor.number()
  cursor.sp()
  const name = cursor.word()
  switch (name) {
    case 'EXISTS':
    case 'RECENT':
      return { kind: name === 'EXISTS' ? 'exists' : 'recent', number }
    case 'EXPUNGE':
      if (number === 0) cursor.fail('message zero')
      return { kind: 'expunge', number }
    case 'FETCH':
    case 'UIDFETCH':
      if (number === 0) cursor.fail('message zero')
      cursor.sp()
      return fetched(cursor, number, name === 'UIDFETCH')
    default:
      return cursor.fail(`${name} is not a response with a number`)
  }
}

function untagged(cursor: Cursor): Response {
  const name = cursor.word()
  switch (name) {
    case 'OK':
    case 'NO':
    case 'BAD':
    case 'BYE':
    case 'PREAUTH':
      return { kind: 'status', status: name, ...code(cursor) }
    case 'VANISHED': {
      cursor.sp()
      const earlier = cursor.take('(EARLIER) ')
      return { kind: 'vanished', earlier, uids: cursor.set() }
    }
    case 'SEARCH':
    case 'SORT':
      return { kind: name === 'SEARCH' ? 'search' : 'sort', numbers: found(cursor) }
    case 'THREAD':
      return { kind: 'thread', numbers: threads(cursor) }
    case 'ESEARCH':
      return esearch(cursor)
    default:
      data(cursor, name)
      return { kind: 'data', name }
  }
}
