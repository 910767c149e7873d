/**
 * `SEARCH`: which messages, and how the answer shall look.
 *
 * Standards: RFC 9051 §6.4.4, RFC 3501 §6.4.4, RFC 4731 (ESEARCH), RFC 5182 (SAVE), RFC 5032 (OLDER, YOUNGER),
 * RFC 7162 §3.1.5 (MODSEQ), RFC 8474 §5.3 (EMAILID, THREADID), RFC 9394 (PARTIAL), RFC 6203 (FUZZY,
 * RELEVANCY), RFC 7377 (ESEARCH), RFC 8514 (SAVEDATE), RFC 5267 §4 (CONTEXT, UPDATE), RFC 5465 §7.
 * Limits: nesting depth and number of keys, so that neither the stack nor one command's work can be made to explode.
 */
import { parseDate } from '../date-time.ts'
import type { Decoder } from '../decoder.ts'
import { decodeText } from '../decoder.ts'
import { bad } from '../error.ts'
import type { SequenceSet } from '../sequence-set.ts'
import { parseFetchAttributes, type FetchItem } from './fetch.ts'
import { parsePartialResult, type PartialResult } from './partial.ts'

export type SearchKey =
  | { key: 'ALL' }
  | { key: 'AND'; keys: SearchKey[] }
  | { key: 'OR'; keys: [SearchKey, SearchKey] }
  | { key: 'NOT'; of: SearchKey }
  /** Flag or keyword as written, `\Seen`; `\Recent` too, which nothing has any more. */
  | { key: 'FLAG'; flag: string; set: boolean }
  | { key: 'ADDRESS'; field: 'from' | 'to' | 'cc' | 'bcc'; text: string }
  | { key: 'SUBJECT' | 'BODY' | 'TEXT'; text: string }
  | { key: 'HEADER'; name: string; text: string }
  /** `day` is midnight UTC of the date given; ON covers that day, BEFORE what is earlier, SINCE the rest. */
  | { key: 'DATE'; field: 'received' | 'sent' | 'saved'; relation: 'before' | 'on' | 'since'; day: number }
  | { key: 'AGE'; relation: 'older' | 'younger'; seconds: number }
  | { key: 'SIZE'; relation: 'larger' | 'smaller'; octets: number }
  | { key: 'UID' | 'SEQUENCE'; set: SequenceSet }
  | { key: 'MODSEQ'; modSeq: number }
  | { key: 'EMAILID' | 'THREADID'; id: string }
  /** Texts in there match by their words, as people mean them. */
  | { key: 'FUZZY'; of: SearchKey }

export type SearchReturn = 'MIN' | 'MAX' | 'COUNT' | 'ALL' | 'SAVE' | 'PARTIAL' | 'RELEVANCY' | 'CONTEXT' | 'UPDATE'

export interface SearchReturnOptions {
  /** Never empty: `RETURN ()` means ALL (RFC 4731 §3.1). */
  readonly options: ReadonlySet<SearchReturn>
  readonly partial?: PartialResult
  /** What UPDATE shall fetch of new messages (RFC 5465 §7). */
  readonly updates?: FetchItem[]
}

export interface SearchProgram {
  key: SearchKey
  /** A charset was named where none need be: not by SORT and THREAD, which must. */
  charset?: true
  /** A charset was named that is neither UTF-8 nor US-ASCII: the keys were not read. */
  unknownCharset?: true
}

export interface SearchCommand extends SearchProgram {
  name: 'SEARCH'
  uid: boolean
  /** Undefined: a plain SEARCH. */
  returns?: SearchReturnOptions
}

const maxDepth = 32
const maxKeys = 1000

const flagKeys: Record<string, [string, boolean]> = {
  ANSWERED: ['\\Answered', true],
  DELETED: ['\\Deleted', true],
  DRAFT: ['\\Draft', true],
  FLAGGED: ['\\Flagged', true],
  SEEN: ['\\Seen', true],
  RECENT: ['\\Recent', true],
  UNANSWERED: ['\\Answered', false],
  UNDELETED: ['\\Deleted', false],
  UNDRAFT: ['\\Draft', false],
  UNFLAGGED: ['\\Flagged', false],
  UNSEEN: ['\\Seen', false],
  OLD: ['\\Recent', false],
}

export function parseSearch(decoder: Decoder, uid: boolean): SearchCommand {
  decoder.expectSp()
  const returns = parseSearchReturn(decoder)
  return { name: 'SEARCH', uid, ...(returns && { returns }), ...parseProgram(decoder) }
}

