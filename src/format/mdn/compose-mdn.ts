/**
 * Writes a message disposition notification.
 *
 * Standards: RFC 8098 §3, RFC 6522, RFC 3834 §5 (Auto-Submitted).
 * Security: field values come from clients: whatever could end a field is refused.
 */
import { isAsciiText } from '../bytes/bytes.ts'
import { compose } from '../compose/compose.ts'
import { ComposeError, type ComposedField, type ComposedPart } from '../compose/composed-message.ts'
import type { DispositionNotification } from './mdn.ts'

/** `seed` is unique text of 1 to 40 letters and digits. Throws ComposeError for a value that no field can hold. */
export function composeMdn(mdn: DispositionNotification, seed: string): Uint8Array {
  const header: ComposedField[] = [
    { name: 'From', addresses: [mdn.from] },
    { name: 'To', addresses: mdn.to },
    { name: 'Subject', text: mdn.subject },
    { name: 'Date', date: mdn.date },
    { name: 'Message-ID', messageIds: [mdn.messageId] },
    ...(mdn.originalMessageId === undefined ? [] : [{ name: 'References', raw: ` ${line(mdn.originalMessageId)}` }]),
    { name: 'Auto-Submitted', text: 'auto-replied' },
  ]
  const children: ComposedPart[] = [
    { type: 'text/plain', content: { text: mdn.text } },
    { type: 'message/disposition-notification', content: { text: fields(mdn) } },
  ]
  if (mdn.original !== undefined) children.push({ type: 'message/rfc822', content: { bytes: mdn.original } })
  const smtputf8 = ![mdn.from, ...mdn.to].every(({ address }) => isAsciiText(address))
  const parameters = { 'report-type': 'disposition-notification' }
  return compose({ header, body: { type: 'multipart/report', parameters, content: { children } } }, { seed, smtputf8 })
}

function fields(mdn: DispositionNotification): string {
  const { actionMode, sendingMode, type } = mdn.disposition
  const all: [string, string | undefined][] = [
    ['Reporting-UA', mdn.reportingUa],
    ['MDN-Gateway', mdn.gateway],
    ['Original-Recipient', mdn.originalRecipient],
    ['Final-Recipient', mdn.finalRecipient],
    ['Original-Message-ID', mdn.originalMessageId],
    ['Disposition', `${actionMode}/${sendingMode}; ${type}`],
    ...(mdn.error ?? []).map((error): [string, string] => ['Error', error]),
    ...Object.entries(mdn.extension ?? {}),
  ]
  return all
    .flatMap(([name, value]) => (value === undefined ? [] : [`${fieldName(name)}: ${line(value)}\r\n`]))
    .join('')
}

function fieldName(name: string): string {
  if (!/^[!-9;-~]{1,76}$/.test(name)) throw new ComposeError(`"${name}" is no field name`)
  return name
}

function line(value: string): string {
  if (/\p{Cc}/u.test(value) || value.length > 900) throw new ComposeError('a value is too long or has controls')
  return value
}
