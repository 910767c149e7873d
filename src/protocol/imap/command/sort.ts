/**
 * `SORT` and `THREAD`: what SEARCH finds, in an order or as conversations.
 *
 * Standards: RFC 5256, RFC 5957 (DISPLAYFROM, DISPLAYTO), RFC 5267 §3.1 (ESORT), RFC 6203 §5 (RELEVANCY).
 */
import type { Decoder } from '../decoder.ts'
import { bad } from '../error.ts'
import { parseSearchProgram, parseSearchReturn, type SearchProgram, type SearchReturnOptions } from './search.ts'

const sortKeys = [
  'ARRIVAL',
  'CC',
  'DATE',
  'DISPLAYFROM',
  'DISPLAYTO',
  'FROM',
  'RELEVANCY',
  'SIZE',
  'SUBJECT',
  'TO',
] as const

export interface SortCriterion {
  readonly key: (typeof sortKeys)[number]
  readonly reverse: boolean
}

export interface SortCommand extends SearchProgram {
  name: 'SORT'
  uid: boolean
  returns?: SearchReturnOptions
  criteria: SortCriterion[]
}

const algorithms = ['ORDEREDSUBJECT', 'REFERENCES', 'REFS'] as const
export type ThreadAlgorithm = (typeof algorithms)[number]

export interface ThreadCommand extends SearchProgram {
  name: 'THREAD'
  uid: boolean
  algorithm: ThreadAlgorithm
}

export function parseSort(decoder: Decoder, uid: boolean): SortCommand {
  decoder.expectSp()
  const returns = parseSearchReturn(decoder)
  const criteria = decoder.expectList(() => parseCriterion(decoder))
  if (criteria.length === 0) throw bad('SORT needs a criterion')
  decoder.expectSp()
  const program = parseSearchProgram(decoder, parseCharset(decoder))
  return { name: 'SORT', uid, ...(returns && { returns }), criteria, ...program }
}

export function parseThread(decoder: Decoder, uid: boolean): ThreadCommand {
  decoder.expectSp()
  const name = decoder.expectAtom('a threading algorithm').toUpperCase()
  const algorithm = algorithms.find((known) => known === name)
  if (algorithm === undefined) throw bad('Unknown threading algorithm')
  decoder.expectSp()
  return { name: 'THREAD', uid, algorithm, ...parseSearchProgram(decoder, parseCharset(decoder)) }
}

function parseCriterion(decoder: Decoder): SortCriterion {
  const reverse = decoder.word('REVERSE')
  if (reverse) decoder.expectSp()
  const name = decoder.expectAtom('a sort criterion').toUpperCase()
  const key = sortKeys.find((known) => known === name)
  if (key === undefined) throw bad('Unknown sort criterion')
  return { key, reverse }
}

/** Here the charset must be named (RFC 5256 §5). */
function parseCharset(decoder: Decoder): string {
  const charset = decoder.expectAstring('a charset')
  decoder.expectSp()
  return charset
}
