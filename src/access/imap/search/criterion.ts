/**
 * A search key made ready to be asked of messages, and what it costs to ask.
 *
 * Standards: RFC 9051 §6.4.4 (keys; strings match as substrings, case aside), RFC 5032 (OLDER, YOUNGER: inclusive), RFC 8514.
 */
import {
  comparable,
  formatEmailId,
  formatThreadId,
  type EmailId,
  type EmailSet,
  type EnvelopeColumn,
  type MailboxView,
  type ThreadId,
} from '../../../mailbox/index.ts'
import { bad, inRanges, type SearchKey } from '../../../protocol/imap/index.ts'
import type { Context } from '../context.ts'
import { keywordOfFlag } from '../flags.ts'
import type { FuzzyMatches } from './fuzzy.ts'
import type { SearchMessage } from './message.ts'

/** What must be read: nothing beyond the view, stored columns of the message, or its octets. */
export type Cost = 'view' | 'columns' | 'octets'

export interface Criterion {
  readonly cost: Cost
  readonly columns: readonly EnvelopeColumn[]
  test(message: SearchMessage): boolean
  /** The same question to a row of the view, where that is all that must be read. */
  readonly ofRow?: RowTest
}

type RowTest = (view: MailboxView, row: number, uid: number, sequence: number) => boolean

const day = 86_400_000
const order: Cost[] = ['view', 'columns', 'octets']

export function compile(context: Context, key: SearchKey, fuzzy: FuzzyMatches): Criterion {
  const matched = fuzzy.of(key)
  if (matched !== undefined) return ofView((view, row) => matched.has(view.emails[row] as number))
  switch (key.key) {
    case 'ALL':
      return ofView(() => true)
    case 'AND':
      return every(key.keys.map((inner) => compile(context, inner, fuzzy)))
    case 'OR':
      return some(key.keys.map((inner) => compile(context, inner, fuzzy)))
    case 'NOT': {
      const inner = compile(context, key.of, fuzzy)
      const { ofRow } = inner
      if (ofRow !== undefined) return ofView((view, row, uid, sequence) => !ofRow(view, row, uid, sequence))
      return { ...inner, test: (message) => !inner.test(message) }
    }
    case 'FUZZY':
      return compile(context, key.of, fuzzy)
    case 'FLAG':
      return flag(key.flag, key.set)
    case 'SEQUENCE':
    case 'UID':
      return inSet(context, key)
    case 'DATE':
      return date(key)
    case 'AGE':
      return age(context, key)
    case 'SIZE':
      return key.relation === 'larger'
        ? ofView((view, row) => (view.sizes[row] as number) > key.octets)
        : ofView((view, row) => (view.sizes[row] as number) < key.octets)
    case 'MODSEQ':
      return ofView((view, row) => (view.modseqs[row] as number) >= key.modSeq)
    case 'EMAILID':
      return ofView((view, row) => formatEmailId(view.emails[row] as EmailId) === key.id)
    case 'THREADID':
      return ofView((view, row) => formatThreadId(view.threads[row] as ThreadId) === key.id)
    case 'SUBJECT': {
      const wanted = comparable(key.text)
      return { cost: 'columns', columns: ['subject'], test: (message) => message.subject.includes(wanted) }
    }
    case 'ADDRESS':
      return address(context, key.field, key.text)
    case 'HEADER': {
      const wanted = comparable(key.text)
      const { name } = key
      if (isAddressField(name)) return address(context, name, key.text)
      return { cost: 'octets', columns: ['headerSize'], test: (message) => message.headerContains(name, wanted) }
    }
    case 'BODY': {
      const wanted = comparable(key.text)
      return { cost: 'octets', columns: ['parts'], test: (message) => message.bodyContains(wanted) }
    }
    case 'TEXT': {
      const wanted = comparable(key.text)
      return {
        cost: 'octets',
        columns: ['headerSize', 'parts'],
        test: (message) =>
          message.headContains(wanted) || message.bodyContains(wanted) || message.partFieldsContain(wanted),
      }
    }
  }
}

function ofView(ofRow: RowTest): Criterion {
  return { cost: 'view', columns: [], test: ({ view, row, uid, sequence }) => ofRow(view, row, uid, sequence), ofRow }
}

/** All must hold; the cheap ones are asked first, so that the dear ones are asked of few. */
function every(criteria: Criterion[]): Criterion {
  const [only] = criteria
  if (only !== undefined && criteria.length === 1) return only
  const rows = rowTests(criteria)
  if (rows !== undefined) {
    return ofView((view, row, uid, sequence) => rows.every((ofRow) => ofRow(view, row, uid, sequence)))
  }
  const sorted = cheapFirst(criteria)
  return { ...combined(criteria), test: (message) => sorted.every((criterion) => criterion.test(message)) }
}

