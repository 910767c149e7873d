/**
 * Whether a message may go to a list's members.
 *
 * Standards: RFC 3834 §2 (machines do not answer lists), RFC 5321 §6.3 (loops), RFC 3463 (5.7.1, 5.4.6).
 */
import { decodeHeaderText, flattenAddresses, type Header, parseAddressList } from '../format/index.ts'
import type { Reply } from '../protocol/smtp/index.ts'
import { canonicalAddress } from '../routing/index.ts'
import { listIdOf } from './listed-message.ts'
import type { ListSettings } from './list-settings.ts'

export interface PostQuestion {
  header: Header
  reversePath: string
  /** Why it would be filed as junk. */
  junk?: string | undefined
  /** By canonical address. */
  isMember: (key: string) => boolean
}

/** Undefined: it may. */
export function refusePost(
  list: ListSettings,
  { header, reversePath, junk, isMember }: PostQuestion,
): Reply | undefined {
  if (reversePath === '' || isAutomatic(header))
    return refusal('5.7.1', 'Automatic messages are not passed to the list')
  if (isOwn(list, header)) return refusal('5.4.6', 'The message has been through this list before')
  if (junk !== undefined) return refusal('5.7.1', 'The message looks like spam and is not passed to the list')
  if (list.posting === 'anyone') return undefined
  const authors = flattenAddresses(parseAddressList(header.first('From') ?? '')).map(({ address }) =>
    canonical(address),
  )
  const owners = new Set(list.owners.map(canonical))
  // With several authors, each of them.
  const may = (author: string) => owners.has(author) || (list.posting === 'members' && isMember(author))
  if (authors.length > 0 && authors.every(may)) return undefined
  return list.posting === 'owners'
    ? refusal('5.7.1', `Only its owners write to ${list.address}`)
    : refusal('5.7.1', `Only members write to ${list.address}`)
}

function isAutomatic(header: Header): boolean {
  return header.all('Auto-Submitted').some((value) => !/^\s*no\b/i.test(value))
}

function isOwn({ address }: ListSettings, header: Header): boolean {
  const id = `<${listIdOf(address)}>`.toLowerCase()
  return header.all('List-Id').some((value) => decodeHeaderText(value).toLowerCase().includes(id))
}

function canonical(address: string): string {
  return canonicalAddress(address) ?? address.toLowerCase()
}

function refusal(enhanced: string, text: string): Reply {
  return { code: enhanced === '5.4.6' ? 554 : 550, enhanced, text }
}
