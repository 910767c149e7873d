/**
 * Which fields our signatures cover.
 *
 * Standards: RFC 6376 §5.4, §5.4.1 (the core of the message), §8.15 (a name listed once more than it occurs cannot be
 * added to: "oversigned"), RFC 8058 §4 (List-Unsubscribe must be covered).
 */
import type { SignedField } from './message.ts'

/** Listed once more than they occur, and so when there is none: what a reader takes a message to be from, to and about. */
const always = ['from', 'reply-to', 'to', 'cc', 'subject']
/** Listed once more when there is one. A list that adds its own to a message without does not break the signature. */
const oversignedWhenPresent = [
  'sender',
  'date',
  'message-id',
  'in-reply-to',
  'references',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
  'list-unsubscribe',
  'list-unsubscribe-post',
]
/** Listed as often as they occur: a resender adds another set. */
const whenPresent = [
  'content-id',
  'content-description',
  'content-language',
  'resent-date',
  'resent-from',
  'resent-sender',
  'resent-to',
  'resent-cc',
  'resent-message-id',
  'list-id',
  'list-help',
  'list-subscribe',
  'list-post',
  'list-owner',
  'list-archive',
  'autocrypt',
  'openpgp',
]

/** The h= of a signature over these fields. */
export function fieldNamesToSign(fields: readonly SignedField[]): string[] {
  const counts = new Map<string, number>()
  for (const { name } of fields) counts.set(name.toLowerCase(), (counts.get(name.toLowerCase()) ?? 0) + 1)
  const names: string[] = []
  const list = (name: string, times: number) => {
    for (let i = 0; i < times; i++) names.push(name)
  }
  for (const name of always) list(name, (counts.get(name) ?? 0) + 1)
  for (const name of oversignedWhenPresent) if (counts.has(name)) list(name, counts.get(name)! + 1)
  for (const name of whenPresent) list(name, counts.get(name) ?? 0)
  return names
}
