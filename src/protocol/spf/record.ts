/**
 * An SPF record: its terms, all of them checked before any is looked at.
 *
 * Standards: RFC 7208 §4.5 (which TXT record), §4.6 (syntax), §5, §6, §12 (grammar).
 * Security: fed by the DNS of whoever sends mail.
 */
import type { SpfError } from './error.ts'
import { type IpAddress, parseIpv4, parseIpv6 } from './ip-address.ts'
import { brokenMacro, type MacroPiece, parseDomainSpec, parseMacroString } from './macro-string.ts'

export type Qualifier = 'pass' | 'fail' | 'softfail' | 'neutral'

export type Mechanism =
  | { kind: 'all' }
  | { kind: 'include' | 'exists'; target: MacroPiece[] }
  | { kind: 'a' | 'mx'; target?: MacroPiece[]; prefix4: number; prefix6: number }
  | { kind: 'ptr'; target?: MacroPiece[] }
  | { kind: 'ip'; network: IpAddress; prefix: number }

export interface Directive {
  qualifier: Qualifier
  mechanism: Mechanism
  /** As written, cut at `TERM_LIMIT`: for the trace. */
  term: string
}

export interface SpfRecord {
  directives: Directive[]
  redirect?: MacroPiece[]
  explanation?: MacroPiece[]
}

/** True for a TXT record that is SPF's (RFC 7208 §4.5). */
export function isSpfRecord(text: string): boolean {
  return /^v=spf1(?: |$)/i.test(text)
}

/** Characters of a term that a trace or a reply may quote. */
const TERM_LIMIT = 200

const qualifiers: Readonly<Record<string, Qualifier>> = {
  '': 'pass',
  '+': 'pass',
  '-': 'fail',
  '~': 'softfail',
  '?': 'neutral',
}
const MODIFIER = /^([a-z][a-z0-9_.-]*)=(.*)$/i
const DIRECTIVE = /^([-+~?]?)([a-z][a-z0-9]*)([:/].*)?$/i

export function parseRecord(text: string): SpfRecord | SpfError {
  if (/[^\x20-\x7e]/.test(text)) return { status: 'permerror', reason: 'the record has characters outside ASCII' }
  const record: SpfRecord = { directives: [] }
  for (const term of text.split(' ').slice(1)) {
    if (term === '') continue
    const [, name, value] = MODIFIER.exec(term) ?? []
    const error =
      name === undefined ? readDirective(term, record) : readModifier(term, name.toLowerCase(), value!, record)
    if (error !== undefined) return error
  }
  return record
}

function readModifier(term: string, name: string, value: string, record: SpfRecord): SpfError | undefined {
  if (name !== 'redirect' && name !== 'exp')
    return parseMacroString(value) === undefined ? brokenMacro(term.slice(0, TERM_LIMIT)) : undefined
  const key = name === 'exp' ? 'explanation' : 'redirect'
  if (record[key] !== undefined) return { status: 'permerror', reason: `${name}= is there twice` }
  const target = parseDomainSpec(value)
  if (target === undefined) return brokenMacro(term.slice(0, TERM_LIMIT))
  record[key] = target
}

function readDirective(term: string, record: SpfRecord): SpfError | undefined {
  const [, sign, name, rest = ''] = DIRECTIVE.exec(term) ?? []
  if (name === undefined) return { status: 'permerror', reason: `"${term.slice(0, TERM_LIMIT)}" is no term of SPF` }
  const mechanism = readMechanism(name.toLowerCase(), rest)
  if (mechanism === undefined)
    return { status: 'permerror', reason: `"${term.slice(0, TERM_LIMIT)}" is no valid mechanism` }
  record.directives.push({ qualifier: qualifiers[sign!]!, mechanism, term: term.slice(0, TERM_LIMIT) })
}

function readMechanism(name: string, rest: string): Mechanism | undefined {
  switch (name) {
    case 'all':
      return rest === '' ? { kind: 'all' } : undefined
    case 'include':
    case 'exists': {
      const target = rest.startsWith(':') ? parseDomainSpec(rest.slice(1)) : undefined
      return target && { kind: name, target }
    }
    case 'ptr': {
      if (rest === '') return { kind: 'ptr' }
      const target = rest.startsWith(':') ? parseDomainSpec(rest.slice(1)) : undefined
      return target && { kind: 'ptr', target }
    }
    case 'a':
    case 'mx':
      return readHosts(name, rest)
    case 'ip4':
      return readNetwork(rest, parseIpv4, 32)
    case 'ip6':
      return readNetwork(rest, parseIpv6, 128)
    default:
      return undefined
  }
}

const DUAL_CIDR = /(?:\/(0|[1-9]\d?))?(?:\/\/(0|[1-9]\d{0,2}))?$/

function readHosts(kind: 'a' | 'mx', rest: string): Mechanism | undefined {
  const [suffix, length4 = '32', length6 = '128'] = DUAL_CIDR.exec(rest)!
  const [prefix4, prefix6] = [Number(length4), Number(length6)]
  if (prefix4 > 32 || prefix6 > 128) return undefined
  const name = rest.slice(0, rest.length - suffix.length)
  if (name === '') return { kind, prefix4, prefix6 }
  const target = name.startsWith(':') ? parseDomainSpec(name.slice(1)) : undefined
  return target && { kind, target, prefix4, prefix6 }
}

function readNetwork(
  rest: string,
  parse: (text: string) => IpAddress | undefined,
  bits: number,
): Mechanism | undefined {
  const [, text, length] = /^:([^/]+)(?:\/(0|[1-9]\d{0,2}))?$/.exec(rest) ?? []
  const network = text === undefined ? undefined : parse(text)
  const prefix = length === undefined ? bits : Number(length)
  return network === undefined || prefix > bits ? undefined : { kind: 'ip', network, prefix }
}