/** Where ESEARCH looks (RFC 7377 §2.2). */
export type SearchSource =
  | { source: 'SELECTED' }
  | { source: 'INBOXES' | 'PERSONAL' | 'SUBSCRIBED' }
  | { source: 'SUBTREE' | 'SUBTREE-ONE' | 'MAILBOXES'; mailboxes: string[] }

export interface MultiSearchCommand extends SearchProgram {
  name: 'ESEARCH'
  /** Undefined: the selected mailbox. */
  sources?: SearchSource[]
  returns?: SearchReturnOptions
}

const maxSources = 1000

export function parseMultiSearch(decoder: Decoder): MultiSearchCommand {
  decoder.expectSp()
  let sources: SearchSource[] | undefined
  if (decoder.word('IN')) {
    decoder.expectSp()
    sources = decoder.expectList(() => parseSource(decoder))
    if (sources.length === 0) throw bad('ESEARCH needs a source')
    if (sources.length > maxSources) throw bad('Too many sources', 'TOOBIG')
    decoder.expectSp()
  }
  const returns = parseSearchReturn(decoder)
  return { name: 'ESEARCH', ...(sources && { sources }), ...(returns && { returns }), ...parseProgram(decoder) }
}

function parseSource(decoder: Decoder): SearchSource {
  const source = decoder.expectAtom('a search source').toUpperCase()
  switch (source) {
    case 'SELECTED':
    case 'INBOXES':
    case 'PERSONAL':
    case 'SUBSCRIBED':
      return { source }
    case 'SUBTREE':
    case 'SUBTREE-ONE':
    case 'MAILBOXES':
      decoder.expectSp()
      return { source, mailboxes: decoder.expectItemOrList(() => decoder.expectMailbox()) }
    default:
      throw bad('Unknown search source')
  }
}

function parseProgram(decoder: Decoder): SearchProgram {
  const charset = parseOptionalCharset(decoder)
  return { ...parseSearchProgram(decoder, charset), ...(charset !== undefined && { charset: true }) }
}

function parseOptionalCharset(decoder: Decoder): string | undefined {
  if (!decoder.word('CHARSET')) return undefined
  decoder.expectSp()
  const charset = decoder.expectAstring('a charset')
  decoder.expectSp()
  return charset
}

/** `RETURN (…) ` before a search; undefined when there is none. */
export function parseSearchReturn(decoder: Decoder): SearchReturnOptions | undefined {
  if (!decoder.word('RETURN')) return undefined
  decoder.expectSp()
  const options = new Set<SearchReturn>()
  let partial: PartialResult | undefined
  let updates: FetchItem[] | undefined
  decoder.expectList(() => {
    const name = decoder.expectAtom('a RETURN option').toUpperCase()
    if (!isSearchReturn(name)) throw bad('Unknown RETURN option')
    if (name === 'PARTIAL') {
      if (partial !== undefined) throw bad('PARTIAL may be given once')
      decoder.expectSp()
      partial = parsePartialResult(decoder)
    }
    if (name === 'UPDATE' && (decoder.prefix(' (') || decoder.special('('))) updates = parseFetchAttributes(decoder)
    options.add(name)
  })
  // RFC 9394 §3.1: all of it and a part of it cannot both be asked for.
  if (partial !== undefined && options.has('ALL')) throw bad('ALL and PARTIAL exclude each other')
  // RFC 6203 §4: a list of scores needs the messages they belong to.
  if (options.size === 0 || (options.size === 1 && options.has('RELEVANCY'))) options.add('ALL')
  decoder.expectSp()
  return { options, ...(partial && { partial }), ...(updates && { updates }) }
}

/** The keys, in this charset; undefined means US-ASCII and UTF-8 alike. */
export function parseSearchProgram(decoder: Decoder, charset: string | undefined): SearchProgram {
  const named = charset?.toUpperCase()
  if (named !== undefined && named !== 'UTF-8' && named !== 'US-ASCII') {
    decoder.skipRest()
    return { key: { key: 'ALL' }, unknownCharset: true }
  }
  return { key: new SearchGrammar(decoder).keys() }
}

const searchReturns: ReadonlySet<string> = new Set<SearchReturn>([
  'MIN',
  'MAX',
  'COUNT',
  'ALL',
  'SAVE',
  'PARTIAL',
  'RELEVANCY',
  'CONTEXT',
  'UPDATE',
])

function isSearchReturn(name: string): name is SearchReturn {
  return searchReturns.has(name)
}

