/**
 * `LIST` and `LSUB`: which mailboxes there are.
 *
 * Standards: RFC 9051 §6.3.9, RFC 3501 §6.3.8–6.3.9, RFC 5258 (LIST-EXTENDED), RFC 5819 (LIST-STATUS), RFC 6154
 * (SPECIAL-USE), RFC 9590 (METADATA), RFC 8440 (MYRIGHTS).
 * Limits: patterns per command.
 */
import { decodeMailboxName } from '../mailbox-name.ts'
import type { Decoder } from '../decoder.ts'
import { ImapError, bad } from '../error.ts'
import { parseEntries } from './metadata.ts'
import { parseStatusItems, type StatusItem } from './status.ts'

export type ListSelection = 'SUBSCRIBED' | 'REMOTE' | 'RECURSIVEMATCH' | 'SPECIAL-USE'
export type ListReturn = 'SUBSCRIBED' | 'CHILDREN' | 'SPECIAL-USE' | 'MYRIGHTS'

export interface ListCommand {
  name: 'LIST' | 'LSUB'
  /** Decoded; may be empty. */
  reference: string
  /** Decoded, with `*` and `%`. */
  patterns: string[]
  select: Set<ListSelection>
  returns: Set<ListReturn>
  /** `RETURN (STATUS (…))`. */
  status?: StatusItem[]
  /** `RETURN (METADATA (…))`: entry names. */
  metadata?: string[]
  /** Used any of RFC 5258's grammar: LIST "" "" then has no special meaning. */
  extended: boolean
}

const maxPatterns = 100

export function parseList(decoder: Decoder): ListCommand {
  decoder.expectSp()
  const select = parseSelection(decoder)
  const extended = select !== undefined
  if (extended) decoder.expectSp()
  const reference = pattern(decoder, decoder.expectAstring('a reference name'))
  decoder.expectSp()
  const list = decoder.list(() => pattern(decoder, decoder.expectListMailbox()))
  const patterns = list ?? [pattern(decoder, decoder.expectListMailbox())]
  if (patterns.length > maxPatterns) throw bad('Too many patterns', 'TOOBIG')
  const command: ListCommand = {
    name: 'LIST',
    reference,
    patterns,
    select: select ?? new Set(),
    returns: new Set(),
    extended: extended || list !== undefined,
  }
  if (decoder.sp()) {
    if (!decoder.word('RETURN')) throw bad('Expected RETURN')
    decoder.expectSp()
    command.extended = true
    decoder.expectList(() => parseReturn(decoder, command))
  }
  return command
}

export function parseLsub(decoder: Decoder): ListCommand {
  decoder.expectSp()
  const reference = pattern(decoder, decoder.expectAstring('a reference name'))
  decoder.expectSp()
  const patterns = [pattern(decoder, decoder.expectListMailbox())]
  return { name: 'LSUB', reference, patterns, select: new Set(), returns: new Set(), extended: false }
}

function parseSelection(decoder: Decoder): Set<ListSelection> | undefined {
  const names = decoder.list(() => decoder.expectAtom('a LIST selection option').toUpperCase())
  if (names === undefined) return undefined
  const select = new Set<ListSelection>()
  for (const name of names) {
    if (name !== 'SUBSCRIBED' && name !== 'REMOTE' && name !== 'RECURSIVEMATCH' && name !== 'SPECIAL-USE') {
      throw bad('Unknown LIST selection option')
    }
    select.add(name)
  }
  // RFC 5258 §6: it says what to do with the parents of what a base option chooses, which neither REMOTE nor
  // SPECIAL-USE is (RFC 6154 §6).
  if (select.has('RECURSIVEMATCH') && !select.has('SUBSCRIBED')) throw bad('RECURSIVEMATCH goes with SUBSCRIBED')
  return select
}

function parseReturn(decoder: Decoder, command: ListCommand): void {
  const name = decoder.expectAtom('a LIST return option').toUpperCase()
  if (name === 'SUBSCRIBED' || name === 'CHILDREN' || name === 'SPECIAL-USE' || name === 'MYRIGHTS') {
    command.returns.add(name)
  } else if (name === 'STATUS') {
    decoder.expectSp()
    command.status = parseStatusItems(decoder)
  } else if (name === 'METADATA') {
    decoder.expectSp()
    if (decoder.peek() !== '(') throw bad('Expected a list of entries')
    command.metadata = parseEntries(decoder)
  } else throw bad('Unknown LIST return option')
}

/** A pattern is not yet a name: what cannot be decoded is kept and matches nothing. */
function pattern(decoder: Decoder, wire: string): string {
  try {
    return decodeMailboxName(wire, decoder.options.utf8)
  } catch (error) {
    if (error instanceof ImapError) return wire
    throw error
  }
}
