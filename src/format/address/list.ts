/**
 * Address lists of header fields, decoded for people and programs.
 *
 * Standards: RFC 5322 §3.4, RFC 2047 §5, RFC 6532 §3.2, RFC 8621 §4.1.2.3.
 */
import { unfold } from '../message/unfold.ts'
import { defaultLimits } from '../message/limits.ts'
import { decodeRawText } from '../text/charset.ts'
import { decodeHeaderText, oneLine } from '../text/encoded-word.ts'
import type { Address, AddressGroup } from './address.ts'
import { parseMailboxList } from './mailbox-list.ts'
import type { RawMailbox } from './mailbox-list.ts'
import { formatAddress } from './parts.ts'

/**
 * Reads a raw field value (latin1-of-bytes, may be folded). Never throws; an address without `@` keeps what it has, a
 * name without address gets the address ''. At most `limit` members.
 */
export function parseAddressList(value: string, limit: number = defaultLimits.addresses): (Address | AddressGroup)[] {
  return parseMailboxList(unfold(value), limit).map((entry) =>
    'members' in entry
      ? { name: decodeHeaderText(entry.name), addresses: entry.members.map(decodeMailbox) }
      : decodeMailbox(entry),
  )
}

function decodeMailbox(mailbox: RawMailbox): Address {
  const localPart = oneLine(decodeRawText(mailbox.localPart))
  const domain = mailbox.domain === undefined ? undefined : oneLine(decodeRawText(mailbox.domain))
  const address = domain === undefined ? localPart : formatAddress({ localPart, domain })
  const name = decodeHeaderText(mailbox.name)
  return name === '' ? { address } : { name, address }
}

/** All mailboxes of a list, those inside groups too. */
export function flattenAddresses(list: readonly (Address | AddressGroup)[]): Address[] {
  return list.flatMap((entry) => ('addresses' in entry ? entry.addresses : entry))
}
