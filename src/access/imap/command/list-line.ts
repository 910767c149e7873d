/**
 * One untagged LIST response.
 *
 * Standards: RFC 9051 §7.3.1, RFC 5258 §4 (attributes, CHILDINFO), RFC 6154.
 */
import type { Context } from '../context.ts'
import { delimiter, specialUse, type NamedMailbox } from '../mailbox-names.ts'

/** Attributes beyond \HasChildren and the special use: `\Subscribed`. `childInfo`: a match lies below. */
export function listLine(
  context: Context,
  { mailbox, hasChildren }: NamedMailbox,
  name: string,
  options: ReadonlySet<'subscribed' | 'childInfo'>,
  verb: 'LIST' | 'LSUB' = 'LIST',
): string {
  const attributes = [hasChildren ? '\\HasChildren' : '\\HasNoChildren']
  if (options.has('subscribed') && mailbox.isSubscribed) attributes.push('\\Subscribed')
  const use = specialUse(mailbox.role)
  if (use !== undefined) attributes.push(use)
  const childInfo = options.has('childInfo') ? ' ("CHILDINFO" ("SUBSCRIBED"))' : ''
  return `* ${verb} (${attributes.join(' ')}) "${delimiter}" ${context.mailboxName(name)}${childInfo}\r\n`
}