function some(criteria: Criterion[]): Criterion {
  const rows = rowTests(criteria)
  if (rows !== undefined) {
    return ofView((view, row, uid, sequence) => rows.some((ofRow) => ofRow(view, row, uid, sequence)))
  }
  const sorted = cheapFirst(criteria)
  return { ...combined(criteria), test: (message) => sorted.some((criterion) => criterion.test(message)) }
}

/** Undefined: one of them needs more than the view. */
function rowTests(criteria: readonly Criterion[]): RowTest[] | undefined {
  const tests = criteria.map(({ ofRow }) => ofRow).filter((ofRow) => ofRow !== undefined)
  return tests.length === criteria.length ? tests : undefined
}

function cheapFirst(criteria: readonly Criterion[]): Criterion[] {
  return [...criteria].sort((a, b) => order.indexOf(a.cost) - order.indexOf(b.cost))
}

function combined(criteria: readonly Criterion[]): { cost: Cost; columns: EnvelopeColumn[] } {
  const columns = [...new Set(criteria.flatMap((criterion) => criterion.columns))]
  return { cost: cheapFirst(criteria).at(-1)?.cost ?? 'view', columns }
}

function flag(name: string, set: boolean): Criterion {
  const keyword = keywordOfFlag(name)
  // Nothing is ever \Recent here, nor has a system flag that does not exist.
  if (keyword === undefined) return ofView(() => !set)
  if (keyword === '$seen') return ofView((view, row) => view.isSeenAt(row) === set)
  if (keyword === '\\deleted') return ofView((view, row) => view.isDeletedAt(row) === set)
  const known = new Map<number, boolean>()
  return ofView((view, row) => {
    if (view.extra.size > 0 && view.extraAt(row).length > 0) return view.keywordsAt(row).includes(keyword) === set
    const bits = view.flags[row] as number
    let has = known.get(bits)
    if (has === undefined) known.set(bits, (has = view.keywordsAt(row).includes(keyword)))
    return has === set
  })
}

function inSet(context: Context, key: Extract<SearchKey, { key: 'UID' | 'SEQUENCE' }>): Criterion {
  const { map } = context.mailbox
  if (key.set.saved) {
    const uids = new Set(context.mailbox.savedUids())
    return ofView((_view, _row, uid) => uids.has(uid))
  }
  const largest = map.length === 0 ? 0 : map.uidAt(map.length)
  if (key.key === 'SEQUENCE' && context.uidOnly) throw bad('Message numbers are off', 'UIDREQUIRED')
  const ranges = key.set.resolve(key.key === 'UID' ? largest : map.length)
  return key.key === 'UID'
    ? ofView((_view, _row, uid) => inRanges(ranges, uid))
    : ofView((_view, _row, _uid, sequence) => inRanges(ranges, sequence))
}

const isAddressField = (name: string): boolean => ['from', 'to', 'cc', 'bcc'].includes(name.toLowerCase())

/**
 * A match is mostly seen in the stored ENVELOPE. Only what the index lets pass and the ENVELOPE does not show, as text across
 * a name and its address or in a comment, is looked up in the header.
 */
function address(context: Context, field: string, text: string): Criterion {
  const wanted = comparable(text)
  let may: { readonly emails: EmailSet | undefined } | undefined
  return {
    cost: 'octets',
    columns: ['envelope', 'headerSize'],
    test(message) {
      may ??= { emails: text === '' ? undefined : context.store.mayContain(text, { field }) }
      if (may.emails?.has(message.view.emails[message.row] as number) === false) return false
      return message.addressContains(field, wanted) || message.headerContains(field, wanted)
    },
  }
}

/** Days are compared without time and zone (RFC 9051 §6.4.4); `sent` is the Date field's own day. */
function date(key: Extract<SearchKey, { key: 'DATE' }>): Criterion {
  const holds = (time: number): boolean => {
    if (key.relation === 'before') return time < key.day
    return time >= key.day && (key.relation === 'since' || time < key.day + day)
  }
  if (key.field === 'saved') {
    return { cost: 'columns', columns: ['savedAt'], test: (message) => holds(message.savedAt) }
  }
  if (key.field === 'received') return ofView((view, row) => holds(view.received[row] as number))
  return {
    cost: 'columns',
    columns: ['envelope'],
    test(message) {
      const sent = message.sentLocally
      return sent !== undefined && holds(sent)
    },
  }
}

function age(context: Context, key: Extract<SearchKey, { key: 'AGE' }>): Criterion {
  const limit = context.now() - key.seconds * 1000
  return key.relation === 'older'
    ? ofView((view, row) => (view.received[row] as number) <= limit)
    : ofView((view, row) => (view.received[row] as number) >= limit)
}
