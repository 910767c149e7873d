/**
 * IMAP's ENVELOPE.
 *
 * Standards: RFC 9051 §7.5.2. Values are as in the header: encoded words stay encoded, 8-bit text goes as a literal.
 */
import { parseMailboxList } from '../address/mailbox-list.ts'
import type { RawMailbox } from '../address/mailbox-list.ts'
import type { Header } from './header.ts'
import { imapNstring, imapString } from './imap-string.ts'
import { defaultLimits } from './limits.ts'

/** Of a message with that header; latin1-of-bytes, with its parentheses. A field that occurs twice counts last. */
export function renderEnvelope(header: Header, addressLimit: number = defaultLimits.addresses): string {
  const list = (name: string): string => {
    const value = header.last(name)
    return value ? addressList(value, addressLimit) : 'NIL'
  }
  const from = list('from')
  const sender = list('sender')
  const replyTo = list('reply-to')
  return (
    `(${imapNstring(header.last('date'))} ${imapNstring(header.last('subject'))} ${from}` +
    ` ${sender === 'NIL' ? from : sender} ${replyTo === 'NIL' ? from : replyTo}` +
    ` ${list('to')} ${list('cc')} ${list('bcc')}` +
    ` ${imapNstring(header.last('in-reply-to'))} ${imapNstring(header.last('message-id'))})`
  )
}

/** The envelope of nothing. */
export const EMPTY_ENVELOPE = '(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)'

function addressList(value: string, limit: number): string {
  let text = ''
  for (const entry of parseMailboxList(value, limit)) {
    if (!('members' in entry)) text += address(entry)
    else text += `(NIL NIL ${imapString(entry.name)} NIL)${entry.members.map(address).join('')}(NIL NIL NIL NIL)`
  }
  return text === '' ? 'NIL' : `(${text})`
}

/** NIL as host would begin a group, so an address without domain has an empty one. */
function address({ name, route, localPart, domain }: RawMailbox): string {
  const display = name === '' ? 'NIL' : imapString(name)
  return `(${display} ${route === '' ? 'NIL' : imapString(route)} ${imapString(localPart)} ${imapString(domain ?? '')})`
}
