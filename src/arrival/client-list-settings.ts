/**
 * What an operator may say of lists of clients in the DNS, as text: `zen.example`, `zen.example:2-9=junk`, `bl.example=3`.
 *
 * Standards: RFC 5782 §2.3 (lists in one zone, told apart by the answer).
 */
import { canonicalName } from '../protocol/dns/index.ts'

export interface ClientList {
  /** Lower case. */
  domain: string
  /** Last octets of the answers that count. */
  from: number
  to: number
}

/** `reject`, `junk`, or points towards them. */
export interface BlockList extends ClientList {
  effect: 'reject' | 'junk' | number
}

/** At so many points, all lists together, a message goes to the mailbox for junk, or is not taken. */
export const junkPoints = 5
export const rejectPoints = 10

/** More would be a question for each to every client. */
const mostLists = 20

/** `none` and '' are no list at all; undefined when something is no list. */
export function parseBlockLists(text: string): BlockList[] | undefined {
  return parseAll(text, (one) => {
    const [written = '', effect = 'reject', ...more] = one.split('=')
    // 255 is a bit mask with all bits set, where answers are bit masks.
    const list = more.length > 0 ? undefined : parseList(written, 0, 255)
    const meant = list === undefined ? undefined : parseEffect(effect)
    return list === undefined || meant === undefined ? undefined : { ...list, effect: meant }
  })
}

/** Of lists of good clients: dnswl.org answers 0 for those it does not vouch for, and 255 when it does not want to be asked. */
export function parseWelcomeLists(text: string): ClientList[] | undefined {
  return parseAll(text, (one) => parseList(one, 1, 254))
}

function parseAll<List>(text: string, parse: (one: string) => List | undefined): List[] | undefined {
  const listed = text.split(',').map((one) => one.trim().toLowerCase())
  if (listed.length === 1 && (listed[0] === '' || listed[0] === 'none')) return []
  const lists = listed.map(parse)
  return lists.length <= mostLists && lists.every((list) => list !== undefined) ? lists : undefined
}

function parseList(text: string, least: number, most: number): ClientList | undefined {
  const [written = '', answers, ...more] = text.split(':')
  const domain = canonicalName(written.trim())
  if (domain === undefined || !domain.includes('.') || more.length > 0) return undefined
  if (answers === undefined) return { domain, from: least, to: most }
  const [, first, last = first] = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(answers.trim()) ?? []
  const [from, to] = [Number(first), Number(last)]
  return from <= to && to <= 255 ? { domain, from, to } : undefined
}

function parseEffect(text: string): BlockList['effect'] | undefined {
  const effect = text.trim()
  if (effect === 'reject' || effect === 'junk') return effect
  return /^[1-9]\d?$/.test(effect) ? Number(effect) : undefined
}