class SearchGrammar {
  readonly #decoder: Decoder
  #depth = 0
  #count = 0

  constructor(decoder: Decoder) {
    this.#decoder = decoder
  }

  /** One or more keys: all must hold. */
  keys(): SearchKey {
    const keys = [this.#key()]
    while (this.#decoder.sp()) {
      if (this.#decoder.atEnd) break
      keys.push(this.#key())
    }
    return keys.length === 1 ? (keys[0] as SearchKey) : { key: 'AND', keys }
  }

  #key(): SearchKey {
    if (++this.#count > maxKeys) throw bad('Too many search keys', 'TOOBIG')
    if (++this.#depth > maxDepth) throw bad('Search keys nested too deeply', 'TOOBIG')
    try {
      const decoder = this.#decoder
      if (decoder.special('(')) {
        const key = this.keys()
        decoder.expectSpecial(')')
        return key
      }
      const set = decoder.sequenceSet()
      if (set !== undefined) return { key: 'SEQUENCE', set }
      return this.#named(decoder.expectAtom('a search key').toUpperCase())
    } finally {
      this.#depth--
    }
  }

  #named(name: string): SearchKey {
    const decoder = this.#decoder
    const flag = Object.hasOwn(flagKeys, name) ? flagKeys[name] : undefined
    if (flag !== undefined) return { key: 'FLAG', flag: flag[0], set: flag[1] }
    switch (name) {
      case 'ALL':
      // RFC 8514 §4.3: every mailbox here has save dates.
      case 'SAVEDATESUPPORTED':
        return { key: 'ALL' }
      case 'NEW':
        return { key: 'AND', keys: [this.#named('RECENT'), this.#named('UNSEEN')] }
    }
    decoder.expectSp()
    switch (name) {
      case 'NOT':
      case 'FUZZY':
        return { key: name, of: this.#key() }
      case 'OR': {
        const left = this.#key()
        decoder.expectSp()
        return { key: 'OR', keys: [left, this.#key()] }
      }
      case 'KEYWORD':
      case 'UNKEYWORD':
        return { key: 'FLAG', flag: decoder.expectFlag(), set: name === 'KEYWORD' }
      case 'FROM':
      case 'TO':
      case 'CC':
      case 'BCC':
        return { key: 'ADDRESS', field: name.toLowerCase() as 'from', text: decoder.expectText() }
      case 'SUBJECT':
      case 'BODY':
      case 'TEXT':
        return { key: name, text: decoder.expectText() }
      case 'HEADER': {
        const field = decoder.expectAstring('a header field name')
        decoder.expectSp()
        return { key: 'HEADER', name: field, text: decoder.expectText() }
      }
      case 'LARGER':
      case 'SMALLER':
        return {
          key: 'SIZE',
          relation: name === 'LARGER' ? 'larger' : 'smaller',
          octets: decoder.expectNumber(Number.MAX_SAFE_INTEGER),
        }
      case 'OLDER':
      case 'YOUNGER':
        return { key: 'AGE', relation: name === 'OLDER' ? 'older' : 'younger', seconds: decoder.expectNzNumber() }
      case 'UID':
        return { key: 'UID', set: decoder.expectSequenceSet() }
      case 'MODSEQ':
        return this.#modSeq()
      case 'EMAILID':
      case 'THREADID':
        return { key: name, id: decodeText(decoder.expectAstring('an object id')) }
      default:
        return this.#date(name)
    }
  }

  #date(name: string): SearchKey {
    const match = /^(SENT|SAVED)?(BEFORE|ON|SINCE)$/.exec(name)
    if (match === null) throw bad('Unknown search key')
    const day = parseDate(this.#decoder.expectAstring('a date'))
    if (day === undefined) throw bad('Malformed date')
    const relation = (match[2] as string).toLowerCase() as 'before' | 'on' | 'since'
    const field = match[1] === undefined ? 'received' : match[1] === 'SENT' ? 'sent' : 'saved'
    return { key: 'DATE', field, relation, day }
  }

  /** `MODSEQ ["/flags/\Seen" all] 123`: the entry is accepted; there is one mod-sequence per message (§3.1.5). */
  #modSeq(): SearchKey {
    const decoder = this.#decoder
    if (decoder.quoted() !== undefined) {
      decoder.expectSp()
      if (!decoder.word('PRIV') && !decoder.word('SHARED') && !decoder.word('ALL'))
        throw bad('Expected priv, shared or all')
      decoder.expectSp()
    }
    return { key: 'MODSEQ', modSeq: decoder.expectModSeq() }
  }
}
